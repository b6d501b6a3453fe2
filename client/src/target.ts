import { isAmbiguousPath } from "./path.ts";

/** What a request asks for, parsed once and in one way: the second argument of every rule that is a function. */
export interface Target {
	/** A part of the path, decoded, counted from 0: `acme` is segment 1 of `/tenants/acme/orders`. Undefined where there is none. */
	segment(index: number): string | undefined;
	/** A field of the query; undefined if it is missing or sent twice, since who reads it next might take the other one. */
	query(name: string): string | undefined;
}

/** Of a request target as it was sent, with its query; null if two parsers could read its path differently. */
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
		// The first part stands before the first slash and is always empty.
		const part = index >= 0 ? this.path.split("/")[index + 1] : undefined;
		return part ? decodeURIComponent(part) : undefined;
	}

	query(name: string): string | undefined {
		const [value, second] = new URLSearchParams(this.#query).getAll(name);
		return second === undefined ? value : undefined;
	}

	/** Whether a field of the query was sent more than once. */
	repeats(): boolean {
		const names = [...new URLSearchParams(this.#query).keys()];
		return new Set(names).size < names.length;
	}
}
