/** The interface and the tools of the scenarios. */

export interface Settings {
	/** A tenth of the work. */
	readonly short: boolean;
	/** How often processes are killed; null: the default of the run's length. */
	readonly rounds: number | null;
	readonly seed: number;
	/** How long a node without its database keeps answering (R). */
	readonly lease_seconds: number;
	/** Prints progress on standard error. */
	readonly progress: (text: string) => void;
}

export interface Outcome {
	readonly name: string;
	/** The figures as one line of text. */
	readonly summary: string;
	/** The figures for programs. */
	readonly figures: Readonly<Record<string, unknown>>;
	/** The violated guarantees, one line each. */
	readonly broken: readonly string[];
}

export interface Scenario {
	readonly name: string;
	readonly promise: string;
	run(settings: Settings): Promise<Outcome>;
}

const BROKEN_MAX = 20;

/** Collects failed expectations; bounded, because one defect can fail a thousand times. */
export class Findings {
	readonly #broken: string[] = [];
	#more = 0;

	expect(condition: boolean, otherwise: () => string): void {
		if (condition) return;
		if (this.#broken.length < BROKEN_MAX) this.#broken.push(otherwise());
		else this.#more += 1;
	}

	get broken(): string[] {
		return this.#more === 0 ? this.#broken : [...this.#broken, `and ${this.#more} more like these`];
	}
}

/** The percentile `part` (0 to 1) of `values`; 0 without values. */
export function percentile(values: readonly number[], part: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function rounded(value: number, digits = 0): number {
	return Number(value.toFixed(digits));
}

/** Pseudo-random numbers from 0 to 1 (the minimal standard generator of Park and Miller). */
export function randomFrom(seed: number): () => number {
	let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}

/** Polls until `so` returns true; false after `within_ms`. */
export async function until(so: () => boolean | Promise<boolean>, within_ms: number, every_ms = 10): Promise<boolean> {
	const end = performance.now() + within_ms;
	for (;;) {
		if (await so()) return true;
		if (performance.now() > end) return false;
		await new Promise((resolve) => setTimeout(resolve, every_ms));
	}
}
