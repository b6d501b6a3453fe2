import Type, { type Static } from "typebox";
import { change } from "../audit/change.ts";
import { DENIAL_TEXTS } from "../core/denial-texts.ts";
import { ApiError } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import { keyRevoked } from "../keys/guards.ts";
import type { Key } from "../keys/key.ts";
import { applyRevocation } from "../keys/revocation/revocation.ts";
import { endRotation } from "../keys/rotations/end.ts";
import { getStep, NOTHING } from "../keys/rotations/machine.ts";
import { observeRotation } from "../keys/rotations/observe.ts";
import type { Rotation } from "../keys/rotations/rotation.ts";
import { readOpenRotation } from "../keys/rotations/store.ts";
import { RevokeInput } from "../keys/schema.ts";
import { Time } from "../keys/secrets/schema-parts.ts";
import { lockSecrets } from "../keys/secrets/store.ts";
import { lockKey, readSecretForShare } from "../keys/store.ts";
import { readTenantForShare } from "../tenants/store.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";
import { ownChange, type SelfContext } from "./own-key.ts";

export const SelfRevokeInput = Type.Partial(RevokeInput, { additionalProperties: false });
export type SelfRevokeInput = Static<typeof SelfRevokeInput>;

export const SelfRevoked = Type.Object({
	key_id: Type.String(),
	ended: Type.Enum(["key", "old_secret"], { description: "`old_secret`: the key works on with the secret that replaces the one of this request" }),
	ended_at: Time,
});
export type SelfRevoked = Static<typeof SelfRevoked>;

/** Locks the key, and checks that it and the secret of the request have not ended meanwhile. Whether it is paused or has expired does not matter. */
async function lockHeld(tx: Tx, { scope: tenant_id, key_id, grant, clock }: KeyedContext): Promise<Key> {
	const found = await readTenantForShare(tx, tenant_id);
	const key = await lockKey(tx, tenant_id, key_id);
	if (!found || key === null || key.revoked_at !== null) throw keyRevoked();
	const secret = await readSecretForShare(tx, { tenant_id, key_id, kid: grant.kid });
	const ends_at = secret?.retired_at ?? secret?.retires_at ?? null;
	if (secret === null || (ends_at !== null && ends_at.getTime() <= clock.now())) throw new ApiError("key_rotated", DENIAL_TEXTS.replaced(key.name));
	return key;
}

/**
 * Whether a person replaces the secret of the request. A rotation that the key began itself may be that of a thief, who has the new secret.
 */
function isReplacedByPerson(rotation: Rotation | null, kid: string): rotation is Rotation {
	return rotation !== null && rotation.predecessor_kid === kid && rotation.successor_kid !== null && rotation.started_by.kind !== "key";
}

/**
 * Ends what the request was made with: the calling key, or only its old secret while a person replaces it. After it returns, no node accepts it.
 * Needs no permission and no live key: who found a key can end it, and could do worse. 401 `key_revoked`, `key_rotated`.
 */
export async function revokeSelf(context: SelfContext, { reason = "suspected_exposure", note = null }: SelfRevokeInput): Promise<SelfRevoked> {
	const { scope: tenant_id, key_id, grant } = context;
	const own = ownChange(context);
	return change<SelfRevoked>(own, async (tx) => {
		const key = await lockHeld(tx, context);
		const now = context.clock.now();
		const rotation = await readOpenRotation(tx, tenant_id, key_id);
		if (isReplacedByPerson(rotation, grant.kid)) {
			await lockSecrets(tx, tenant_id, key_id);
			const seen = await observeRotation(tx, rotation, now);
			const step = getStep(seen.phase, "force_complete", false);
			if (step !== NOTHING && "to" in step) {
				const ended = await endRotation(tx, own, key, seen, step, note === null ? reason : `${reason}: ${note}`);
				return {
					result: { key_id, ended: "old_secret", ended_at: new Date(now).toISOString() },
					audit: [ended.audit],
					invalidates: [{ kind: "key", id: key_id }],
					events: [ended.event],
				};
			}
		}
		const revoked = await applyRevocation(tx, own, key, { reason, note });
		const result = { key_id, ended: "key" as const, ended_at: new Date(now).toISOString() };
		return "unchanged" in revoked ? { unchanged: result } : { ...revoked, result };
	});
}
