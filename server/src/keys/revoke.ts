import { type ChangeContext, changeEverywhere } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { settleIfQuick } from "../usage/aggregate.ts";
import { cancelWaitingHandovers } from "./handovers/store.ts";
import { type Key, keyActorOf, statusOf } from "./key.ts";
import { keyNotFound } from "./read.ts";
import { describeOne } from "./response.ts";
import { endOpenRotations } from "./rotations/open-store.ts";
import type { KeyEverywhere, RevokeInput } from "./schema.ts";
import { lockKey, updateKey } from "./store.ts";

/**
 * Ends a key for good: once this has returned, no node accepts it, nobody is handed its secret any more, and the replacing of its secret has ended
 * with it. A second time answers the key as the first left it, with the first reason.
 * 404 `not_found`.
 */
export async function revokeKey(context: ChangeContext, input: RevokeInput & { tenant_id: string; key_id: string }): Promise<KeyEverywhere> {
	const { tenant_id, key_id, reason } = input;
	await settleIfQuick(context);
	const { result, waited_for } = await changeEverywhere(context, async (tx) => {
		// Without the tenant: a revocation waits for nothing that it does not need.
		await reauthorize(tx);
		const now = context.clock.now();
		const before = await lockKey(tx, tenant_id, key_id);
		if (!before) throw keyNotFound();
		if (before.revoked_at !== null) return { unchanged: await describeOne(tx, before, now) };
		const note = input.note ?? null;
		const revoked = { revoked_at: new Date(now), revoked_by: keyActorOf(context.actor), revoke_reason: reason, revoke_note: note };
		const key: Key = { ...before, ...revoked };
		await updateKey(tx, tenant_id, key_id, revoked, revoked.revoked_at);
		await cancelWaitingHandovers(tx, tenant_id, [key_id], revoked.revoked_at);
		const end = { ended_at: revoked.revoked_at, ended_by: revoked.revoked_by, ended_how: "revoked" } as const;
		const [rotation] = await endOpenRotations(tx, tenant_id, [key_id], end);
		const { name, environment } = key;
		return {
			result: await describeOne(tx, key, now),
			audit: [
				{
					action: "key.revoked",
					target: { kind: "key", id: key_id },
					facts: { name, environment, reason, note, status_before: statusOf(before, now), ended_rotation_id: rotation?.id ?? null },
					tenant_id,
				},
			],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "key.revoked", data: { key_id, name, environment, reason } }],
		};
	});
	return { ...result, waited_for };
}
