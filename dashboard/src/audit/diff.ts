import { getFieldName, inOrder, type KnownNames, type Line, toLines } from "./fields.ts";

/** Lines of one field that are shown; the rest is in the JSON. */
export const LINES_MAX = 60;

type State = Readonly<Record<string, unknown>> | null;

export interface DiffLine extends Line {
	readonly change: "same" | "removed" | "added";
}

export interface FieldDiff {
	readonly field: string;
	readonly name: string;
	/** What stayed, then what went, then what came. */
	readonly lines: readonly DiffLine[];
	/** How many lines are not shown. */
	readonly left_out: number;
}

function isNothing(value: unknown): boolean {
	return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** The fields that differ, in the order in which people think of them. Where there was no state before, or is none after, fields without a value are left out. */
export function getDiff(before: State, after: State, names: KnownNames = new Map()): FieldDiff[] {
	const fields = inOrder([...Object.keys(after ?? {}), ...Object.keys(before ?? {})]);
	return fields.flatMap((field) => {
		const had = before !== null && field in before;
		const has = after !== null && field in after;
		if (!(had && has) && isNothing(had ? before[field] : after?.[field])) return [];
		const old = had ? toLines(field, before[field], names) : [];
		const fresh = has ? toLines(field, after[field], names) : [];
		const lines = compare(old, fresh);
		if (lines.every(({ change }) => change === "same")) return [];
		return [{ field, name: getFieldName(field), lines: lines.slice(0, LINES_MAX), left_out: Math.max(lines.length - LINES_MAX, 0) }];
	});
}

function compare(old: readonly Line[], fresh: readonly Line[]): DiffLine[] {
	const [olds, freshes] = [new Set(old.map(({ text }) => text)), new Set(fresh.map(({ text }) => text))];
	return [
		...fresh.filter(({ text }) => olds.has(text)).map((line): DiffLine => ({ ...line, change: "same" })),
		...old.filter(({ text }) => !freshes.has(text)).map((line): DiffLine => ({ ...line, change: "removed" })),
		...fresh.filter(({ text }) => !olds.has(text)).map((line): DiffLine => ({ ...line, change: "added" })),
	];
}
