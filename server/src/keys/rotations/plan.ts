import { Failure } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { Tx } from "../../database/transaction.ts";
import type { TenantWithPlan } from "../../tenants/store.ts";
import { assertTenantActive } from "../../tenants/tenant.ts";
import type { KeysContext } from "../context.ts";
import { invalidKey } from "../create.ts";
import { expiryAfterRotation } from "../expiry/lifetime-part.ts";
import { assertNotEnded } from "../handovers/hand-over.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { type Key, keyActorOf } from "../key.ts";
import { assertApiAccess } from "../scope.ts";
import { rotationInProgress } from "../secrets/issue-in-place.ts";
import { readSecrets } from "../store.ts";
import { type Ended, endIfOver } from "./end.ts";
import type { Rotation } from "./rotation.ts";
import { insertRotation, readExpirySetAt, readOpenRotation } from "./store.ts";

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
	throw new Failure(
		"conflict",
		"This key has no secret that could be replaced: its first one waits to be revealed. Make another link for it if that is lost.",
	);
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
