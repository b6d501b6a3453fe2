import { LRUCache } from "lru-cache";

const NAMES_MAX = 50_000;

/**
 * Counts the rows that this process has written since their surplus was last deleted, by name. To look for surplus rows with each row written would read
 * a hundred rows for one.
 */
export class Surplus {
	readonly #rows_max: number;
	readonly #written = new LRUCache<string, number>({ max: NAMES_MAX });

	/** `rows_max`: how many rows may be written before their surplus is deleted. */
	constructor(rows_max: number) {
		this.#rows_max = rows_max;
	}

	/**
	 * Counts one written row for each of `names`. Returns the names of which there may be more surplus than `rows_max`, each once. A name that is not known
	 * is among them: other processes may have written its rows.
	 */
	count(names: readonly string[]): ReadonlySet<string> {
		for (const name of names) this.#written.set(name, (this.#written.get(name) ?? this.#rows_max) + 1);
		return new Set(names.filter((name) => (this.#written.get(name) ?? this.#rows_max) >= this.#rows_max));
	}

	setDeleted(names: Iterable<string>): void {
		for (const name of names) this.#written.set(name, 0);
	}
}
