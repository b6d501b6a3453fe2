import { ApiError, assert } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { Tx } from "../../database/transaction.ts";
import type { TenantWithPlan } from "../../tenants/store.ts";
import { assertTenantActive } from "../../tenants/tenant.ts";
import type { KeysContext } from "../context.ts";
import { expiryAfterRotation, rotationDueAt } from "../expiry/lifetime.ts";
import { assertNotEnded, invalidKey, rotationInProgress } from "../guards.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { type Key, keyActorOf } from "../key.ts";
import { assertApiAccess } from "../scope.ts";
import { issueSecret } from "../secrets/issue.ts";
import type { IssuedInPlace } from "../secrets/issue-in-place.ts";
import { readSecrets } from "../secrets/store.ts";
import { type Ended, endIfOver } from "./end.ts";
import { endOfOverlap, type Rotation } from "./rotation.ts";
import {
	endOtherSecrets,
	insertRotation,
	readExpirySetAt,
	readOpenRotation,
	readRotation,
	setKeyDates,
	setSecretEnd,
	updateRotation,
} from "./store.ts";

export interface RotationWanted {
	readonly overlap_seconds?: number;
	readonly expires_at?: string | null;
	readonly id?: string;
	/** The key itself asks. */
	readonly self?: boolean;
}

/** Throws 409 `rotation_in_progress` while another one of the key goes on. One whose time is over is ended, though nobody has done so yet. */
async function endLast(tx: Tx, context: KeysContext, key: Key): Promise<Ended | null> {
	const open = await readOpenRotation(tx, key.tenant_id, key.id);
	const ended = open && (await endIfOver(tx, context, key, open));
	if (open && !ended) throw rotationInProgress(key.id, open.id);
	return ended;
}

/** A rotation that waits for its new secret, and the one before if its time was over. */
export interface Planned {
	readonly rotation: Rotation;
	readonly ended: Ended | null;
}

/** The kid of the secret in use. */
async function currentKid(tx: Tx, key: Key): Promise<string> {
	const secrets = (await readSecrets(tx, key.tenant_id, [key.id])).get(key.id) ?? [];
	const current = secrets.find((secret) => secret.retired_at === null && secret.retires_at === null);
	if (current) return current.kid;
	throw new ApiError("conflict", "This key has no secret to replace: its first one has not been revealed. If its link is lost, create another.");
}

/**
 * Enters a rotation of the key, which waits for its new secret. Links that wait for the key's first secret end. Call it with the key locked.
 * 400 `invalid_request` for a date that cannot be; 403 `tenant_suspended`, `capability_not_in_plan`; 409 `rotation_in_progress`, `conflict` for a key
 * that has ended or has no secret.
 */
export async function planRotation(tx: Tx, context: KeysContext, found: TenantWithPlan, key: Key, wanted: RotationWanted): Promise<Planned> {
	const now = new Date(context.clock.now());
	assertTenantActive(found.tenant);
	assertApiAccess(found.plan);
	assertNotEnded(key, now.getTime());
	const ended = await endLast(tx, context, key);
	const predecessor_kid = await currentKid(tx, key);
	const expiry_set_at_before = await readExpirySetAt(tx, key.tenant_id, key.id);
	const question = { wanted: wanted.expires_at, self: wanted.self === true, dated_at: expiry_set_at_before, plan: found.plan, now: now.getTime() };
	const expiry = expiryAfterRotation(key, question);
	if ("pointer" in expiry) throw invalidKey([expiry]);
	await cancelWaitingHandovers(tx, key.tenant_id, [key.id], now);
	const rotation: Rotation = {
		tenant_id: key.tenant_id,
		id: wanted.id ?? newId("rot"),
		key_id: key.id,
		state: "waiting",
		predecessor_kid,
		successor_kid: null,
		handover_id: null,
		overlap_seconds: wanted.overlap_seconds ?? null,
		hard_stop_at: null,
		started_at: now,
		started_by: keyActorOf(context.actor),
		ended_at: null,
		ended_by: null,
		ended_how: null,
		force_reason: null,
		expires_at_before: key.expires_at,
		expiry_set_at_before,
		expiry_from_before: key.expiry_from,
		rotation_due_at_before: key.rotation_due_at,
		expires_at_after: expiry.expires_at,
		expiry_from_after: expiry.expiry_from,
		rotation_due_at_after: null,
		reminded_at: null,
	};
	await insertRotation(tx, rotation);
	return { rotation, ended };
}

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

/** Makes the new secret of a rotation that was handed over, when its link is revealed: the time in which both work begins now. */
export async function beginHandedOver(tx: Tx, context: KeysContext, begin: { key: Key; rotation_id: string; now: Date }): Promise<Begun> {
	const { key, rotation_id, now } = begin;
	const rotation = await readRotation(tx, key.tenant_id, { id: rotation_id, key_id: key.id });
	// Whatever ends a rotation that waits ends its link in the same transaction, and the link was claimed with the key locked.
	assert(rotation?.state === "waiting", "a link was revealed whose rotation does not wait");
	return beginOverlap(tx, context, key, rotation, now);
}
