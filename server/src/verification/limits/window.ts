import { assert } from "../../core/error.ts";

/** A window is cut into ten slots. Any interval as long as the window touches at most eleven of them: so eleven are kept, and all count. */
export const SLOTS_PER_WINDOW = 10;
const SLOTS_KEPT = SLOTS_PER_WINDOW + 1;
export const WINDOW_SECONDS_MAX = 3600;

/**
 * How much was taken lately: never more than `requests` in any `window_seconds`, wherever that interval begins. The price is that a
 * unit comes back up to a tenth of the window late.
 *
 * `requests` is said at each call, so that a change of plan does not reset what was taken. Times are milliseconds of one clock, best a
 * monotonic one: a time before the latest seen counts as the latest, and one more than a whole window before it is a clock put back,
 * for which everything counted is taken as of now, so that no one waits for the old time to come round again.
 */
export class SlidingWindow {
	readonly window_seconds: number;
	/** When units were last taken, in whole milliseconds, 0 if never. A window of which nothing is used may be forgotten without resetting anything. */
	lastUsedMs = 0;
	/** How many go by it; while there are any it is not forgotten, since whoever came next would begin another. */
	holders = 0;
	readonly #slotMs: number;
	/** Ring of what was taken in each slot; `#newest` is the place of slot number `#slot`, the places before it hold the slots before. */
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
	 * The window itself when its length is `window_seconds`, else a new one that carries on with what this one still counts, each unit
	 * dated no earlier than it was taken. What had left the shorter window before is unknown to the longer one.
	 */
	static adapt(old: SlidingWindow, window_seconds: number, now_ms: number): SlidingWindow {
		if (old.window_seconds === window_seconds) return old;
		const next = new SlidingWindow(window_seconds);
		old.#advance(now_ms);
		next.#slot = Math.floor(Math.max(now_ms, old.#slot * old.#slotMs, old.lastUsedMs) / next.#slotMs);
		for (let age = SLOTS_PER_WINDOW; age >= 0; age -= 1) {
			const lastMs = (old.#slot - age + 1) * old.#slotMs - 1;
			next.#put(Math.floor(lastMs / next.#slotMs), old.#taken[old.#placeOf(age)] ?? 0);
		}
		next.lastUsedMs = old.lastUsedMs;
		return next;
	}

	/** How many units may be taken now. */
	peek(now_ms: number, requests: number): number {
		this.#advance(now_ms);
		return this.#used < requests ? requests - this.#used : 0;
	}

	/** Takes `cost` units, whether or not they are there: ask `peek` first, in the same turn. */
	take(now_ms: number, cost: number): void {
		this.#advance(now_ms);
		this.#taken[this.#newest] = (this.#taken[this.#newest] ?? 0) + cost;
		this.#used += cost;
		if (now_ms > this.lastUsedMs) this.lastUsedMs = Math.ceil(now_ms);
	}

	/** Gives back what was taken at `taken_ms`, as far as its slot still counts it. */
	refund(taken_ms: number, cost: number): void {
		const age = this.#slot - Math.floor(taken_ms / this.#slotMs);
		if (age < 0 || age > SLOTS_PER_WINDOW) return;
		const place = this.#placeOf(age);
		const taken = this.#taken[place] ?? 0;
		const back = Math.min(cost, taken);
		this.#taken[place] = taken - back;
		this.#used -= back;
	}

	/** How many units count at this time. */
	used(now_ms: number): number {
		this.#advance(now_ms);
		return this.#used;
	}

	/** Milliseconds until `cost` units can be taken if nothing else is: 0 if now, `Infinity` if `requests` is less than `cost`. */
	nextFreeMs(now_ms: number, requests: number, cost: number): number {
		this.#advance(now_ms);
		if (cost > requests) return Number.POSITIVE_INFINITY;
		let missing = this.#used + cost - requests;
		for (let age = SLOTS_PER_WINDOW; missing > 0 && age >= 0; age -= 1) {
			missing -= this.#taken[this.#placeOf(age)] ?? 0;
			if (missing <= 0) return this.#leavesInMs(age, now_ms);
		}
		return 0;
	}

	/** Milliseconds until the oldest units that count come back, 0 if none count. */
	resetMs(now_ms: number): number {
		this.#advance(now_ms);
		if (this.#used === 0) return 0;
		let age = SLOTS_PER_WINDOW;
		while (age > 0 && this.#taken[this.#placeOf(age)] === 0) age -= 1;
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

	/** Counts `units` as taken in a slot, at the latest the newest one; a slot that no longer counts is left out. */
	#put(slot: number, units: number): void {
		const age = Math.max(0, this.#slot - slot);
		if (age > SLOTS_PER_WINDOW) return;
		const place = this.#placeOf(age);
		this.#taken[place] = (this.#taken[place] ?? 0) + units;
		this.#used += units;
	}

	#placeOf(age: number): number {
		const place = this.#newest - age;
		return place < 0 ? place + SLOTS_KEPT : place;
	}

	/** A slot leaves when the window has passed since its end. */
	#leavesInMs(age: number, now_ms: number): number {
		return (this.#slot - age + SLOTS_KEPT) * this.#slotMs - now_ms;
	}
}
