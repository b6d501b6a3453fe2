import type { Counter } from "./counter.ts";

/**
 * Finds counters by name as long as they are looked up or used: those of two generations. With each new generation everything that was
 * not touched in the one before is forgotten, without visiting any of it.
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

	/** Enters the counter into this generation. Where another of its name is in there, that one stays: both go on counting. */
	touch(counter: C): void {
		if (counter.generation === this.#generation) return;
		if (this.#young.size >= this.#generationMax) this.forgetIdle();
		counter.generation = this.#generation;
		const name = counter.index_name;
		this.#old.delete(name);
		if (!this.#young.has(name)) this.#young.set(name, counter);
	}

	/** Begins a new generation. */
	forgetIdle(): void {
		this.#generation += 1;
		this.#old = this.#young;
		this.#young = new Map();
	}
}
