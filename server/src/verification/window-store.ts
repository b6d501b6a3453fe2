import type { Clock } from "../core/clock.ts";
import { SlidingWindow } from "./window.ts";

const WINDOWS_MAX = 2_000_000;
const SWEPT_PER_TURN_MAX = 20_000;

/**
 * The windows of all keys and tenants by owner and limit name, apart from grants: neither eviction nor rotation nor a change of plan
 * resets one. Windows that count nothing any more are let go.
 */
export class WindowStore {
	readonly #clock: Clock;
	readonly #windows = new Map<string, SlidingWindow>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get size(): number {
		return this.#windows.size;
	}

	/** The window of `owner`'s limit `name` if there is one. */
	find(owner: string, name: string): SlidingWindow | null {
		return this.#windows.get(`${owner}|${name}`) ?? null;
	}

	/** The window of `owner`'s limit `name`, made longer or shorter when the limit was changed. */
	get(owner: string, name: string, window_seconds: number): SlidingWindow {
		const place = `${owner}|${name}`;
		const found = this.#windows.get(place);
		if (found?.window_seconds === window_seconds) return found;
		const window = found ? SlidingWindow.adapt(found, window_seconds, this.#clock.monotonic()) : new SlidingWindow(window_seconds);
		this.#windows.set(place, window);
		if (this.#windows.size > WINDOWS_MAX) this.#dropOldest();
		return window;
	}

	/**
	 * Lets go of windows that count nothing and that no grant holds: `held` says which are. Bounded per call, in turns over the whole map.
	 */
	sweep(held: ReadonlySet<SlidingWindow>): void {
		const now = this.#clock.monotonic();
		let left = Math.min(this.#windows.size, SWEPT_PER_TURN_MAX);
		for (const [place, window] of this.#windows) {
			if (left === 0) return;
			left -= 1;
			this.#windows.delete(place);
			if (held.has(window) || window.used(now) > 0) this.#windows.set(place, window);
		}
	}

	#dropOldest(): void {
		for (const place of this.#windows.keys()) {
			this.#windows.delete(place);
			return;
		}
	}
}
