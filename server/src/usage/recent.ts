import type { Counter } from "./counter.ts";

/**
 * Index of counters by name with two generations. A new generation evicts all counters that were not touched in the previous one, in
 * constant time.
 */
export class RecentCounters<C extends Counter> {
	readonly #generationMax: number;
	#generation = 1;
	#young = new Map<string, C>();
	#old = new Map<string, C>();

	/** `entries_max` bounds both generations together. */
	constructor(entries_max: number) {
		this.#generationMax = Math.max(1, Math.floor(entries_max / 2));
	}

	get size(): number {
		return this.#young.size + this.#old.size;
	}

	find(name: string): C | undefined {
		const found = this.#young.get(name) ?? this.#old.get(name);
		if (found) this.touch(found);
		return found;
	}

	/** Enters the counter into the current generation. An existing counter of the same name stays in the index; both continue to count. */
	touch(counter: C): void {
		if (counter.generation === this.#generation) return;
		if (this.#young.size >= this.#generationMax) this.evictIdle();
		counter.generation = this.#generation;
		const name = counter.index_name;
		this.#old.delete(name);
		if (!this.#young.has(name)) this.#young.set(name, counter);
	}

	/** Begins a new generation. */
	evictIdle(): void {
		this.#generation += 1;
		this.#old = this.#young;
		this.#young = new Map();
	}
}
