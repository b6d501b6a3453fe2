import { type RawBuilder, type SqlBool, sql } from "kysely";

/** Whether no live node has claimed the row `alias`. The claim of a node that was fenced or has left is void. */
export function isUnclaimed(alias: string, now: Date): RawBuilder<SqlBool> {
	const claimed_until = sql.ref(`${alias}.claimed_until`);
	return sql<SqlBool>`(${claimed_until} is null or ${claimed_until} <= ${now}::timestamptz
		or not exists (select from keywright.nodes n where n.id = ${sql.ref(`${alias}.claimed_by`)} and n.fenced_at is null))`;
}
