import type { ErrorCode } from "../../core/error.ts";
import type { Ending, Rotation, RotationState, RotationStatus } from "./rotation.ts";

/**
 * The events of a rotation. `all_moved`, `time_over` and `handover_over` are caused by time; `not_mailed` and
 * `recipient_gone` by the schedule, whose link reached no one or may not be claimed any more; the others are requested.
 */
export type RotationEvent =
	| "reveal"
	| "complete"
	| "force_complete"
	| "all_moved"
	| "time_over"
	| "cancel"
	| "force_cancel"
	| "handover_over"
	| "not_mailed"
	| "recipient_gone"
	| "revoke";

export interface Step {
	readonly to: RotationState;
	/** Null while the rotation has not ended. */
	readonly how: Ending | null;
}
export interface NotAllowed {
	readonly refused: ErrorCode;
	readonly because: "not_revealed" | "still_in_use" | "in_use" | "key_ended" | "ended";
}
/** No transition: the rotation is in that state already, or the event does not apply to its phase. */
export const NOTHING = "nothing";
export type Outcome = Step | NotAllowed | typeof NOTHING;

const COMPLETED = (how: Ending): Step => ({ to: "completed", how });
const CANCELLED = (how: Ending): Step => ({ to: "cancelled", how });
const NOT_REVEALED: NotAllowed = { refused: "conflict", because: "not_revealed" };
const STILL_IN_USE: NotAllowed = { refused: "old_secret_still_in_use", because: "still_in_use" };
const IN_USE: NotAllowed = { refused: "successor_in_use", because: "in_use" };
const KEY_ENDED: NotAllowed = { refused: "conflict", because: "key_ended" };
const ENDED: NotAllowed = { refused: "conflict", because: "ended" };

/** The transition table. Revoking always wins: it ends every phase that has not ended, and no event leaves an ended phase. */
export const MACHINE: Readonly<Record<RotationStatus, Readonly<Record<RotationEvent, Outcome>>>> = {
	waiting: {
		reveal: { to: "open", how: null },
		complete: NOT_REVEALED,
		force_complete: NOT_REVEALED,
		all_moved: NOTHING,
		time_over: NOTHING,
		cancel: CANCELLED("cancelled"),
		force_cancel: CANCELLED("cancelled"),
		handover_over: CANCELLED("handover_over"),
		not_mailed: CANCELLED("not_mailed"),
		recipient_gone: CANCELLED("recipient_gone"),
		revoke: CANCELLED("revoked"),
	},
	issued: {
		reveal: ENDED,
		complete: STILL_IN_USE,
		force_complete: COMPLETED("forced"),
		all_moved: NOTHING,
		time_over: COMPLETED("overlap_over"),
		cancel: CANCELLED("cancelled"),
		force_cancel: CANCELLED("cancelled"),
		handover_over: NOTHING,
		not_mailed: NOTHING,
		recipient_gone: NOTHING,
		revoke: CANCELLED("revoked"),
	},
	proving: {
		reveal: ENDED,
		complete: STILL_IN_USE,
		force_complete: COMPLETED("forced"),
		all_moved: NOTHING,
		time_over: COMPLETED("overlap_over"),
		cancel: IN_USE,
		force_cancel: CANCELLED("cancelled"),
		handover_over: NOTHING,
		not_mailed: NOTHING,
		recipient_gone: NOTHING,
		revoke: CANCELLED("revoked"),
	},
	moved: {
		reveal: ENDED,
		complete: COMPLETED("completed"),
		force_complete: COMPLETED("completed"),
		all_moved: COMPLETED("moved"),
		time_over: COMPLETED("overlap_over"),
		cancel: IN_USE,
		force_cancel: CANCELLED("cancelled"),
		handover_over: NOTHING,
		not_mailed: NOTHING,
		recipient_gone: NOTHING,
		revoke: CANCELLED("revoked"),
	},
	// A later expiry date reactivates the key with both secrets. Until then only force may end one of them.
	over: {
		reveal: KEY_ENDED,
		complete: KEY_ENDED,
		force_complete: COMPLETED("forced"),
		all_moved: NOTHING,
		time_over: COMPLETED("overlap_over"),
		cancel: KEY_ENDED,
		force_cancel: CANCELLED("cancelled"),
		handover_over: CANCELLED("handover_over"),
		not_mailed: CANCELLED("not_mailed"),
		recipient_gone: CANCELLED("recipient_gone"),
		revoke: CANCELLED("revoked"),
	},
	completed: {
		reveal: ENDED,
		complete: NOTHING,
		force_complete: NOTHING,
		all_moved: NOTHING,
		time_over: NOTHING,
		cancel: ENDED,
		force_cancel: ENDED,
		handover_over: NOTHING,
		not_mailed: NOTHING,
		recipient_gone: NOTHING,
		revoke: NOTHING,
	},
	cancelled: {
		reveal: ENDED,
		complete: ENDED,
		force_complete: ENDED,
		all_moved: NOTHING,
		time_over: NOTHING,
		cancel: NOTHING,
		force_cancel: NOTHING,
		handover_over: NOTHING,
		not_mailed: NOTHING,
		recipient_gone: NOTHING,
		revoke: NOTHING,
	},
};

/** Whether the rotation is in progress and its key has not expired. */
export function isInProgress(phase: RotationStatus): boolean {
	return phase !== "over" && phase !== "completed" && phase !== "cancelled";
}

/** The outcome of `event` in `phase`. Without a fixed overlap (`open_ended`), the end of the old secret's time is reported as `hard_stop`. */
export function getStep(phase: RotationStatus, event: RotationEvent, open_ended: boolean): Outcome {
	const outcome = MACHINE[phase][event];
	if (outcome !== NOTHING && "how" in outcome && outcome.how === "overlap_over" && open_ended) return { ...outcome, how: "hard_stop" };
	return outcome;
}

/**
 * The phase of a rotation at `now` (ms). After `old_ends_at`, the old secret's own end, the rotation is completed even if its row is not updated yet, and
 * stays so. While its key has expired the phase is `over`.
 */
export function getPhase(
	rotation: Pick<Rotation, "state">,
	seen: { successor_used: boolean; all_moved: boolean; old_ends_at: Date | null; key_ended: boolean },
	now: number,
): RotationStatus {
	if (rotation.state === "completed" || rotation.state === "cancelled") return rotation.state;
	if (seen.old_ends_at !== null && seen.old_ends_at.getTime() <= now) return "completed";
	if (seen.key_ended) return "over";
	if (rotation.state === "waiting") return "waiting";
	if (!seen.successor_used) return "issued";
	return seen.all_moved ? "moved" : "proving";
}
