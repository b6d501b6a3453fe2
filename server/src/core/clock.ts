/** The only place that reads time. `now` is the system time, `monotonic` never goes back; both in milliseconds. */
export interface Clock {
	now(): number;
	monotonic(): number;
}

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
};

/** A clock for tests, advanced manually; both readings advance together. */
export class ManualClock implements Clock {
	#now: number;
	#monotonic = 1_000_000;

	constructor(now = Date.UTC(2026, 0, 15, 12, 0, 0)) {
		this.#now = now;
	}

	now(): number {
		return this.#now;
	}

	monotonic(): number {
		return this.#monotonic;
	}

	advance(milliseconds: number): void {
		this.#now += milliseconds;
		this.#monotonic += milliseconds;
	}
}
