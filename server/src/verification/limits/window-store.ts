import type { Clock } from "../../core/clock.ts";
import { SlidingWindow } from "./window.ts";

const WINDOWS_MAX = 2_000_000;
const SWEPT_PER_TURN_MAX = 5_000;
/** Windows visited per new window. More than one, so that unused windows never outnumber the others. */
const SWEPT_PER_NEW = 2;

/**
 * All windows by owner and limit name. They are stored outside grants, so that eviction, rotation and plan changes do not reset them.
 * A window without counts and references is evicted.
 */
export class WindowStore {
	readonly #clock: Clock;
	readonly #windows = new Map<string, SlidingWindow>();
	/** Walks over all windows repeatedly. A Map iterator stays valid through deletions and insertions. */
	#hand = this.#windows.entries();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get size(): number {
		return this.#windows.size;
	}

	/** The window of `owner`'s limit `name`, or null if there is none. The caller must `release` it. */
	retainFound(owner: string, name: string): SlidingWindow | null {
		const window = this.#windows.get(`${owner}|${name}`);
		if (window === undefined) return null;
		window.references += 1;
		return window;
	}

	/** The window of `owner`'s limit `name`, created or adapted to `window_seconds`. The caller must `release` it. */
	retain(owner: string, name: string, window_seconds: number): SlidingWindow {
		const window_name = `${owner}|${name}`;
		const found = this.#windows.get(window_name);
		const window = found?.window_seconds === window_seconds ? found : this.#put(window_name, found, window_seconds);
		window.references += 1;
		return window;
	}

	/** Call it once per `retain` and `retainFound` of the window. */
	release(window: SlidingWindow): void {
		window.references -= 1;
	}

	/** Evicts windows without counts and references; visits at most `windows_max` and continues there at the next call. */
	sweep(windows_max = SWEPT_PER_TURN_MAX): void {
		const now = this.#clock.monotonic();
		for (let left = Math.min(windows_max, this.#windows.size); left > 0; left -= 1) {
			const [window_name, window] = this.#next();
			if (window.references === 0 && window.used(now) === 0) this.#windows.delete(window_name);
		}
	}

	#put(window_name: string, before: SlidingWindow | undefined, window_seconds: number): SlidingWindow {
		const window = before ? SlidingWindow.adapt(before, window_seconds, this.#clock.monotonic()) : new SlidingWindow(window_seconds);
		if (before === undefined) this.sweep(SWEPT_PER_NEW);
		if (this.#windows.size >= WINDOWS_MAX) this.#windows.delete(this.#next()[0]);
		this.#windows.set(window_name, window);
		return window;
	}

	/** Advances the iterator and wraps around. Requires at least one window. */
	#next(): [string, SlidingWindow] {
		for (;;) {
			const next = this.#hand.next();
			if (!next.done) return next.value;
			this.#hand = this.#windows.entries();
		}
	}
}
