import { LRUCache } from "lru-cache";

const NAMES_MAX = 50_000;

/**
 * Counts the rows that this process has written since their surplus was last deleted, by name. To look for surplus rows with each row written would read
 * a hundred rows for one.
 */
export class Surplus {
	readonly #rows_max: number;
	readonly #written = new LRUCache<string, number>({ max: NAMES_MAX });

	/** `rows_max`: how many rows all nodes together may write before their surplus is deleted. */
	constructor(rows_max: number) {
		this.#rows_max = rows_max;
	}

	/**
	 * Counts one written row for each of `names`. Returns the names of which this node, one of `nodes`, has written its share of surplus, each once. A name
	 * that is not known is among them: other processes may have written its rows.
	 */
	count(names: readonly string[], nodes: number): ReadonlySet<string> {
		const share = Math.max(1, Math.floor(this.#rows_max / nodes));
		for (const name of names) this.#written.set(name, (this.#written.get(name) ?? share) + 1);
		return new Set(names.filter((name) => (this.#written.get(name) ?? share) >= share));
	}

	setDeleted(names: Iterable<string>): void {
		for (const name of names) this.#written.set(name, 0);
	}
}
