import type { Clock } from "../core/clock.ts";

export interface AttemptLimits {
	readonly attempts: number;
	readonly window_seconds: number;
	/** Names remembered at once; beyond it the one that was begun first is forgotten. */
	readonly names_max?: number;
}

const NAMES_MAX = 20_000;

interface Count {
	attempts: number;
	until_ms: number;
}

/** Counts attempts by name (an address, an account) in windows that begin with the first. In memory, of this process. */
export class Attempts {
	readonly #clock: Clock;
	readonly #limits: AttemptLimits;
	readonly #counts = new Map<string, Count>();

	constructor(clock: Clock, limits: AttemptLimits) {
		this.#clock = clock;
		this.#limits = limits;
	}

	/** Seconds to wait before the next attempt; 0 when one is free. */
	wait(name: string): number {
		const count = this.#live(name);
		if (!count || count.attempts < this.#limits.attempts) return 0;
		return Math.max(1, Math.ceil((count.until_ms - this.#clock.monotonic()) / 1_000));
	}

	/** Counts an attempt before it is made, so that a crowd at the same time counts whole. */
	take(name: string): void {
		const count = this.#live(name);
		if (count) {
			count.attempts += 1;
			return;
		}
		const oldest = this.#counts.size >= (this.#limits.names_max ?? NAMES_MAX) ? this.#counts.keys().next() : null;
		if (oldest && !oldest.done) this.#counts.delete(oldest.value);
		this.#counts.set(name, { attempts: 1, until_ms: this.#clock.monotonic() + this.#limits.window_seconds * 1_000 });
	}

	/** An attempt that was right after all. */
	giveBack(name: string): void {
		const count = this.#live(name);
		if (count) count.attempts = Math.max(0, count.attempts - 1);
	}

	#live(name: string): Count | null {
		const count = this.#counts.get(name);
		if (!count) return null;
		if (count.until_ms > this.#clock.monotonic()) return count;
		this.#counts.delete(name);
		return null;
	}
}
