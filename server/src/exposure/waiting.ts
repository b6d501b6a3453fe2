/** What was seen some times and waits to be written; the source is that of the latest time. */
interface Seen {
	readonly first_at: Date;
	readonly last_at: Date;
	readonly requests: number;
	readonly source_id: string | null;
}

/** A bounded collection of what waits to be written: the same thing seen again is one row. What does not fit is dropped. */
export class Waiting<Row extends Seen> {
	readonly #rows_max: number;
	#rows = new Map<string, Row>();

	constructor(rows_max: number) {
		this.#rows_max = rows_max;
	}

	add(name: string, row: Row): void {
		const known = this.#rows.get(name);
		if (known) this.#rows.set(name, join(known, row));
		else if (this.#rows.size < this.#rows_max) this.#rows.set(name, row);
	}

	/** Removes and returns all rows. */
	take(): Map<string, Row> {
		const taken = this.#rows;
		this.#rows = new Map();
		return taken;
	}

	/** Puts back what could not be written, together with what came meanwhile. */
	restore(unwritten: Map<string, Row>): void {
		for (const [name, later] of this.#rows) {
			const earlier = unwritten.get(name);
			unwritten.set(name, earlier ? join(earlier, later) : later);
		}
		this.#rows = unwritten;
	}
}

function join<Row extends Seen>(earlier: Row, later: Row): Row {
	const { first_at, requests, source_id } = earlier;
	return { ...later, first_at, requests: requests + later.requests, source_id: later.source_id ?? source_id };
}
