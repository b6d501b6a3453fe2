/** What a scenario is, and what it reports. */

export interface Settings {
	/** A tenth of the work. */
	readonly short: boolean;
	/** How often processes are killed; null: as many times as the run is long. */
	readonly rounds: number | null;
	readonly seed: number;
	/** How long a node that lost its database goes on answering (R). */
	readonly lease_seconds: number;
	/** Says what is going on, on standard error. */
	readonly say: (text: string) => void;
}

export interface Outcome {
	readonly name: string;
	/** Figures in one line, for people. */
	readonly said: string;
	/** The same for programs. */
	readonly figures: Readonly<Record<string, unknown>>;
	/** What was promised and did not hold, one line each. */
	readonly broken: readonly string[];
}

export interface Scenario {
	readonly name: string;
	readonly promise: string;
	run(settings: Settings): Promise<Outcome>;
}

const BROKEN_MAX = 20;

/** Gathers what did not hold; bounded, because one defect can show a thousand times. */
export class Judge {
	readonly #broken: string[] = [];
	#more = 0;

	expect(holds: boolean, otherwise: () => string): void {
		if (holds) return;
		if (this.#broken.length < BROKEN_MAX) this.#broken.push(otherwise());
		else this.#more += 1;
	}

	get broken(): string[] {
		return this.#more === 0 ? this.#broken : [...this.#broken, `and ${this.#more} more like these`];
	}
}

/** The value below which a `part` of `values` lies, in the values' own unit; 0 without values. */
export function percentile(values: readonly number[], part: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function rounded(value: number, digits = 0): number {
	return Number(value.toFixed(digits));
}

/** Numbers from 0 to 1 that a seed determines (the minimal standard generator of Park and Miller). */
export function randomFrom(seed: number): () => number {
	let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}

/** Waits until `so`; false when it does not come about in time. */
export async function until(so: () => boolean | Promise<boolean>, within_ms: number, every_ms = 10): Promise<boolean> {
	const end = performance.now() + within_ms;
	for (;;) {
		if (await so()) return true;
		if (performance.now() > end) return false;
		await new Promise((resolve) => setTimeout(resolve, every_ms));
	}
}
