import type { Tx } from "../../database/transaction.ts";
import type { KeysContext } from "../context.ts";
import { rotationDueAt } from "../expiry/lifetime.ts";
import { type Key, keyActorOf } from "../key.ts";
import { issueSecret } from "../secrets/issue.ts";
import type { IssuedInPlace } from "../secrets/issue-in-place.ts";
import { endOfOverlap, type Rotation } from "./rotation.ts";
import { endOtherSecrets, readExpirySetAt, setKeyDates, setSecretEnd, updateRotation } from "./store.ts";

export interface Begun extends IssuedInPlace {
	readonly rotation: Rotation;
}

/**
 * Until when the key works from now on, and since when that is said. A date that somebody has set while the link waited is theirs, and stays; one that
 * does not move was set when it was.
 */
async function expiryFrom(tx: Tx, key: Key, waiting: Rotation, now: Date) {
	const set_at = await readExpirySetAt(tx, key.tenant_id, key.id);
	const { expires_at, expiry_from } = key;
	if (set_at.getTime() !== waiting.expiry_set_at_before.getTime()) {
		const before = { expires_at_before: expires_at, expiry_set_at_before: set_at, expiry_from_before: expiry_from };
		return { expires_at_after: expires_at, expiry_from_after: expiry_from, expiry_set_at: set_at, before };
	}
	const { expires_at_after, expiry_from_after } = waiting;
	const moved = expires_at_after?.getTime() !== expires_at?.getTime() || expiry_from_after !== expiry_from;
	return { expires_at_after, expiry_from_after, expiry_set_at: moved ? now : set_at, before: {} };
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
	await setKeyDates(tx, { tenant_id, key_id }, { ...dates, expiry_set_at: expiry.expiry_set_at, expiry_from: expiry.expiry_from_after });
	const ended = { ended_at: now, ended_by: keyActorOf(context.actor), ended_how: "replaced_at_once" } as const;
	const changes = {
		...(at_once ? { ...ended, state: "completed" as const } : { state: "open" as const }),
		successor_kid: issued.kid,
		hard_stop_at,
		...expiry.before,
		expires_at_after: dates.expires_at,
		expiry_from_after: expiry.expiry_from_after,
		rotation_due_at_after: dates.rotation_due_at,
	};
	await updateRotation(tx, waiting, changes);
	return {
		...issued,
		key: { ...before, ...dates, expiry_from: expiry.expiry_from_after },
		rotation: { ...waiting, ...changes },
		replaced_kids: at_once ? [predecessor_kid, ...replaced_kids] : replaced_kids,
	};
}
