import type { ChangeContext } from "../../audit/change.ts";
import type { AuditNote } from "../../audit/entry.ts";
import type { Tx } from "../../database/transaction.ts";
import type { OutboxEvent } from "../../outbox/event.ts";
import { handoverStatusOf } from "../handovers/handover.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { type Key, keyActorOf } from "../key.ts";
import { NOTHING, type RotationEvent, type Step, stepOf } from "./machine.ts";
import { type Observed, observeRotation } from "./observe.ts";
import type { Ending, Rotation } from "./rotation.ts";
import { setKeyDates, setSecretEnd, updateRotation } from "./store.ts";

/** A rotation that was ended, with what is to be written of it. */
export interface Ended {
	readonly rotation: Rotation;
	readonly audit: AuditNote;
	readonly event: OutboxEvent;
}

/** What the clock does to a rotation by itself; null when nothing yet. */
export function dueEvent(seen: Observed, now: number): RotationEvent | null {
	const { rotation, handover, phase } = seen;
	if (rotation.state === "waiting") return handover === null || handoverStatusOf(handover, now) !== "waiting" ? "handover_over" : null;
	if (rotation.state !== "open") return null;
	if (phase === "completed") return "time_over";
	// With an overlap that was asked for, the old secret ends then and not before; by a person's word, when a person ends it.
	return phase === "moved" && rotation.overlap_seconds === null && !seen.evidence.by_confirmation ? "all_moved" : null;
}

/** The step of a rotation that is over by the clock. Its phase says "completed" already, and the table is asked about what it was. */
export function stepOfClock(seen: Observed, event: RotationEvent): Step | null {
	const { rotation, phase } = seen;
	const was = event === "time_over" && phase === "completed" ? "proving" : phase;
	const outcome = stepOf(was, event, rotation.overlap_seconds === null);
	return outcome !== NOTHING && "to" in outcome ? outcome : null;
}

/** Gives the dates back that the key had, where nobody has changed them since. */
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

/** Ends a rotation as `step` says, secrets and dates with it. Call it with the key locked, and with a rotation that goes on. */
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
	const changes = { state: step.to, ended_at, ended_by: keyActorOf(context.actor), ended_how: step.how, force_reason };
	await updateRotation(tx, rotation, changes);
	const { tenant_id, id: rotation_id, predecessor_kid, successor_kid } = rotation;
	const { id: key_id, name, environment } = key;
	const stragglers = evidence.sources.filter((source) => !source.moved).map((source) => source.source.source_id);
	const action = step.to === "completed" ? "rotation.completed" : "rotation.cancelled";
	const facts = { name, environment, rotation_id, how: step.how, predecessor_kid, successor_kid, force_reason, stragglers };
	return {
		rotation: { ...rotation, ...changes },
		audit: { action, target: { kind: "key", id: key_id }, facts, tenant_id },
		event: { tenant_id, type: action, data: { key_id, name, environment, rotation_id, how: step.how } },
	};
}

/** Ends a rotation whose time is over, though nobody has done so yet; null when it goes on. Call it with the key locked. */
export async function endIfOver(tx: Tx, context: ChangeContext, key: Key, rotation: Rotation): Promise<Ended | null> {
	const now = context.clock.now();
	const seen = await observeRotation(tx, rotation, now);
	const event = dueEvent(seen, now);
	const step = event === null || event === "all_moved" ? null : stepOfClock(seen, event);
	return step && endRotation(tx, context, key, seen, step);
}
