import { LRUCache } from "lru-cache";
import type { Clock } from "../../core/clock.ts";

const NAMES_MAX = 100_000;
/** New kids are random, so an unknown one never becomes known, and an import forgets unknown look-ups; the time bounds what a defect could do. */
const KEPT_MS = 30_000;
/** Look-ups of imported secrets begin with this, and kids never. */
const LOOKUP_MARK = "~";
const BETWEEN_LOOKUPS = " ";

/**
 * One name for all that one raw key may be stored under: while a pepper is being replaced, its secret goes from one look-up to another, and only a
 * reading of both at once finds it for certain.
 */
export function nameOfLookups(lookups: readonly string[]): string {
	return lookups.join(BETWEEN_LOOKUPS);
}

/** What a name is looked for by: a kid, or each of its look-ups. */
export function partsOfName(name: string): string[] {
	return name.split(BETWEEN_LOOKUPS);
}

export function isLookup(name: string): boolean {
	return name.startsWith(LOOKUP_MARK);
}

/** The names that no secret has, bounded; those of raw keys that may have been issued elsewhere apart, because an import can make them known. */
export class UnknownNames {
	readonly #kids: LRUCache<string, true>;
	readonly #elsewhere: LRUCache<string, true>;

	constructor(clock: Clock) {
		const names = () => new LRUCache<string, true>({ max: NAMES_MAX, ttl: KEPT_MS, ttlResolution: 1_000, perf: { now: () => clock.monotonic() } });
		this.#kids = names();
		this.#elsewhere = names();
	}

	has(name: string): boolean {
		return (isLookup(name) ? this.#elsewhere : this.#kids).has(name);
	}

	add(name: string): void {
		(isLookup(name) ? this.#elsewhere : this.#kids).set(name, true);
	}

	forgetElsewhere(): void {
		this.#elsewhere.clear();
	}

	clear(): void {
		this.#kids.clear();
		this.#elsewhere.clear();
	}
}
