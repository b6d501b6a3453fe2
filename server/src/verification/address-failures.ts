import { LRUCache } from "lru-cache";
import type { Clock } from "../core/clock.ts";
import { type Address, getFailureBucket } from "../core/network.ts";
import { type Denial, deny } from "./denial.ts";
import type { Lane } from "./grants/grants.ts";
import { SlidingWindow } from "./limits/window.ts";

const ADDRESSES_MAX = 100_000;
const WINDOW_SECONDS = 60;
/** With this many wrong keys in a minute an address is moved to the slow lookup queue. */
const SLOW_FROM = 30;

/** Counts wrong keys by IPv4 address or IPv6 /64. It refuses only failing requests: a valid key from a flooding address is allowed. */
export class AddressFailures {
	readonly #clock: Clock;
	readonly #perMinute: number;
	readonly #windows = new LRUCache<string, SlidingWindow>({ max: ADDRESSES_MAX });

	/** `per_minute` 0 disables the limit. */
	constructor(options: { clock: Clock; per_minute: number }) {
		this.#clock = options.clock;
		this.#perMinute = options.per_minute;
	}

	/** Counts a wrong key. Returns `denial`, or 429 `too_many_auth_failures` when the address is over the limit. */
	refuse(address: Address | null, denial: Denial): Denial {
		if (address === null) return denial;
		const window = this.#window(address);
		const now = this.#clock.monotonic();
		if (this.#perMinute > 0 && window.peek(now, this.#perMinute) === 0) {
			return deny(
				"address_failures",
				"too_many_auth_failures",
				`More than ${this.#perMinute} invalid keys were sent from this address within a minute. Correct the key, wait, and try again.`,
				{
					metadata: { retry_after_seconds: window.nextFreeMs(now, this.#perMinute, 1) / 1000 },
					facts: { failures_per_minute: this.#perMinute },
				},
			);
		}
		window.take(now, 1);
		return denial;
	}

	laneOf(address: Address | null): Lane {
		if (address === null) return "normal";
		const window = this.#windows.peek(getFailureBucket(address));
		return window !== undefined && window.used(this.#clock.monotonic()) >= SLOW_FROM ? "slow" : "normal";
	}

	#window(address: Address): SlidingWindow {
		const bucket = getFailureBucket(address);
		const known = this.#windows.get(bucket);
		if (known) return known;
		const window = new SlidingWindow(WINDOW_SECONDS);
		this.#windows.set(bucket, window);
		return window;
	}
}
