import { SECOND_MS } from "../../core/time.ts";
import type { ReadTx } from "../../database/transaction.ts";
import { CLIENT_HEADER } from "../../usage/sources/ambiguity.ts";
import { toHandoverResponse } from "../response.ts";
import { type AssessedSource, EVIDENCE_LIMIT, formatAmbiguity, mayBeConfirmed, silenceNeeded } from "./evidence.ts";
import { type Observed, observeRotation } from "./observe.ts";
import { type CheckedOperation, findLatest, getCheckedOperations, isVoid, type Rotation } from "./rotation.ts";
import type { RotationAnswer } from "./schema.ts";

function timeText(time: Date | null): string | null {
	return time === null ? null : time.toISOString();
}

/** Whether a source is one identified program; if not, why, and which header would identify its programs. */
function toIdentificationResponse({ not_told_apart: code }: AssessedSource) {
	if (code === null) return { told_apart: true, not_told_apart: null, tell_apart_by: null };
	const tell_apart_by = code === "too_many_sources" ? null : CLIENT_HEADER;
	return { told_apart: false, not_told_apart: { code, detail: formatAmbiguity(code) }, tell_apart_by };
}

function toSourceResponse(assessed: AssessedSource): RotationAnswer["sources"][number] {
	const { source, old, new: successor, moved, waits_until, blocker, not_told_apart, confirmation } = assessed;
	const { source_id: id, name, network, agent, client } = source;
	return {
		...toIdentificationResponse(assessed),
		silent_since: timeText(old?.last_seen_at ?? null),
		silence_seconds: old && not_told_apart === null ? Math.ceil(silenceNeeded(old) / SECOND_MS) : null,
		confirmation: confirmation && {
			at: confirmation.confirmed_at.toISOString(),
			by: confirmation.confirmed_by,
			void: isVoid(confirmation, old?.last_seen_at ?? null),
		},
		may_be_confirmed: mayBeConfirmed(assessed),
		...{ id, name, network, agent, client, moved },
		old: old && { last_seen_at: timeText(old.last_seen_at) ?? "", requests: old.requests },
		new: successor && {
			first_seen_at: timeText(successor.first_seen_at) ?? "",
			last_seen_at: timeText(successor.last_seen_at) ?? "",
			requests: successor.requests,
		},
		waits_until: timeText(waits_until),
		reason: blocker?.detail ?? null,
	};
}

/** The five steps, which of them are done, and when, if known. */
function toStepsResponse(seen: Observed, operations: readonly CheckedOperation[]): RotationAnswer["steps"] {
	const { rotation, successor, successor_used_at, evidence, phase } = seen;
	const users = evidence.sources.filter((source) => source.old !== null);
	const moved = users.filter((source) => source.moved);
	const checked = operations.filter((operation) => operation.new_at !== null);
	const tried = seen.operations.filter((done) => done.kid === successor?.kid).map((done) => done.last_succeeded_at);
	const all_checked = successor_used_at !== null && checked.length === operations.length && tried.length > 0;
	const checked_at = findLatest(operations.length > 0 ? checked.map((operation) => operation.new_at) : tried);
	return [
		{
			...{ name: "created", done: successor !== null, at: timeText(successor?.created_at ?? null) },
			facts: { kid: successor?.kid ?? null, last4: successor?.last4 ?? null },
		},
		{ name: "deployed", done: successor_used_at !== null, at: timeText(successor_used_at), facts: {} },
		{
			...{ name: "checked", done: all_checked, at: all_checked ? timeText(checked_at) : null },
			facts: { operations: operations.length, succeeded: checked.length },
		},
		{
			...{ name: "moved", done: evidence.all_moved, at: evidence.all_moved ? timeText(findLatest(users.map((source) => source.waits_until))) : null },
			facts: { sources: users.length, moved: moved.length },
		},
		{
			...{ name: "revoked", done: phase === "completed", at: phase === "completed" ? timeText(seen.old_end_shown) : null },
			facts: { how: rotation.ended_how },
		},
	];
}

/** The response body for a rotation. */
export function toRotationResponse(seen: Observed, now: number): RotationAnswer {
	const { rotation, phase, predecessor, successor, evidence } = seen;
	const operations = getCheckedOperations(seen.operations, predecessor.kid, successor?.kid ?? null);
	const has_ended = phase === "completed" || phase === "cancelled";
	return {
		id: rotation.id,
		key_id: rotation.key_id,
		status: phase,
		predecessor: { kid: predecessor.kid, last4: predecessor.last4 },
		successor: successor && { kid: successor.kid, last4: successor.last4 },
		overlap_seconds: rotation.overlap_seconds,
		old_ends_at: timeText(seen.old_end_shown),
		hard_stop_at: timeText(rotation.hard_stop_at),
		started_at: rotation.started_at.toISOString(),
		started_by: rotation.started_by,
		ended_at: timeText(rotation.ended_at),
		ended_by: rotation.ended_by,
		ended_how: rotation.ended_how,
		force_reason: rotation.force_reason,
		expires_at: timeText(rotation.expires_at_after),
		expires_at_before: timeText(rotation.expires_at_before),
		handover: seen.handover && toHandoverResponse(seen.handover, now),
		steps: toStepsResponse(seen, operations),
		sources: evidence.sources.map(toSourceResponse),
		operations: operations.map(({ operation, old_at, new_at }) => ({ operation, old_at: old_at.toISOString(), new_at: timeText(new_at) })),
		safe_to_complete: phase === "moved",
		evidence_limit: EVIDENCE_LIMIT,
		reasons: has_ended ? [] : [...evidence.blockers],
	};
}

export async function readRotationResponse(tx: ReadTx, rotation: Rotation, now: number): Promise<RotationAnswer> {
	return toRotationResponse(await observeRotation(tx, rotation, now), now);
}
