import { type ChangeContext, changeEverywhere } from "../../audit/change.ts";
import type { NewAuditEntry } from "../../audit/entry.ts";
import { ApiError } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import type { OutboxEvent } from "../../outbox/store.ts";
import { lockForChange } from "../change-key.ts";
import { isReported } from "../exposures/report-store.ts";
import { getHandoverStatus } from "../handovers/handover.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { type Key, toKeyActor } from "../key.ts";
import { lockSecrets } from "../secrets/store.ts";
import { sourceLabel } from "./evidence.ts";
import { getStep, NOTHING, type RotationEvent, type Step } from "./machine.ts";
import { type Observed, observeRotation } from "./observe.ts";
import { readRotationResponse } from "./response.ts";
import { type Ending, type Rotation, rotationNotFound } from "./rotation.ts";
import type { RotationEnded } from "./schema.ts";
import { endOpenRotations, readOverRotations, readRotation, setKeyDates, setSecretEnd, updateRotation } from "./store.ts";

/** A rotation that was ended, with the audit entry and event that the caller must write. */
export interface Ended {
	readonly rotation: Rotation;
	readonly audit: NewAuditEntry;
	readonly event: OutboxEvent;
}

/** The event that time or evidence has caused for a rotation; null for none. */
export function dueEvent(seen: Observed, now: number): RotationEvent | null {
	const { rotation, handover, phase } = seen;
	if (rotation.state === "waiting") return handover === null || getHandoverStatus(handover, now) !== "waiting" ? "handover_over" : null;
	if (rotation.state !== "open") return null;
	if (phase === "completed") return "time_over";
	// A requested overlap runs to its end. Evidence that includes a confirmation never completes a rotation automatically.
	return phase === "moved" && rotation.overlap_seconds === null && !seen.evidence.by_confirmation ? "all_moved" : null;
}

/** The transition for a clock event. The observed phase is already "completed" then, so the table is read for the phase before. */
export function getStepOfClock(seen: Observed, event: RotationEvent): Step | null {
	const { rotation, phase } = seen;
	const was = event === "time_over" && phase === "completed" ? "proving" : phase;
	const outcome = getStep(was, event, rotation.overlap_seconds === null);
	return outcome !== NOTHING && "to" in outcome ? outcome : null;
}

/** Restores the key's dates from before the rotation, except those that were changed since. */
async function giveDatesBack(tx: Tx, key: Key, rotation: Rotation): Promise<void> {
	const same = (a: Date | null, b: Date | null) => (a?.getTime() ?? null) === (b?.getTime() ?? null);
	const { expires_at_before, expires_at_after, expiry_set_at_before, expiry_from_before, rotation_due_at_before, rotation_due_at_after } = rotation;
	const given = { expires_at: expires_at_before, expiry_set_at: expiry_set_at_before, expiry_from: expiry_from_before };
	const expiry = same(key.expires_at, expires_at_after) ? given : {};
	const due = same(key.rotation_due_at, rotation_due_at_after) ? { rotation_due_at: rotation_due_at_before } : {};
	await setKeyDates(tx, { tenant_id: key.tenant_id, key_id: key.id }, { ...expiry, ...due });
}

async function endSecrets(tx: Tx, key: Key, seen: Observed, step: Step, now: Date): Promise<void> {
	const { rotation, old_ends_at } = seen;
	const { tenant_id, predecessor_kid, successor_kid } = rotation;
	if (step.to === "completed") {
		const retired_at = old_ends_at !== null && old_ends_at < now ? old_ends_at : now;
		await setSecretEnd(tx, { tenant_id, kid: predecessor_kid }, { retired_at });
		return;
	}
	if (successor_kid === null) {
		await cancelWaitingHandovers(tx, tenant_id, [key.id], now);
		return;
	}
	await setSecretEnd(tx, { tenant_id, kid: successor_kid }, { retired_at: now });
	await setSecretEnd(tx, { tenant_id, kid: predecessor_kid }, { retires_at: null });
	await giveDatesBack(tx, key, rotation);
}

const OVER: readonly Ending[] = ["overlap_over", "hard_stop"];

/** Applies `step` to a rotation that has not ended, including its secrets and dates. Requires the key to be locked. */
export async function endRotation(
	tx: Tx,
	context: ChangeContext,
	key: Key,
	seen: Observed,
	step: Step,
	force_reason: string | null = null,
): Promise<Ended> {
	const now = new Date(context.clock.now());
	const { rotation, evidence, old_ends_at } = seen;
	await endSecrets(tx, key, seen, step, now);
	const over = step.how !== null && OVER.includes(step.how);
	const ended_at = over && old_ends_at !== null ? old_ends_at : now;
	const changes = { state: step.to, ended_at, ended_by: toKeyActor(context.actor), ended_how: step.how, force_reason };
	await updateRotation(tx, rotation, changes);
	const { tenant_id, id: rotation_id, predecessor_kid, successor_kid } = rotation;
	const { id: key_id, name, environment } = key;
	const stragglers = evidence.sources.filter((source) => !source.moved).map((source) => source.source.source_id);
	const action = step.to === "completed" ? "rotation.completed" : "rotation.cancelled";
	const details = { name, environment, rotation_id, how: step.how, predecessor_kid, successor_kid, force_reason, stragglers };
	return {
		rotation: { ...rotation, ...changes },
		audit: { action, target: { kind: "key", id: key_id }, details, tenant_id },
		event: { tenant_id, type: action, data: { key_id, name, environment, rotation_id, how: step.how } },
	};
}

/** Ends a rotation whose time is over but that the loop has not ended yet; null otherwise. Requires the key to be locked. */
export async function endIfOver(tx: Tx, context: ChangeContext, key: Key, rotation: Rotation): Promise<Ended | null> {
	const now = context.clock.now();
	const seen = await observeRotation(tx, rotation, now);
	const event = dueEvent(seen, now);
	const step = event === null || event === "all_moved" ? null : getStepOfClock(seen, event);
	return step && endRotation(tx, context, key, seen, step);
}

/**
 * Ends the open rotations of keys that are being revoked: completes those whose overlap is over, which readers already see as completed, and
 * cancels the others. Requires the keys to be locked and not revoked yet. `now` is the time of the revocation, which ends both.
 */
export async function endRotationsOfRevoked(
	tx: Tx,
	context: ChangeContext,
	tenant_id: string,
	keys: readonly Key[],
	now: Date,
): Promise<{ completed: Ended[]; cancelled: Pick<Rotation, "id" | "key_id">[] }> {
	const by_id = new Map(keys.map((key) => [key.id, key]));
	const completed: Ended[] = [];
	for (const rotation of await readOverRotations(tx, tenant_id, [...by_id.keys()], now)) {
		const key = by_id.get(rotation.key_id);
		const ended = key && (await endIfOver(tx, context, key, rotation));
		if (ended) completed.push(ended);
	}
	const end = { ended_at: now, ended_by: toKeyActor(context.actor), ended_how: "revoked" } as const;
	return { completed, cancelled: await endOpenRotations(tx, tenant_id, [...by_id.keys()], end) };
}

export interface EndRequest {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly rotation_id: string;
	readonly event: Extract<RotationEvent, "complete" | "force_complete" | "cancel" | "force_cancel">;
	readonly force_reason?: string;
	/** Runs with the key locked, before any change; may throw to refuse. */
	readonly before?: (tx: Tx, seen: Observed) => Promise<void> | void;
}

/** The `ApiError` for a refused transition, with the blockers. */
function getRefusal(seen: Observed, refused: { refused: ApiError["code"]; because: string }): ApiError {
	const { evidence, rotation } = seen;
	switch (refused.because) {
		case "still_in_use": {
			const stragglers = evidence.sources.filter((source) => !source.moved).map(({ source }) => sourceLabel(source));
			const detail = evidence.blockers.map((blocker) => blocker.detail).join(" ");
			return new ApiError(
				"old_secret_still_in_use",
				`${detail} Wait until all sources have moved, confirm those that need confirmation, or force with a reason.`,
				{
					members: { rotation_id: rotation.id, stragglers },
				},
			);
		}
		case "in_use":
			return new ApiError(
				"successor_in_use",
				"The new secret is in use, and its clients would stop working. Complete the rotation, or cancel it with force.",
				{
					members: { rotation_id: rotation.id },
				},
			);
		case "not_revealed":
			return new ApiError("conflict", "The new secret has not been revealed yet, so the rotation cannot be completed. Wait, or cancel the rotation.");
		case "key_ended":
			return new ApiError(
				"conflict",
				"The key has expired, and neither of its secrets works. Set a later expiry date to continue the rotation, or force.",
				{ members: { rotation_id: rotation.id } },
			);
		default:
			return new ApiError("conflict", `This rotation has ended: it was ${seen.phase}. Start another one to replace the secret again.`);
	}
}

function oldSecretLeaked(): ApiError {
	return new ApiError(
		"conflict",
		"The old secret was reported as found by others, so it cannot be restored. Complete the replacement, or revoke the key.",
	);
}

/**
 * Ends a rotation on request, if the table allows it; idempotent. Usage of the last second or two may not be aggregated yet. That is safe: without
 * force, the old secret must have been silent for ten minutes at every source that was not confirmed.
 */
export async function endByHand(context: ChangeContext, request: EndRequest): Promise<RotationEnded> {
	const { tenant_id, key_id, rotation_id, event } = request;
	const { result, waited_for } = await changeEverywhere(context, async (tx) => {
		const now = context.clock.now();
		// Tenant before key: the lock order of all changes. `request.before` may read the tenant.
		const { key } = await lockForChange(tx, request);
		const rotation = await readRotation(tx, tenant_id, { id: rotation_id, key_id });
		if (!rotation) throw rotationNotFound();
		await lockSecrets(tx, tenant_id, key_id);
		const seen = await observeRotation(tx, rotation, now);
		await request.before?.(tx, seen);
		const over = dueEvent(seen, now) === "time_over" ? getStepOfClock(seen, "time_over") : null;
		const outcome = over !== null && event !== "cancel" && event !== "force_cancel" ? over : getStep(seen.phase, event, false);
		if (outcome === NOTHING) return { unchanged: await readRotationResponse(tx, rotation, now) };
		if ("refused" in outcome) throw getRefusal(seen, outcome);
		if (outcome.to === "cancelled" && rotation.state === "open" && (await isReported(tx, rotation.predecessor_kid))) throw oldSecretLeaked();
		const ended = await endRotation(tx, context, key, seen, outcome, outcome.how === "forced" ? (request.force_reason ?? null) : null);
		return {
			result: await readRotationResponse(tx, ended.rotation, now),
			audit: [ended.audit],
			invalidates: [{ kind: "key", id: key_id }],
			events: [ended.event],
		};
	});
	return { ...result, waited_for };
}
