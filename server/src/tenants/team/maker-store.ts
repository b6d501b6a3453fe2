import { type SqlBool, sql } from "kysely";
import type { Maker } from "./ending.ts";

/** Whether the row's column, an `Actor`, is one of `makers`. */
export function madeBy(column: string, makers: readonly Maker[]) {
	const names = makers.map(({ kind, id }) => `${kind}:${id}`);
	return sql<SqlBool>`(${sql.ref(column)} ->> 'kind') || ':' || (${sql.ref(column)} ->> 'id') = any(${names}::text[])`;
}
