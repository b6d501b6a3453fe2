import type { ChangeContext } from "../../audit/change.ts";
import { endByHand } from "./end-by-hand.ts";
import type { CancelInput, RotationEnded } from "./schema.ts";

/**
 * Takes a rotation back: the old secret goes on as before, the new one is dead once this has returned, and the key has its dates again. One that was
 * cancelled stays as it is. 404 `not_found`; 409 `successor_in_use` unless forced, `conflict` for one that is completed.
 */
export async function cancelRotation(
	context: ChangeContext,
	input: CancelInput & { tenant_id: string; key_id: string; rotation_id: string },
): Promise<RotationEnded> {
	const { tenant_id, key_id, rotation_id } = input;
	return endByHand(context, { tenant_id, key_id, rotation_id, event: input.force === true ? "force_cancel" : "cancel" });
}
