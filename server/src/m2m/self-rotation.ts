import { change } from "../audit/change.ts";
import { claimOnce } from "../audit/idempotency.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import { type ReadTx, read, type Tx } from "../database/transaction.ts";
import type { Key } from "../keys/key.ts";
import { beginOverlap, planRotation, startedChange, startedDetails } from "../keys/rotations/begin.ts";
import { type EndRequest, endByHand } from "../keys/rotations/end.ts";
import { type Observed, observeRotation } from "../keys/rotations/observe.ts";
import { readRotationResponse } from "../keys/rotations/response.ts";
import type { Rotation } from "../keys/rotations/rotation.ts";
import type { SelfEnded, SelfRotated } from "../keys/rotations/schema.ts";
import { readRotation, readRotations, readStoredMac } from "../keys/rotations/store.ts";
import { deriveSecret } from "../keys/secrets/derive.ts";
import { asKid, makeRawKey } from "../keys/secrets/format.ts";
import { secretMatches } from "../keys/secrets/mac.ts";
import { lockSecrets } from "../keys/secrets/store.ts";
import { lockOwnKey, ownChange, type SelfContext } from "./own-key.ts";

/**
 * Rotates the calling key. The new secret is derived from the presented raw key, so that a lost response can be repeated with the same Idempotency-Key
 * until the first use; only its MAC is stored.
 * 409 `rotation_in_progress`; `secret_already_issued` for a repeat after the new secret was used or ended; also the errors of verification.
 */
export async function rotateSelf(context: SelfContext, input: { overlap_seconds?: number }): Promise<SelfRotated> {
	const rotation_id = newId("rot");
	const own = ownChange(context);
	return change<SelfRotated>(own, async (tx) => {
		const { found, key: before } = await lockOwnKey(tx, context);
		const { tenant_id, id: key_id } = before;
		const earlier = await claimOnce(tx, own, { tenant_id, operation: "key.rotate_self", input, subject_id: rotation_id });
		if (earlier) return { unchanged: await repeatResponse(tx, context, before, earlier.subject_id) };
		const planned = await planRotation(tx, own, found, before, { ...input, id: rotation_id });
		const now = planned.rotation.started_at;
		const makeSecret = () => deriveSecret(own.peppers.current, context.presentedRawKey(), rotation_id);
		const begun = await beginOverlap(tx, own, before, planned.rotation, now, makeSecret);
		const { key, rotation, raw_key } = begun;
		const note = { action: "rotation.started", target: { kind: "key", id: key_id }, details: startedDetails(key, rotation, begun), tenant_id };
		return startedChange({ rotation: await readRotationResponse(tx, rotation, now.getTime()), raw_key }, key, planned, [note]);
	});
}

/** The response to a repeated request, which must be made with the old secret and before the first use of the new one. */
async function repeatResponse(tx: Tx, context: SelfContext, key: Key, rotation_id: string): Promise<SelfRotated> {
	const now = context.clock.now();
	const rotation = await readRotation(tx, key.tenant_id, { id: rotation_id, key_id: key.id });
	await lockSecrets(tx, key.tenant_id, key.id);
	const seen = rotation && (await observeRotation(tx, rotation, now));
	if (seen?.phase === "issued" && seen.rotation.predecessor_kid === context.grant.kid) {
		const raw_key = await deriveAgain(tx, context, key, seen.rotation);
		if (raw_key !== null) return { rotation: await readRotationResponse(tx, seen.rotation, now), raw_key };
	}
	throw new ApiError(
		"secret_already_issued",
		"This Idempotency-Key has already started a rotation, whose secret can no longer be returned. Use that secret, or start another rotation with a new Idempotency-Key.",
		{
			members: { key_id: key.id, rotation_id },
		},
	);
}

/** Derives the raw key again, under each configured pepper; null if none matches the stored MAC. */
async function deriveAgain(tx: ReadTx, context: SelfContext, key: Key, rotation: Rotation): Promise<string | null> {
	const { tenant_id, id: key_id, environment } = key;
	const stored = rotation.successor_kid === null ? null : await readStoredMac(tx, tenant_id, rotation.successor_kid);
	if (stored === null || rotation.successor_kid === null) return null;
	const kid = asKid(rotation.successor_kid);
	for (const pepper of context.peppers.byId.values()) {
		const secret = deriveSecret(pepper, context.presentedRawKey(), rotation.id);
		const identity = { key_id, kid, tenant_id, environment };
		if (secretMatches(context.peppers, identity, secret, stored)) return makeRawKey({ brand: context.key_brand, environment, kid, secret });
	}
	return null;
}

async function endOwn(context: SelfContext, event: EndRequest["event"], assertMay: (seen: Observed) => void): Promise<SelfEnded> {
	const { scope: tenant_id, key_id } = context;
	const [latest] = await read(context, (tx) => readRotations(tx, { tenant_id, key_id }, { after: null, rows_max: 1 }));
	if (!latest) throw new ApiError("conflict", "This key's secret is not being replaced. Start a rotation with POST /api/v1/m2m/key/rotate.");
	const before = async (tx: Tx, seen: Observed): Promise<void> => {
		await context.recheck(tx);
		assertMay(seen);
	};
	const { waited_for: _nodes, ...rotation } = await endByHand(ownChange(context), { tenant_id, key_id, rotation_id: latest.id, event, before });
	return { rotation };
}

/**
 * Ends the calling key's old secret. The request must be made with the new one, which shows that it works. 409 `old_secret_still_in_use` while another
 * source may need the old one; `conflict` for a request with the old secret or without an open rotation.
 */
export function completeSelf(context: SelfContext): Promise<SelfEnded> {
	return endOwn(context, "complete", (seen) => {
		if (seen.successor?.kid === context.grant.kid) return;
		throw new ApiError("conflict", "Send this request with the new secret, which shows that it works.");
	});
}

/**
 * Cancels a rotation that the calling key has started itself, by a request with the old secret. 409 `successor_in_use` once the new one is used;
 * `conflict` for a request with the new secret or if a person started the rotation.
 */
export function cancelSelf(context: SelfContext): Promise<SelfEnded> {
	return endOwn(context, "cancel", (seen) => {
		if (seen.predecessor.kid !== context.grant.kid)
			throw new ApiError("conflict", "Send this request with the old secret; the new secret cannot cancel the rotation that issued it.");
		// Otherwise an attacker with the old secret could cancel every rotation that replaces it.
		if (seen.rotation.started_by.kind !== context.actor.kind)
			throw new ApiError("conflict", "The key did not start this rotation itself. Ask a member of the tenant to cancel it.");
	});
}
