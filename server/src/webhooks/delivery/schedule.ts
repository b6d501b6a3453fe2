import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import type { CallOutcome } from "../../outbox/outgoing/outgoing.ts";
import type { DeliveryStatus } from "../webhook.ts";

/** The pauses between attempts; after the last one there are no more. */
const RETRY_DELAYS_MS: readonly number[] = [
	5 * SECOND_MS,
	30 * SECOND_MS,
	2 * MINUTE_MS,
	10 * MINUTE_MS,
	HOUR_MS,
	3 * HOUR_MS,
	6 * HOUR_MS,
	12 * HOUR_MS,
];
/** Keeps receivers that recover from being called by all waiting deliveries at once. */
const JITTER = 0.2;
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
	const delay = RETRY_DELAYS_MS[attempt - 1];
	const disable = outcome.status === GONE ? "gone" : delay === undefined && now - failing_since >= LASTING_FAILURE_MS ? "failing" : null;
	if (delay === undefined) return { status: "failed", next_attempt_at: null, disable };
	return { status: "pending", next_attempt_at: new Date(now + delay * (1 - JITTER + 2 * JITTER * random)), disable };
}
