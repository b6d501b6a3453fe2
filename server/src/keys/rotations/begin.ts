import type { Change } from "../../audit/change.ts";
import type { NewAuditEntry } from "../../audit/entry.ts";
import { ApiError, assert } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { Tx } from "../../database/transaction.ts";
import type { OutboxEvent } from "../../outbox/store.ts";
import type { TenantWithPlan } from "../../tenants/store.ts";
import { assertTenantActive, getKeyPolicy } from "../../tenants/tenant.ts";
import { assertNotCanary } from "../canaries/canary.ts";
import type { KeysContext } from "../context.ts";
import { expiryAfterRotation, rotationDueAt } from "../expiry/lifetime.ts";
import { assertNotEnded, invalidKey, rotationInProgress } from "../guards.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { type Key, toKeyActor } from "../key.ts";
import { getLostRequirements, toPolicyErrors } from "../key-policy.ts";
import { assertApiAccess } from "../scope.ts";
import { type IssuedInPlace, issueSecret } from "../secrets/issue.ts";
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
}

/** Throws 409 `rotation_in_progress` if the key has an open rotation. One whose time is over, but that the loop has not ended yet, is ended first. */
async function endPreviousRotation(tx: Tx, context: KeysContext, key: Key): Promise<Ended | null> {
	const open = await readOpenRotation(tx, key.tenant_id, key.id);
	const ended = open && (await endIfOver(tx, context, key, open));
	if (open && !ended) throw rotationInProgress(key.id, open.id);
	return ended;
}

/** A rotation in state `waiting`, and the previous one if its time was over and it was ended here. */
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
 * Inserts a rotation in state `waiting` and cancels handovers of the key's first secret. Requires the key to be locked.
 * 400 `invalid_request` for an invalid date; 403 `tenant_suspended`, `capability_not_in_plan`; 409 `rotation_in_progress`, `conflict` for a key
 * that has ended or has no secret.
 */
export async function planRotation(tx: Tx, context: KeysContext, found: TenantWithPlan, key: Key, wanted: RotationWanted): Promise<Planned> {
	const now = new Date(context.clock.now());
	assertTenantActive(found.tenant);
	assertApiAccess(found.plan);
	assertNotCanary(key, "rotated");
	assertNotEnded(key, now.getTime());
	const ended = await endPreviousRotation(tx, context, key);
	const predecessor_kid = await currentKid(tx, key);
	const expiry_set_at_before = await readExpirySetAt(tx, key.tenant_id, key.id);
	const by_person = context.actor.kind !== "key" && context.actor.kind !== "system";
	const question = { wanted: wanted.expires_at, by_person, dated_at: expiry_set_at_before, plan: found.plan, now: now.getTime() };
	const expiry = expiryAfterRotation(key, question);
	if ("pointer" in expiry) throw invalidKey([expiry]);
	const { expires_at } = expiry;
	const lost = await getLostRequirements(tx, getKeyPolicy(found), { before: key, after: { ...key, expires_at } }, key.permissions);
	if (lost.length > 0) throw invalidKey(toPolicyErrors(lost, []));
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
		started_by: toKeyActor(context.actor),
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
 * The key's expiry date after the rotation, and when it was set. A date that was set while the rotation was `waiting` is kept. `expiry_set_at` changes
 * only if the date or its origin does.
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
 * Issues the new secret of a `waiting` rotation and starts the overlap: sets the end of the old secret and the key's new dates. An overlap of 0 seconds
 * ends the old secret and completes the rotation. Requires the key to be locked; `makeSecret` replaces the random secret by a derived one.
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
	// At most two secrets may be live: any besides the current one ends here.
	const replaced_kids = await endOtherSecrets(tx, { tenant_id, key_id }, predecessor_kid, now);
	const issued = await issueSecret(tx, context, before, now, makeSecret);
	const at_once = overlap_seconds === 0;
	const { old_ends_at, hard_stop_at } = endOfOverlap(overlap_seconds, now);
	await setSecretEnd(tx, { tenant_id, kid: predecessor_kid }, at_once ? { retired_at: now } : { retires_at: old_ends_at });
	const expiry = await expiryFrom(tx, before, waiting, now);
	const dates = { expires_at: expiry.expires_at_after, rotation_due_at: rotationDueAt(now, before.rotate_every_days) };
	await setKeyDates(tx, { tenant_id, key_id }, { ...dates, expiry_set_at: expiry.expiry_set_at, expiry_from: expiry.expiry_from_after });
	const ended = { ended_at: now, ended_by: toKeyActor(context.actor), ended_how: "replaced_at_once" } as const;
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

/** Issues the new secret of a rotation when its handover is revealed, and starts the overlap. */
export async function beginHandedOver(tx: Tx, context: KeysContext, begin: { key: Key; rotation_id: string; now: Date }): Promise<Begun> {
	const { key, rotation_id, now } = begin;
	const rotation = await readRotation(tx, key.tenant_id, { id: rotation_id, key_id: key.id });
	// A transaction that ends a waiting rotation also cancels its handover, and the handover was claimed with the key locked.
	assert(rotation?.state === "waiting", "the rotation of a revealed handover is not waiting");
	return beginOverlap(tx, context, key, rotation, now);
}

/** Audit details of a rotation that has started, or that waits for its new secret. */
export function startedDetails(key: Key, rotation: Rotation, begun: Pick<Begun, "kid" | "last4"> | null): Record<string, unknown> {
	const { id: rotation_id, predecessor_kid, overlap_seconds, hard_stop_at, expires_at_before, expires_at_after } = rotation;
	const { name, environment } = key;
	const secret = { kid: begun?.kid ?? null, last4: begun?.last4 ?? null };
	const dates = { hard_stop_at: timeText(hard_stop_at), expires_at_before: timeText(expires_at_before), expires_at: timeText(expires_at_after) };
	return { name, environment, rotation_id, predecessor_kid, ...secret, overlap_seconds, ...dates };
}

export function timeText(time: Date | null): string | null {
	return time?.toISOString() ?? null;
}

/** The change that starts a rotation, and that ends the previous one if its time was over. */
export function startedChange<T>(result: T, key: Key, planned: Planned, notes: readonly NewAuditEntry[]): Change<T> & { result: T } {
	const { rotation, ended } = planned;
	const { tenant_id, id: key_id, name, environment } = key;
	const { id: rotation_id, overlap_seconds } = rotation;
	const event: OutboxEvent = { tenant_id, type: "rotation.started", data: { key_id, name, environment, rotation_id, overlap_seconds } };
	const [first, ...others] = [...(ended ? [ended.audit] : []), ...notes];
	if (!first) throw new Error("impossible state: a rotation begins without an audit entry");
	return {
		result,
		audit: [first, ...others],
		invalidates: [{ kind: "key", id: key_id }],
		events: [...(ended ? [ended.event] : []), event],
	};
}
