import type { KeyCounter, Meter } from "../../usage/meter.ts";
import { OTHER_SOURCES, type Source } from "../../usage/sources/source.ts";
import { SOURCES_PER_KEY_MAX } from "../../usage/store.ts";
import type { Grant } from "./grant.ts";

/** Bound of counters beyond the first of each grant. Further sources share one counter per grant. */
const HELD_MAX = 400_000;

/** Finds the counter of a grant's source; bounded per key and in total. */
export class KeySources {
	readonly #meter: Meter;
	#held = 0;

	constructor(meter: Meter) {
		this.#meter = meter;
	}

	/** The grant's counter for `source`, which becomes the latest. Call it when the latest counter is of another source. */
	counterOf(grant: Grant, source: Source): KeyCounter {
		const known = getKnown(grant, source.id);
		if (known !== undefined) {
			known.source = source;
			grant.counter = known;
			return known;
		}
		const counter = this.#make(grant, source);
		grant.counter = counter;
		return counter;
	}

	/** Call it once when a grant is evicted. */
	release(grant: Grant): void {
		if (grant.counters !== null) this.#held -= grant.counters.length - 1;
		grant.counters = null;
	}

	#make(grant: Grant, source: Source): KeyCounter {
		const { tenant, key_id, kid, counter, counters } = grant;
		if (counter === null) return this.#meter.keyCounter(tenant.id, key_id, kid, source);
		if ((counters?.length ?? 1) >= SOURCES_PER_KEY_MAX || this.#held >= HELD_MAX)
			return this.#meter.keyCounter(tenant.id, key_id, kid, OTHER_SOURCES);
		const made = this.#meter.keyCounter(tenant.id, key_id, kid, source);
		// A stale grant may already be released, which would leak the count.
		if (grant.stale) return made;
		if (counters === null) grant.counters = [counter, made];
		else counters.push(made);
		this.#held += 1;
		return made;
	}
}

function getKnown({ counter, counters }: Grant, source_id: string): KeyCounter | undefined {
	if (counters === null) return counter?.source.id === source_id ? counter : undefined;
	return counters.find(({ source }) => source.id === source_id);
}
