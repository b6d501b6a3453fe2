import { assert } from "../../core/error.ts";

/** A window has ten slots. An interval of the window's length touches at most eleven slots, so eleven are stored and all count. */
export const SLOTS_PER_WINDOW = 10;
const SLOTS_KEPT = SLOTS_PER_WINDOW + 1;
export const WINDOW_SECONDS_MAX = 3600;

/**
 * Sliding-window counter: never more than `requests` in any interval of `window_seconds`; a unit is freed up to a tenth of the window late.
 * Times are milliseconds of one, preferably monotonic, clock; a time before the latest one counts as the latest. After a step back of more
 * than a window, all counted units are dated to the new time, so that they expire within a window and a slot.
 */
export class SlidingWindow {
	readonly window_seconds: number;
	/** When units were last taken, in whole milliseconds; 0 for never. */
	lastUsedMs = 0;
	/** Reference count. A referenced window is not evicted: the next caller would start a second one. */
	references = 0;
	readonly #slotMs: number;
	/** Ring buffer of units per slot. `#newest` is the index of slot number `#slot`; earlier slots precede it. */
	readonly #taken: number[];
	#newest = 0;
	#slot = 0;
	#used = 0;

	constructor(window_seconds: number) {
		assert(Number.isInteger(window_seconds) && window_seconds >= 1 && window_seconds <= WINDOW_SECONDS_MAX, "a window has 1 to 3600 whole seconds");
		this.window_seconds = window_seconds;
		this.#slotMs = (window_seconds * 1000) / SLOTS_PER_WINDOW;
		this.#taken = new Array<number>(SLOTS_KEPT).fill(0);
	}

	/**
	 * The window itself when its length is `window_seconds`, else a new one with the units that this one still counts, none dated earlier than
	 * it was taken. Units that have expired from a shorter window are unknown to a longer one.
	 */
	static adapt(old: SlidingWindow, window_seconds: number, now_ms: number): SlidingWindow {
		if (old.window_seconds === window_seconds) return old;
		const next = new SlidingWindow(window_seconds);
		old.#advance(now_ms);
		next.#slot = Math.floor(Math.max(now_ms, old.#slot * old.#slotMs, old.lastUsedMs) / next.#slotMs);
		for (let age = SLOTS_PER_WINDOW; age >= 0; age -= 1) {
			const lastMs = (old.#slot - age + 1) * old.#slotMs - 1;
			next.#put(Math.floor(lastMs / next.#slotMs), old.#taken[old.#indexOf(age)] ?? 0);
		}
		next.lastUsedMs = old.lastUsedMs;
		return next;
	}

	/** Number of units that may be taken now. `requests` is an argument, so that a change of plan does not reset the count. */
	peek(now_ms: number, requests: number): number {
		this.#advance(now_ms);
		return this.#used < requests ? requests - this.#used : 0;
	}

	/** Takes `cost` units without a check: call `peek` first, in the same turn. */
	take(now_ms: number, cost: number): void {
		this.#advance(now_ms);
		this.#taken[this.#newest] = (this.#taken[this.#newest] ?? 0) + cost;
		this.#used += cost;
		if (now_ms > this.lastUsedMs) this.lastUsedMs = Math.ceil(now_ms);
	}

	/** Number of units that count at this time. */
	used(now_ms: number): number {
		this.#advance(now_ms);
		return this.#used;
	}

	/** Milliseconds until `cost` units are free if no others are taken: 0 for now, `Infinity` if `cost` exceeds `requests`. */
	nextFreeMs(now_ms: number, requests: number, cost: number): number {
		this.#advance(now_ms);
		if (cost > requests) return Number.POSITIVE_INFINITY;
		let missing = this.#used + cost - requests;
		for (let age = SLOTS_PER_WINDOW; missing > 0 && age >= 0; age -= 1) {
			missing -= this.#taken[this.#indexOf(age)] ?? 0;
			if (missing <= 0) return this.#leavesInMs(age, now_ms);
		}
		return 0;
	}

	/** Milliseconds until the oldest counted units expire; 0 without any. */
	resetMs(now_ms: number): number {
		this.#advance(now_ms);
		if (this.#used === 0) return 0;
		let age = SLOTS_PER_WINDOW;
		while (age > 0 && this.#taken[this.#indexOf(age)] === 0) age -= 1;
		return this.#leavesInMs(age, now_ms);
	}

	#advance(now_ms: number): void {
		const slot = Math.floor(now_ms / this.#slotMs);
		const passed = slot - this.#slot;
		if (passed === 0) return;
		if (passed >= SLOTS_KEPT) this.#restart(slot, 0);
		else if (passed < -SLOTS_PER_WINDOW) this.#putBack(slot, now_ms);
		else for (let step = 0; step < passed; step += 1) this.#openSlot();
	}

	#putBack(slot: number, now_ms: number): void {
		this.#restart(slot, this.#used);
		this.lastUsedMs = Math.min(this.lastUsedMs, now_ms);
	}

	#openSlot(): void {
		this.#slot += 1;
		this.#newest = this.#newest === SLOTS_PER_WINDOW ? 0 : this.#newest + 1;
		this.#used -= this.#taken[this.#newest] ?? 0;
		this.#taken[this.#newest] = 0;
	}

	#restart(slot: number, used: number): void {
		this.#taken.fill(0);
		this.#taken[this.#newest] = used;
		this.#slot = slot;
		this.#used = used;
	}

	/** Adds `units` to a slot, at most the newest one. Ignores slots that no longer count. */
	#put(slot: number, units: number): void {
		const age = Math.max(0, this.#slot - slot);
		if (age > SLOTS_PER_WINDOW) return;
		const index = this.#indexOf(age);
		this.#taken[index] = (this.#taken[index] ?? 0) + units;
		this.#used += units;
	}

	#indexOf(age: number): number {
		const index = this.#newest - age;
		return index < 0 ? index + SLOTS_KEPT : index;
	}

	/** A slot expires one window after its end. */
	#leavesInMs(age: number, now_ms: number): number {
		return (this.#slot - age + SLOTS_KEPT) * this.#slotMs - now_ms;
	}
}
