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

/** The lines of a text that `columns` made. `offset 0` makes PostgreSQL split it once; else it is split again for every column that is read. */
export function linesOf(text: "keys" | "uses" | "operations" | "sources" | "key_checks" | "secret_operations") {
	return sql`(select string_to_array(${sql.ref(text)}, E'\n') as lines offset 0)`;
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

/** A condition that selects the flushes with a refused request, without parsing the others. */
export const hasRefusals = sql`replace(split_part(keys, E'\n', 5), '|allowed', '') <> ''`;

/** The source of a fact, by the place at which its flush names it, as the common table expression `source`. */
export function sourcesIn(picked: Picked) {
	return sql`
		source as (
			select node_id, flush_number, source.*
			from keywright.usage_flushes cross join lateral ${linesOf("sources")} as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}) with ordinality as source (source_id, network, agent, client, place)
			where ${picked}
		)`;
}

/** What a fact did, by the place at which its flush names it, as the common table expression `target`. */
export function targetsIn(picked: Picked) {
	return sql`
		target as (
			select node_id, flush_number, target.*
			from keywright.usage_flushes cross join lateral (
				select string_to_array(success_operations, '|') as names, string_to_array(success_sites, '|') as at_sites offset 0
			) as read cross join lateral unnest(names[2:], at_sites[2:]) with ordinality as target (operation, site_id, target)
			where ${picked}
		)`;
}

/**
 * Joins to the facts of `fact` what their flushes say at a place, as an expression to be `materialized`. PostgreSQL cannot know how many facts and places a
 * flush has and expects a few, for which it plans a nested loop: 20,000 facts times thousands of places. It never plans one for a full join. The last
 * condition drops the places without a fact, and is one from which PostgreSQL does not infer another kind of join.
 */
export function named(fact: "fact" | "sourced", by: "source" | "target") {
	const place = by === "source" ? "place" : "target";
	return sql`select * from ${sql.table(fact)} full join ${sql.table(by)} using (node_id, flush_number, ${sql.ref(place)}) where coalesce(key_id, '') <> ''`;
}

/**
 * Requests of the picked flushes by secret, source, minute and code, as the common table expressions `fact`, `source` and `facts`; only
 * those for which `which` is true.
 */
export function factsIn(picked: Picked, which: RawBuilder<unknown> = sql`true`) {
	return sql`
		fact as (
			select node_id, flush_number, fact.tenant_id, key_id, kid, minute, code, requests::bigint as requests, first_ms, last_ms, place::bigint as place
			from keywright.usage_flushes cross join lateral ${linesOf("keys")} as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}, ${line(6)}, ${line(7)}, ${line(8)}, ${line(9)})
				as fact (tenant_id, key_id, kid, minute, code, requests, first_ms, last_ms, place)
			where ${picked} and ${which}
		), ${sourcesIn(picked)}, facts as materialized (${named("fact", "source")})`;
}
