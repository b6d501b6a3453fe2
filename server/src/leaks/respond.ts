import { type Change, change } from "../audit/change.ts";
import { ApiError } from "../core/error.ts";
import { DAY_SECONDS } from "../core/time.ts";
import type { Tx } from "../database/transaction.ts";
import type { KeysContext } from "../keys/context.ts";
import type { ReportOutcome } from "../keys/exposures/exposure.ts";
import { type Key, keyHasEnded, type SecretVersion } from "../keys/key.ts";
import { applyRevocation } from "../keys/revocation/revocation.ts";
import { beginOverlap, planRotation, startedChange, startedDetails } from "../keys/rotations/begin.ts";
import { type Ended, endRotation } from "../keys/rotations/end.ts";
import { getStep, NOTHING } from "../keys/rotations/machine.ts";
import { observeRotation } from "../keys/rotations/observe.ts";
import type { Rotation } from "../keys/rotations/rotation.ts";
import { readOpenRotation, setSecretEnd, updateRotation } from "../keys/rotations/store.ts";
import { readSecrets } from "../keys/secrets/store.ts";
import { lockKey } from "../keys/store.ts";
import { readTenantForUpdate, type TenantWithPlan } from "../tenants/store.ts";

/** How long a leaked secret works on where the tenant wants it replaced. */
const LEAK_OVERLAP_SECONDS = DAY_SECONDS;
const NOTE = "A finder reported the whole key.";

/** A secret that was reported whole. */
export interface Leaked {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
}

/**
 * Revokes the key, or replaces the secret, as the tenant's `leak_response` says; what works no more stays as it is, so a repeat changes nothing. Once it
 * returns, every node knows. Where a secret cannot be replaced (an expired key, a suspended tenant, a new secret that leaked too), its key is revoked.
 */
export async function respondToLeak(context: KeysContext, leaked: Leaked): Promise<ReportOutcome> {
	try {
		return await respond(context, leaked, false);
	} catch (error) {
		if (!(error instanceof ApiError)) throw error;
		return respond(context, leaked, true);
	}
}

function respond(context: KeysContext, leaked: Leaked, revokes: boolean): Promise<ReportOutcome> {
	return change<ReportOutcome>(context, async (tx) => {
		const now = new Date(context.clock.now());
		const { tenant_id, key_id, kid } = leaked;
		const found = await readTenantForUpdate(tx, tenant_id);
		const key = found && (await lockKey(tx, tenant_id, key_id));
		if (!found || !key || key.revoked_at !== null) return { unchanged: "none" };
		const secret = (await readSecrets(tx, tenant_id, [key_id])).get(key_id)?.find((version) => version.kid === kid);
		if (!secret || secret.retired_at !== null || (secret.retires_at !== null && secret.retires_at <= now)) return { unchanged: "none" };
		if (revokes || found.tenant.leak_response === "revoke" || keyHasEnded(key, now.getTime())) return revoke(tx, context, key);
		return replace(tx, context, found, { key, secret, now });
	});
}

async function revoke(tx: Tx, context: KeysContext, key: Key): Promise<Change<ReportOutcome>> {
	const revoked = await applyRevocation(tx, context, key, { reason: "suspected_exposure", note: NOTE });
	return "unchanged" in revoked ? { unchanged: "none" } : { ...revoked, result: "revoked" };
}

async function replace(
	tx: Tx,
	context: KeysContext,
	found: TenantWithPlan,
	{ key, secret, now }: { key: Key; secret: SecretVersion; now: Date },
): Promise<Change<ReportOutcome>> {
	const open = await readOpenRotation(tx, key.tenant_id, key.id);
	if (open?.predecessor_kid === secret.kid && open.state === "open") return shorten(tx, key, open, secret, now);
	// The new secret of a rotation: a third one cannot work beside it and the old one.
	if (open?.successor_kid === secret.kid && !(await isOver(tx, key, open, now))) return revoke(tx, context, key);
	const withdrawn = open?.state === "waiting" ? await withdraw(tx, context, key, open) : null;
	// The new raw key is returned to no one: people issue another in its place, which is possible until its first use.
	const planned = await planRotation(tx, context, found, key, { overlap_seconds: LEAK_OVERLAP_SECONDS });
	const begun = await beginOverlap(tx, context, key, planned.rotation, now);
	const target = { kind: "key", id: key.id };
	const details = startedDetails(key, begun.rotation, begun);
	return startedChange<ReportOutcome>("rotated", key, { ...planned, ended: withdrawn ?? planned.ended }, [
		{ action: "rotation.started", target, details, tenant_id: key.tenant_id },
	]);
}

async function isOver(tx: Tx, key: Key, open: Rotation, now: Date): Promise<boolean> {
	const secrets = (await readSecrets(tx, key.tenant_id, [key.id])).get(key.id) ?? [];
	const old = secrets.find(({ kid }) => kid === open.predecessor_kid);
	return old === undefined || old.retired_at !== null || (old.retires_at !== null && old.retires_at <= now);
}

/** The leaked secret is being replaced already: it ends within the same time. */
async function shorten(tx: Tx, key: Key, open: Rotation, secret: SecretVersion, now: Date): Promise<Change<ReportOutcome>> {
	const ends_at = new Date(now.getTime() + LEAK_OVERLAP_SECONDS * 1_000);
	if (secret.retires_at !== null && secret.retires_at <= ends_at) return { unchanged: "none" };
	const { tenant_id, id: key_id, name, environment } = key;
	await setSecretEnd(tx, { tenant_id, kid: secret.kid }, { retires_at: ends_at });
	if (open.hard_stop_at !== null) await updateRotation(tx, open, { hard_stop_at: ends_at });
	const details = { name, environment, rotation_id: open.id, predecessor_kid: secret.kid, hard_stop_at: ends_at.toISOString() };
	return {
		result: "shortened",
		audit: [{ action: "rotation.shortened", target: { kind: "key", id: key_id }, details, tenant_id }],
		invalidates: [{ kind: "key", id: key_id }],
	};
}

/** Cancels a rotation that waits for its link: it would begin with a longer overlap. */
async function withdraw(tx: Tx, context: KeysContext, key: Key, open: Rotation): Promise<Ended | null> {
	const seen = await observeRotation(tx, open, context.clock.now());
	const step = getStep(seen.phase, "force_cancel", false);
	return step === NOTHING || "refused" in step ? null : endRotation(tx, context, key, seen, step);
}
