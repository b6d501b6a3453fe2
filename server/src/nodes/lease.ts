import type { Clock } from "../core/clock.ts";

/**
 * How long this node may use its cached state. Starts when the renewal was sent, and ends when the monotonic clock *or* the system time
 * says so, so that a process that was frozen refuses requests when it resumes.
 */
export class Lease {
	readonly #clock: Clock;
	#monotonicUntil = Number.NEGATIVE_INFINITY;
	#wallUntil = Number.NEGATIVE_INFINITY;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	grant(from: { monotonic: number; now: number }, lease_seconds: number): void {
		this.#monotonicUntil = from.monotonic + lease_seconds * 1000;
		this.#wallUntil = from.now + lease_seconds * 1000;
	}

	end(): void {
		this.#monotonicUntil = Number.NEGATIVE_INFINITY;
		this.#wallUntil = Number.NEGATIVE_INFINITY;
	}

	holds(): boolean {
		return this.holdsAt({ monotonic: this.#clock.monotonic(), now: this.#clock.now() });
	}

	/** The same for an instant that was just read. */
	holdsAt(at: { readonly monotonic: number; readonly now: number }): boolean {
		return at.monotonic < this.#monotonicUntil && at.now < this.#wallUntil;
	}
}
