import type { Clock } from "../../core/clock.ts";
import { SlidingWindow } from "./window.ts";

const WINDOWS_MAX = 2_000_000;
const SWEPT_PER_TURN_MAX = 5_000;
/** Looked at for each one that comes: more than one, so that those that are done with never outnumber the others. */
const SWEPT_PER_NEW = 2;

/**
 * The windows of all keys and tenants by owner and limit name, apart from grants: neither eviction nor rotation nor a change of plan
 * resets one. Windows that count nothing and are held by nobody are let go.
 */
export class WindowStore {
	readonly #clock: Clock;
	readonly #windows = new Map<string, SlidingWindow>();
	/** Walks over all windows again and again; a live iterator goes on through deletions and insertions. */
	#hand = this.#windows.entries();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get size(): number {
		return this.#windows.size;
	}

	/** The window of `owner`'s limit `name` if there is one, held by the caller until `release`. */
	find(owner: string, name: string): SlidingWindow | null {
		const window = this.#windows.get(`${owner}|${name}`);
		if (window === undefined) return null;
		window.holders += 1;
		return window;
	}

	/** The window of `owner`'s limit `name`, made longer or shorter when the limit was changed; held by the caller until `release`. */
	get(owner: string, name: string, window_seconds: number): SlidingWindow {
		const place = `${owner}|${name}`;
		const found = this.#windows.get(place);
		const window = found?.window_seconds === window_seconds ? found : this.#put(place, found, window_seconds);
		window.holders += 1;
		return window;
	}

	/** To be called once for each time a window was got. */
	release(window: SlidingWindow): void {
		window.holders -= 1;
	}

	/** Lets go of those that count nothing and that nobody holds; bounded per call, in turns over all of them. */
	sweep(windows_max = SWEPT_PER_TURN_MAX): void {
		const now = this.#clock.monotonic();
		for (let left = Math.min(windows_max, this.#windows.size); left > 0; left -= 1) {
			const [place, window] = this.#next();
			if (window.holders === 0 && window.used(now) === 0) this.#windows.delete(place);
		}
	}

	#put(place: string, before: SlidingWindow | undefined, window_seconds: number): SlidingWindow {
		const window = before ? SlidingWindow.adapt(before, window_seconds, this.#clock.monotonic()) : new SlidingWindow(window_seconds);
		if (before === undefined) this.sweep(SWEPT_PER_NEW);
		if (this.#windows.size >= WINDOWS_MAX) this.#windows.delete(this.#next()[0]);
		this.#windows.set(place, window);
		return window;
	}

	/** The window under the hand, which moves on. Only while there is one. */
	#next(): [string, SlidingWindow] {
		for (;;) {
			const next = this.#hand.next();
			if (!next.done) return next.value;
			this.#hand = this.#windows.entries();
		}
	}
}
