import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/time.ts";

/** The pauses between the attempts of a delivery, by webhook or mail; after the last one there are no more. */
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

/** When to attempt again after attempt number `attempt` (from 1) has failed; null for never. `random` is from 0 up to 1. */
export function nextAttemptAt(attempt: number, now: number, random: number): Date | null {
	const delay = RETRY_DELAYS_MS[attempt - 1];
	return delay === undefined ? null : new Date(now + delay * (1 - JITTER + 2 * JITTER * random));
}
