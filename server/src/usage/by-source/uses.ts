import type { Batch, Target, UseFact } from "../batch.ts";
import type { UsageCode } from "../code.ts";

/** Uses of one counter that are counted separately; further ones are combined by code and day. */
const TARGETS_MAX = 64;

/** Bounds the undrained uses of all counters together. */
export interface UsesBound {
	/** Undrained uses that are counted separately. */
	apart: number;
	readonly apart_max: number;
}

interface Use {
	/** Null: combined, because a bound was reached. */
	readonly target: Target | null;
	readonly code: UsageCode;
	/** Since 1970 UTC. */
	readonly day: number;
	requests: number;
}

/** Undrained requests of one key and source by what they did, where one fact of the counter cannot say so. */
export class Uses {
	readonly #bound: UsesBound;
	#entries: Use[] = [];

	constructor(bound: UsesBound) {
		this.#bound = bound;
	}

	add(target: Target, code: UsageCode, day: number, requests: number): void {
		const known = this.#find(target, code, day);
		if (known !== undefined) known.requests += requests;
		else if (this.#entries.length < TARGETS_MAX && this.#bound.apart < this.#bound.apart_max) {
			this.#bound.apart += 1;
			this.#entries.push({ target, code, day, requests });
		} else this.#addCombined(code, day, requests);
	}

	drainInto(batch: Batch, counter: Omit<UseFact, keyof Use>): void {
		const { tenant_id, key_id, source } = counter;
		for (const { target, code, day, requests } of this.#entries) {
			if (target !== null) this.#bound.apart -= 1;
			batch.uses.push({ tenant_id, key_id, source, target, code, day, requests });
		}
		this.#entries = [];
	}

	/** There are at most as many combined uses as there are facts of their codes and days. */
	#addCombined(code: UsageCode, day: number, requests: number): void {
		const known = this.#find(null, code, day);
		if (known === undefined) this.#entries.push({ target: null, code, day, requests });
		else known.requests += requests;
	}

	#find(target: Target | null, code: UsageCode, day: number): Use | undefined {
		return this.#entries.find((use) => use.target === target && use.code === code && use.day === day);
	}
}
