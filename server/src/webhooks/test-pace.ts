import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { MINUTE_MS } from "../core/time.ts";

/** How much one tenant may send through this node. */
export interface Pace {
	readonly tests_max: number;
	readonly window_ms: number;
}

export const WEBHOOK_TESTS: Pace = { tests_max: 30, window_ms: MINUTE_MS };
/** Each is a mail to several people. */
export const ALERT_TESTS: Pace = { tests_max: 6, window_ms: 10 * MINUTE_MS };
/** Owners whose tests are remembered. Above it, those without a test in the window are forgotten. */
const OWNERS_MAX = 1_000;

/** Bounds the tests that a tenant sends through this node, so that no receiver is flooded by way of it. */
export class TestPace {
	readonly #clock: Clock;
	readonly #pace: Pace;
	/** Monotonic times of the latest tests by tenant, oldest first. */
	readonly #sent = new Map<string, number[]>();

	constructor(clock: Clock, pace: Pace = WEBHOOK_TESTS) {
		this.#clock = clock;
		this.#pace = pace;
	}

	/** Counts a test of the tenant. 429 `rate_limited` when there were too many. */
	count(tenant_id: string): void {
		const now = this.#clock.monotonic();
		const { tests_max, window_ms } = this.#pace;
		const times = (this.#sent.get(tenant_id) ?? []).filter((time) => time > now - window_ms);
		const [oldest] = times;
		if (oldest !== undefined && times.length >= tests_max)
			throw new ApiError("rate_limited", `At most ${tests_max} tests can be sent within ${window_ms / MINUTE_MS} min. Wait, then try again.`, {
				retry_after_seconds: (oldest + window_ms - now) / 1_000,
			});
		this.#sent.set(tenant_id, [...times, now]);
		if (this.#sent.size > OWNERS_MAX) this.#forget(now);
	}

	#forget(now: number): void {
		for (const [tenant_id, times] of this.#sent) if ((times.at(-1) ?? 0) <= now - this.#pace.window_ms) this.#sent.delete(tenant_id);
	}
}
