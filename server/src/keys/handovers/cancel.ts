import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ApiError } from "../../core/error.ts";
import { keyNotFound } from "../guards.ts";
import { toKeyActor } from "../key.ts";
import { readKeyResponse } from "../response.ts";
import { endOpenRotations } from "../rotations/store.ts";
import type { KeyAnswer } from "../schema.ts";
import { lockKey } from "../store.ts";
import { getHandoverStatus } from "./handover.ts";
import { cancelWaitingHandovers, lockHandover } from "./store.ts";

/**
 * Cancels a waiting handover, and the rotation that waits for it. Idempotent for one that has ended. Returns the key.
 * 404 `not_found`; 409 `conflict` for a claimed one.
 */
export async function cancelHandover(context: ChangeContext, input: { tenant_id: string; key_id: string; handover_id: string }): Promise<KeyAnswer> {
	const { tenant_id, key_id, handover_id } = input;
	return change(context, async (tx) => {
		await reauthorize(tx);
		const now = context.clock.now();
		const key = await lockKey(tx, tenant_id, key_id);
		if (!key) throw keyNotFound();
		const handover = await lockHandover(tx, tenant_id, { id: handover_id, key_id });
		if (!handover) throw new ApiError("not_found", "There is no handover with this id.");
		const status = getHandoverStatus(handover, now);
		if (status === "claimed") throw new ApiError("conflict", "The key was revealed already. If that was not the right person, revoke the key.");
		if (status !== "waiting") return { unchanged: await readKeyResponse(tx, key, now) };
		await cancelWaitingHandovers(tx, tenant_id, [key_id], new Date(now));
		const { name, environment } = key;
		const target = { kind: "key", id: key_id };
		const cancelled = { action: "handover.cancelled", target, details: { name, environment, handover_id }, tenant_id };
		if (handover.rotation_id === null) return { result: await readKeyResponse(tx, key, now), audit: [cancelled] };
		const end = { ended_at: new Date(now), ended_by: toKeyActor(context.actor), ended_how: "cancelled" } as const;
		await endOpenRotations(tx, tenant_id, [key_id], end);
		const details = { name, environment, rotation_id: handover.rotation_id, how: end.ended_how };
		return {
			result: await readKeyResponse(tx, key, now),
			audit: [cancelled, { action: "rotation.cancelled", target, details, tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "rotation.cancelled", data: { key_id, ...details } }],
		};
	});
}
