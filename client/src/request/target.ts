import { isAmbiguousPath } from "./path.ts";

/** The parsed request target, the second argument of every rule function. */
export interface Target {
	/** A decoded path segment, counted from 0: `acme` is segment 1 of `/tenants/acme/orders`. Undefined if there is none. */
	segment(index: number): string | undefined;
	/** A query field; undefined if it is missing or repeated, since the handler might read the other value. */
	query(name: string): string | undefined;
}

/** Parses a raw request target with its query; null if two parsers could read its path differently. */
export function parseTarget(url: string): ParsedTarget | null {
	const query = url.indexOf("?");
	const path = query === -1 ? url : url.slice(0, query);
	return isAmbiguousPath(path) ? null : new ParsedTarget(path, query === -1 ? "" : url.slice(query + 1));
}

export class ParsedTarget implements Target {
	/** Still percent-encoded. */
	readonly path: string;
	readonly #query: string;

	constructor(path: string, query: string) {
		this.path = path;
		this.#query = query;
	}

	segment(index: number): string | undefined {
		// The first part, before the leading slash, is always empty.
		const part = index >= 0 ? this.path.split("/")[index + 1] : undefined;
		return part ? decodeURIComponent(part) : undefined;
	}

	query(name: string): string | undefined {
		const [value, second] = new URLSearchParams(this.#query).getAll(name);
		return second === undefined ? value : undefined;
	}

	/** Whether a query field is repeated. */
	repeats(): boolean {
		const names = [...new URLSearchParams(this.#query).keys()];
		return new Set(names).size < names.length;
	}
}
