import type { Rotation } from "./rotation-data.ts";

/** Whether something can still be seen to happen in it. */
export function isOpen(rotation: Pick<Rotation, "status">): boolean {
	return rotation.status !== "completed" && rotation.status !== "cancelled";
}
