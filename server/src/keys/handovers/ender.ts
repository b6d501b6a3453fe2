import type { EndedObject, Ender } from "../../tenants/team/ending.ts";
import { toKeyActor } from "../key.ts";
import { endOpenRotations } from "../rotations/store.ts";
import { lockKey } from "../store.ts";
import { cancelHandoversMadeBy, type MadeHandover, readHandoversMadeBy } from "./store.ts";

function toEndedThings({ tenant_id, id, rotation_id, key_name }: MadeHandover): EndedObject[] {
	const handover: EndedObject = { kind: "handover", tenant_id, id, name: key_name };
	return rotation_id === null ? [handover] : [handover, { kind: "rotation", tenant_id, id: rotation_id, name: key_name }];
}

/** Unclaimed handovers, and the rotations that wait for them. */
export const handoverEnder: Ender = {
	column: "handovers.created_by",
	needs: "admin",
	async find(tx, { makers, now }) {
		return (await readHandoversMadeBy(tx, makers, now)).flatMap(toEndedThings);
	},
	async end(tx, { makers, now, ended_by, because }) {
		// A reveal locks the key first. Lock the keys in a fixed order, then read the handovers again.
		for (const { tenant_id, key_id } of await readHandoversMadeBy(tx, makers, now)) await lockKey(tx, tenant_id, key_id);
		const made = await cancelHandoversMadeBy(tx, makers, now);
		const rotating = made.flatMap(({ rotation_id, ...handover }) => (rotation_id === null ? [] : [{ ...handover, rotation_id }]));
		for (const { tenant_id, key_id } of rotating)
			await endOpenRotations(tx, tenant_id, [key_id], { ended_at: now, ended_by: toKeyActor(ended_by), ended_how: "cancelled" });
		const cancelled = made.map(({ tenant_id, id, key_id, key_name: name, environment }) => ({
			action: "handover.cancelled",
			target: { kind: "key", id: key_id },
			tenant_id,
			details: { name, environment, handover_id: id, because },
		}));
		const rotations = rotating.map(({ tenant_id, key_id, key_name: name, environment, rotation_id }) => ({
			action: "rotation.cancelled",
			target: { kind: "key", id: key_id },
			tenant_id,
			details: { name, environment, rotation_id, how: "cancelled", because },
		}));
		return {
			things: made.flatMap(toEndedThings),
			audit: [...cancelled, ...rotations],
			invalidates: rotating.map(({ key_id }) => ({ kind: "key", id: key_id })),
			events: rotating.map(({ tenant_id, key_id, key_name: name, environment, rotation_id }) => ({
				tenant_id,
				type: "rotation.cancelled" as const,
				data: { key_id, name, environment, rotation_id, how: "cancelled" },
			})),
			makers: [],
		};
	},
};
