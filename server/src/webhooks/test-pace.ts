import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";

const TESTS_MAX = 30;
const WINDOW_MS = 60_000;
/** Owners whose tests are remembered. Above it, those without a test in the window are forgotten. */
const OWNERS_MAX = 1_000;

/** Bounds the test events that a tenant sends through this node, so that no receiver is flooded by way of it. */
export class TestPace {
	readonly #clock: Clock;
	/** Monotonic times of the latest tests by tenant, oldest first. */
	readonly #sent = new Map<string, number[]>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Counts a test of the tenant's webhooks. 429 `rate_limited` when there were 30 within a minute. */
	count(tenant_id: string): void {
		const now = this.#clock.monotonic();
		const times = (this.#sent.get(tenant_id) ?? []).filter((time) => time > now - WINDOW_MS);
		const [oldest] = times;
		if (oldest !== undefined && times.length >= TESTS_MAX)
			throw new ApiError("rate_limited", `At most ${TESTS_MAX} test events can be sent within a minute. Wait, then try again.`, {
				retry_after_seconds: (oldest + WINDOW_MS - now) / 1_000,
			});
		this.#sent.set(tenant_id, [...times, now]);
		if (this.#sent.size > OWNERS_MAX) this.#forget(now);
	}

	#forget(now: number): void {
		for (const [tenant_id, times] of this.#sent) if ((times.at(-1) ?? 0) <= now - WINDOW_MS) this.#sent.delete(tenant_id);
	}
}
