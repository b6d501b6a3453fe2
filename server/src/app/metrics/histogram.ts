/** Counts durations in buckets, for Prometheus. Our own, because the library's histogram costs more than a decision. */
export class Histogram {
	/** The upper ends of the buckets, in seconds, ascending. */
	readonly #ends: readonly number[];
	/** The number of durations in each bucket, not cumulative; the last bucket is unbounded. */
	readonly #buckets: number[];
	#seconds = 0;

	constructor(ends: readonly number[]) {
		this.#ends = ends;
		this.#buckets = new Array<number>(ends.length + 1).fill(0);
	}

	add(seconds: number): void {
		this.#seconds += seconds;
		let at = 0;
		while (at < this.#ends.length && seconds > (this.#ends[at] ?? 0)) at += 1;
		this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
	}

	/** The lines of one series in the Prometheus text format. `labels`: such as `kind="keyed"`, or empty. */
	lines(name: string, labels: string): string[] {
		const comma = labels === "" ? "" : `${labels},`;
		const braced = labels === "" ? "" : `{${labels}}`;
		let count = 0;
		const buckets = this.#buckets.map((more, at) => {
			count += more;
			return `${name}_bucket{${comma}le="${this.#ends[at] ?? "+Inf"}"} ${count}`;
		});
		return [...buckets, `${name}_sum${braced} ${this.#seconds}`, `${name}_count${braced} ${count}`];
	}
}
