import { LRUCache } from "lru-cache";
import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { SlidingWindow } from "../verification/limits/window.ts";

const ADDRESSES_MAX = 100_000;

export const STATUS_CALLS = { calls_max: 600, window_seconds: 60 } as const;
export const REPORT_CALLS = { calls_max: 60, window_seconds: 3_600 } as const;
/** Of calls with a signature, right or wrong: a code host sends what all of its users pushed. */
export const SIGNED_REPORT_CALLS = { calls_max: 600, window_seconds: 60 } as const;

/** Limits the calls of one anonymous caller, by IPv4 address or IPv6 /64. */
export class AddressPace {
	readonly #clock: Clock;
	readonly #calls_max: number;
	readonly #window_seconds: number;
	readonly #windows = new LRUCache<string, SlidingWindow>({ max: ADDRESSES_MAX });

	constructor(options: { readonly clock: Clock; readonly calls_max: number; readonly window_seconds: number }) {
		this.#clock = options.clock;
		this.#calls_max = options.calls_max;
		this.#window_seconds = options.window_seconds;
	}

	/** Counts a call. 429 `rate_limited` when there were too many. */
	take(bucket: string): void {
		const now = this.#clock.monotonic();
		const window = this.#windows.get(bucket) ?? new SlidingWindow(this.#window_seconds);
		if (window.peek(now, this.#calls_max) === 0)
			throw new ApiError(
				"rate_limited",
				`At most ${this.#calls_max} calls in ${this.#window_seconds} seconds are answered for one address. Wait, then continue.`,
				{
					retry_after_seconds: window.nextFreeMs(now, this.#calls_max, 1) / 1_000,
				},
			);
		window.take(now, 1);
		this.#windows.set(bucket, window);
	}
}
