import type { Tx } from "../database/transaction.ts";
import type { KeysContext } from "../keys/context.ts";
import { issueSecret } from "../keys/issue.ts";
import type { IssuedInPlace } from "../keys/issue-in-place.ts";
import { type Key, keyActorOf } from "../keys/key.ts";
import { rotationDueAt } from "../keys/lifetime.ts";
import { endOfOverlap, type Rotation } from "./rotation.ts";
import { endOtherSecrets, readExpirySetAt, setKeyDates, setSecretEnd, updateRotation } from "./store.ts";

export interface Begun extends IssuedInPlace {
	readonly rotation: Rotation;
}

/** Until when the key works from now on. A date that somebody has set while the link waited is theirs, and stays. */
async function expiryFrom(tx: Tx, key: Key, waiting: Rotation, now: Date) {
	const set_at = await readExpirySetAt(tx, key.tenant_id, key.id);
	if (set_at.getTime() === waiting.expiry_set_at_before.getTime())
		return { expires_at_after: waiting.expires_at_after, expiry_set_at: now, before: {} };
	return { expires_at_after: key.expires_at, expiry_set_at: set_at, before: { expires_at_before: key.expires_at, expiry_set_at_before: set_at } };
}

/**
 * Makes the new secret of a rotation that waits, and lets the time begin in which both work: from now on the old one has an end, and the key its new
 * dates. With an overlap of 0 the old one has ended, and the rotation with it. Call it with the key locked; `makeSecret` derives one that is not random.
 */
export async function beginOverlap(
	tx: Tx,
	context: KeysContext,
	before: Key,
	waiting: Rotation,
	now: Date,
	makeSecret?: () => string,
): Promise<Begun> {
	const { tenant_id, predecessor_kid, overlap_seconds } = waiting;
	const key_id = before.id;
	// Two secrets live at most: whatever was left beside the one in use ends here.
	const replaced_kids = await endOtherSecrets(tx, { tenant_id, key_id }, predecessor_kid, now);
	const issued = await issueSecret(tx, context, before, now, makeSecret);
	const at_once = overlap_seconds === 0;
	const { old_ends_at, hard_stop_at } = endOfOverlap(overlap_seconds, now);
	await setSecretEnd(tx, { tenant_id, kid: predecessor_kid }, at_once ? { retired_at: now } : { retires_at: old_ends_at });
	const expiry = await expiryFrom(tx, before, waiting, now);
	const dates = { expires_at: expiry.expires_at_after, rotation_due_at: rotationDueAt(now, before.rotate_every_days) };
	await setKeyDates(tx, { tenant_id, key_id }, { ...dates, expiry_set_at: expiry.expiry_set_at });
	const ended = { ended_at: now, ended_by: keyActorOf(context.actor), ended_how: "replaced_at_once" } as const;
	const changes = {
		...(at_once ? { ...ended, state: "completed" as const } : { state: "open" as const }),
		successor_kid: issued.kid,
		hard_stop_at,
		...expiry.before,
		expires_at_after: dates.expires_at,
		rotation_due_at_after: dates.rotation_due_at,
	};
	await updateRotation(tx, waiting, changes);
	return {
		...issued,
		key: { ...before, ...dates },
		rotation: { ...waiting, ...changes },
		replaced_kids: at_once ? [predecessor_kid, ...replaced_kids] : replaced_kids,
	};
}
