import { assert } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import type { KeysContext } from "../context.ts";
import { rotationDueAt } from "../expiry/lifetime.ts";
import { assertNeverUsed } from "../guards.ts";
import { type Key, toKeyActor } from "../key.ts";
import { type OpenRotation, setSecretEnd, updateRotation } from "../rotations/store.ts";
import { updateKey } from "../store.ts";
import { makeRawKey, newKid, newSecret, parseRawKey } from "./format.ts";
import { MAC_VERSION, secretMac } from "./mac.ts";
import { insertSecret, retireSecrets } from "./store.ts";

/** Collisions of 71 random bits are negligible; repeated ones mean a broken generator. */
const KID_ATTEMPTS_MAX = 3;

/** Issues a new secret for the key: stores its MAC and returns the raw key, which is stored nowhere. */
export async function issueSecret(
	tx: Tx,
	context: KeysContext,
	key: Key,
	created_at: Date,
	makeSecret: () => string = newSecret,
): Promise<{ raw_key: string; kid: string; last4: string }> {
	const { tenant_id, environment } = key;
	const pepper = context.peppers.current;
	for (let attempt = 0; attempt < KID_ATTEMPTS_MAX; attempt += 1) {
		const kid = newKid();
		const secret = makeSecret();
		const raw_key = makeRawKey({ brand: context.key_brand, environment, kid, secret });
		const parsed = parseRawKey(context.key_brand, raw_key);
		assert(parsed, "a new raw key cannot be parsed");
		const { last4 } = parsed;
		const shown_to = JSON.stringify(toKeyActor(context.actor));
		const mac = secretMac(pepper, { key_id: key.id, kid, tenant_id, environment }, secret);
		const row = {
			kid,
			tenant_id,
			key_id: key.id,
			mac,
			mac_version: MAC_VERSION,
			pepper_id: pepper.id,
			last4,
			created_at,
			shown_to,
			canary: key.canary,
		};
		if (await insertSecret(tx, row)) return { raw_key, kid, last4 };
	}
	assert(false, "every new kid is taken");
}

export interface IssuedInPlace {
	/** The key after the change. */
	readonly key: Key;
	readonly raw_key: string;
	readonly kid: string;
	readonly last4: string;
	readonly replaced_kids: readonly string[];
}

/** Replaces the new secret of a rotation, which was never used. The old one ends when it did. */
async function reissueSuccessor(tx: Tx, context: KeysContext, key: Key, open: OpenRotation, now: Date): Promise<IssuedInPlace> {
	const { tenant_id } = key;
	const replaced_kids = open.successor_kid === null ? [] : [open.successor_kid];
	for (const kid of replaced_kids) await setSecretEnd(tx, { tenant_id, kid }, { retired_at: now });
	const issued = await issueSecret(tx, context, key, now);
	await updateRotation(tx, { tenant_id, id: open.id }, { successor_kid: issued.kid });
	return { key, ...issued, replaced_kids };
}

/** Issues a new secret for a key that was never used, ends its earlier ones and restarts the rotation period. 409 `conflict` if it was used. */
export async function issueInPlace(tx: Tx, context: KeysContext, before: Key, now: Date): Promise<IssuedInPlace> {
	const open = await assertNeverUsed(tx, before);
	if (open !== null) return reissueSuccessor(tx, context, before, open, now);
	const replaced_kids = await retireSecrets(tx, before.tenant_id, before.id, now);
	const issued = await issueSecret(tx, context, before, now);
	const rotation_due_at = rotationDueAt(now, before.rotate_every_days);
	await updateKey(tx, before.tenant_id, before.id, { rotation_due_at }, now);
	return { key: { ...before, rotation_due_at }, ...issued, replaced_kids };
}
