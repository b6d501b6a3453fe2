import type { Change, ChangeContext } from "../../audit/change.ts";
import type { Tx } from "../../database/transaction.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { getKeyStatus, type Key, toKeyActor } from "../key.ts";
import { endRotationsOfRevoked } from "../rotations/end.ts";
import type { RevokeInput } from "../schema.ts";
import { updateKey } from "../store.ts";

/** Revokes a locked key, cancels its handovers and ends its rotation. A revoked key stays as it is, with its first reason. */
export async function applyRevocation(tx: Tx, context: ChangeContext, before: Key, { reason, note = null }: RevokeInput): Promise<Change<Key>> {
	if (before.revoked_at !== null) return { unchanged: before };
	const { tenant_id, id: key_id, name, environment } = before;
	const now = context.clock.now();
	const revoked = { revoked_at: new Date(now), revoked_by: toKeyActor(context.actor), revoke_reason: reason, revoke_note: note };
	const { completed, cancelled } = await endRotationsOfRevoked(tx, context, tenant_id, [before], revoked.revoked_at);
	await updateKey(tx, tenant_id, key_id, revoked, revoked.revoked_at);
	await cancelWaitingHandovers(tx, tenant_id, [key_id], revoked.revoked_at);
	return {
		result: { ...before, ...revoked },
		audit: [
			{
				action: "key.revoked",
				target: { kind: "key", id: key_id },
				details: { name, environment, reason, note, status_before: getKeyStatus(before, now), ended_rotation_id: cancelled[0]?.id ?? null },
				tenant_id,
			},
			...completed.map(({ audit }) => audit),
		],
		invalidates: [{ kind: "key", id: key_id }],
		events: [
			...completed.map(({ event }) => event),
			{ tenant_id, type: "key.revoked", data: { key_id, name, environment, reason, revoked_by: revoked.revoked_by.name } },
		],
	};
}
