import { LRUCache } from "lru-cache";
import type { Clock } from "../../core/clock.ts";
import { Canary } from "../../keys/canaries/canary.ts";
import type { Grant } from "./grant.ts";

const NAMES_MAX = 100_000;
/** New kids are random, so an unknown kid stays unknown, and an import clears unknown lookups. The TTL limits the effect of a defect. */
const KEPT_MS = 30_000;
/** Prefix of lookups of imported secrets; kids never have it. */
const LOOKUP_MARK = "~";
const BETWEEN_LOOKUPS = " ";

/** Result for a kid or imported lookup without a secret. */
export const UNKNOWN = Symbol("unknown kid");

/** What is answered as an unknown key. A canary is kept here, and for as long, so that it has the time of an unknown kid in every state of the caches. */
export type Unknown = typeof UNKNOWN | Canary;

export function isUnknown(found: Grant | Unknown): found is Unknown {
	return found === UNKNOWN || found instanceof Canary;
}

/**
 * Combines all lookups of one raw key into one name. While a pepper is replaced, a secret moves from one lookup to another, so both must be
 * read in one snapshot.
 */
export function joinLookups(lookups: readonly string[]): string {
	return lookups.join(BETWEEN_LOOKUPS);
}

/** The kid or the lookups of a name. */
export function splitName(name: string): string[] {
	return name.split(BETWEEN_LOOKUPS);
}

export function isLookup(name: string): boolean {
	return name.startsWith(LOOKUP_MARK);
}

/** Bounded negative cache of names. Names of imported keys are separate, because an import can make them known. */
export class UnknownNames {
	readonly #kids: LRUCache<string, Unknown>;
	readonly #imported: LRUCache<string, Unknown>;

	constructor(clock: Clock) {
		const names = () => new LRUCache<string, Unknown>({ max: NAMES_MAX, ttl: KEPT_MS, ttlResolution: 1_000, perf: { now: () => clock.monotonic() } });
		this.#kids = names();
		this.#imported = names();
	}

	get(name: string): Unknown | undefined {
		return (isLookup(name) ? this.#imported : this.#kids).get(name);
	}

	add(name: string, found: Unknown): void {
		(isLookup(name) ? this.#imported : this.#kids).set(name, found);
	}

	clearImported(): void {
		this.#imported.clear();
	}

	clear(): void {
		this.#kids.clear();
		this.#imported.clear();
	}
}
