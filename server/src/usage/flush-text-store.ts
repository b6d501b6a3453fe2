import { type RawBuilder, sql } from "kysely";
import { MINUTE_MS } from "../core/time.ts";

/** In front of each value of a column; ids and codes never hold it, and the meter keeps it out of operations. */
const BAR = "|";
/** A client's own name is never empty. */
export const NO_CLIENT = "";

/** Rows as a text with a line for each column: to read it costs PostgreSQL a small part of what as many parameters would. Null for no rows. */
export function columns<R>(rows: readonly R[], reads: readonly ((row: R) => string | number)[]): string | null {
	if (rows.length === 0) return null;
	return reads.map((read) => BAR + rows.map(read).join(BAR)).join("\n");
}

/** The values of line `at` of `lines`; what stands before the first bar is cut off. */
export function line(at: number) {
	return sql`(string_to_array(lines[${sql.lit(at)}], ${sql.lit(BAR)}))[2:]`;
}

/** A column of a fact's times, which are told from the beginning of its minute on, as milliseconds since 1970. */
export function msOf(column: "first_ms" | "last_ms") {
	return sql`(minute::float8 * ${sql.lit(MINUTE_MS)} + ${sql.ref(column)}::float8)`;
}

/** Which flushes are being settled: a condition on their rows. */
export type Picked = RawBuilder<unknown>;
