import { SlidingWindow } from "./window.ts";

const WINDOW_SECONDS = 60;
/** Idle names are deleted from this number on. Only a name that took something has a window, so `of_all` bounds those that are not idle. */
const NAMES_KEPT = 1_000;

/** What all names together may take in a minute, and each of them at most, so that none uses up what others need. */
export class Shares {
	readonly #of_all: number;
	readonly #of_each: number;
	readonly #all = new SlidingWindow(WINDOW_SECONDS);
	readonly #windows = new Map<string, SlidingWindow>();

	constructor({ of_all, of_each }: { readonly of_all: number; readonly of_each: number }) {
		this.#of_all = of_all;
		this.#of_each = of_each;
	}

	/** How many names are kept. */
	get names(): number {
		return this.#windows.size;
	}

	/** Takes one unit of the share of each of `names`; false, and nothing is taken, if one has none left. */
	take(now_ms: number, names: readonly string[]): boolean {
		if (this.#all.peek(now_ms, this.#of_all) === 0) return false;
		if (names.some((name) => this.#windows.get(name)?.peek(now_ms, this.#of_each) === 0)) return false;
		this.#all.take(now_ms, 1);
		for (const name of new Set(names)) this.#windowOf(now_ms, name).take(now_ms, 1);
		return true;
	}

	#windowOf(now_ms: number, name: string): SlidingWindow {
		const known = this.#windows.get(name);
		if (known !== undefined) return known;
		if (this.#windows.size >= NAMES_KEPT) for (const [old, window] of this.#windows) if (window.used(now_ms) === 0) this.#windows.delete(old);
		const added = new SlidingWindow(WINDOW_SECONDS);
		this.#windows.set(name, added);
		return added;
	}
}
