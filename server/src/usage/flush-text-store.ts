import { type RawBuilder, sql } from "kysely";
import { MINUTE_MS } from "../core/time.ts";

/** Precedes each value of a column. Ids and codes never contain it, and the meter removes it from operations. */
const BAR = "|";
/** Represents null: a client's name is never empty. */
export const NO_CLIENT = "";

/** Encodes rows as text with one line per column, which PostgreSQL parses much faster than as many parameters. Null for no rows. */
export function columns<R>(rows: readonly R[], reads: readonly ((row: R) => string | number)[]): string | null {
	if (rows.length === 0) return null;
	return reads.map((read) => BAR + rows.map(read).join(BAR)).join("\n");
}

/** Values of line `at` (from 1) of `lines`. The first element, before the first bar, is dropped. */
export function line(at: number) {
	return sql`(string_to_array(lines[${sql.lit(at)}], ${sql.lit(BAR)}))[2:]`;
}

/** Milliseconds since 1970 of a column that is stored relative to the start of the fact's minute. */
export function toMilliseconds(column: "first_ms" | "last_ms") {
	return sql`(minute::float8 * ${sql.lit(MINUTE_MS)} + ${sql.ref(column)}::float8)`;
}

/** A condition that selects the flushes to aggregate. */
export type Picked = RawBuilder<unknown>;
