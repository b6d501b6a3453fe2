/** An entry of a sieve. A hit only sets `visited`. */
export interface Sieved {
	visited: boolean;
}

/**
 * A bounded map with SIEVE eviction (NSDI 2024): evicts an entry that was not read since the hand last passed it. Unlike in an LRU list, a
 * hit moves nothing and touches only the entry's memory. A full map evicts one entry per insertion.
 */
export class SieveMap<V extends Sieved> {
	readonly #entries = new Map<string, V>();
	readonly #max: number;
	readonly #onEvict: (value: V, replaced: boolean) => void;
	/** Walks from the oldest to the newest entry. A Map iterator stays valid through deletions and insertions. */
	#hand: MapIterator<[string, V]>;

	constructor(options: { max: number; onEvict: (value: V, replaced: boolean) => void }) {
		this.#max = options.max;
		this.#onEvict = options.onEvict;
		this.#hand = this.#entries.entries();
	}

	get size(): number {
		return this.#entries.size;
	}

	get(key: string): V | undefined {
		const value = this.#entries.get(key);
		if (value !== undefined && !value.visited) value.visited = true;
		return value;
	}

	peek(key: string): V | undefined {
		return this.#entries.get(key);
	}

	set(key: string, value: V): void {
		const before = this.#entries.get(key);
		if (before === undefined && this.#entries.size >= this.#max) this.#evict();
		this.#entries.set(key, value);
		if (before !== undefined && before !== value) this.#onEvict(before, true);
	}

	values(): MapIterator<V> {
		return this.#entries.values();
	}

	clear(): void {
		const gone = [...this.#entries.values()];
		this.#entries.clear();
		this.#hand = this.#entries.entries();
		for (const value of gone) this.#onEvict(value, false);
	}

	#evict(): void {
		for (;;) {
			const next = this.#hand.next();
			if (next.done) {
				this.#hand = this.#entries.entries();
				continue;
			}
			const [key, value] = next.value;
			if (value.visited) {
				value.visited = false;
				continue;
			}
			this.#entries.delete(key);
			this.#onEvict(value, false);
			return;
		}
	}
}
