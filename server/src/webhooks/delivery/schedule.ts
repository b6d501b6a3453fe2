import { HOUR_MS } from "../../core/time.ts";
import type { CallOutcome } from "../../outbox/outgoing/outgoing.ts";
import { nextAttemptAt } from "../../outbox/retry.ts";
import type { DeliveryStatus } from "../webhook.ts";

/** Less than the pauses of one delivery take with the largest jitter, which is 17.8 hours. */
const LASTING_FAILURE_MS = 17 * HOUR_MS;
const GONE = 410;

/** What an attempt makes of a delivery. */
export interface Attempted {
	readonly status: DeliveryStatus;
	/** Null when there are no more attempts. */
	readonly next_attempt_at: Date | null;
	/** Why the endpoint is to be disabled; null if it is not. */
	readonly disable: "gone" | "failing" | null;
}

/**
 * The state of a delivery after attempt number `attempt` (from 1) had this outcome. `failing_since` is when the endpoint began to fail, at the
 * latest now; `random` is from 0 up to 1.
 */
export function afterAttempt(outcome: CallOutcome, attempt: number, failing_since: number, now: number, random: number): Attempted {
	if (outcome.error === null) return { status: "delivered", next_attempt_at: null, disable: null };
	const next_attempt_at = nextAttemptAt(attempt, now, random);
	const disable = outcome.status === GONE ? "gone" : next_attempt_at === null && now - failing_since >= LASTING_FAILURE_MS ? "failing" : null;
	return { status: next_attempt_at === null ? "failed" : "pending", next_attempt_at, disable };
}
