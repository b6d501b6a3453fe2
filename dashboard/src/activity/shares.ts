/** The requests of one thing, such as a key. */
export interface Part {
	readonly id: string;
	readonly allowed: number;
	readonly refused: number;
}

export interface Shares {
	/** Those with the most first. */
	readonly parts: readonly Part[];
	/** What is not among them. */
	readonly rest: { readonly parts: number; readonly requests: number };
}

/** Sums rows by what they belong to; at most `parts_max` apart, the rest together. */
export function partsOf(rows: readonly { readonly id: string; readonly code: string; readonly requests: number }[], parts_max: number): Shares {
	const found = new Map<string, { id: string; allowed: number; refused: number }>();
	for (const { id, code, requests } of rows) {
		const part = found.get(id) ?? { id, allowed: 0, refused: 0 };
		part[code === "allowed" ? "allowed" : "refused"] += requests;
		found.set(id, part);
	}
	const all = [...found.values()].sort((a, b) => b.allowed + b.refused - a.allowed - a.refused || a.id.localeCompare(b.id));
	const rest = all.slice(parts_max);
	return { parts: all.slice(0, parts_max), rest: { parts: rest.length, requests: rest.reduce((sum, part) => sum + part.allowed + part.refused, 0) } };
}
