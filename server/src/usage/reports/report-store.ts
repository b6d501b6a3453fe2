import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";

/** Selects rows that start in [from, to), summed into buckets of `bucket_seconds`. */
export interface ReportQuery {
	readonly tenant_id: string;
	readonly from: Date;
	readonly to: Date;
	readonly bucket_seconds: number;
	readonly rows_max: number;
}

/** What rows are counted by, beside the time and the code. `code`: nothing else. */
export type Group = "code" | "key" | "secret" | "site" | "operation";

export interface ReportRow {
	readonly start: Date;
	readonly key_id?: string;
	readonly kid?: string;
	/** Null: requests that name no site. */
	readonly site_id?: string | null;
	readonly operation?: string;
	readonly code: string;
	readonly requests: number;
}

/** The table and the columns of each group. The primary key of `usage_operations` is ordered by time, that of `usage_keys` by key. */
const COLUMNS = {
	code: { table: "usage_operations", columns: [] },
	site: { table: "usage_operations", columns: ["site_id"] },
	operation: { table: "usage_operations", columns: ["operation"] },
	key: { table: "usage_keys", columns: ["key_id"] },
	secret: { table: "usage_keys", columns: ["key_id", "kid"] },
} as const;

const NO_SITE = "";

/** Usage of the tenant, or of one of its keys (groups `key` and `secret` only), ordered by start, the group, and code. */
export async function readUsage(tx: ReadTx, group: Group, query: ReportQuery, key_id: string | null): Promise<ReportRow[]> {
	const { table, columns } = COLUMNS[group];
	const named = sql.join([...columns, "code"].map((column) => sql.ref(column)));
	const ordered = sql.join([...columns, "code"].map((column) => sql`${sql.ref(column)} collate "C"`));
	const { rows } = await sql<ReportRow>`
		select date_bin(make_interval(secs => ${query.bucket_seconds}), start, timestamptz 'epoch') as start, ${named}, sum(requests)::bigint as requests
		from ${sql.table(`keywright.${table}`)} as used
		where tenant_id = ${query.tenant_id} and start >= ${query.from} and start < ${query.to} and granularity_seconds <= ${query.bucket_seconds}
			${key_id === null ? sql`` : sql`and key_id = ${key_id}`}
		group by 1, ${named} order by 1, ${ordered} limit ${query.rows_max}`.execute(tx);
	return rows.map((row) => (row.site_id === NO_SITE ? { ...row, site_id: null } : row));
}

export async function keyExists(tx: ReadTx, tenant_id: string, key_id: string): Promise<boolean> {
	const found = await tx.selectFrom("keys").select("id").where("tenant_id", "=", tenant_id).where("id", "=", key_id).executeTakeFirst();
	return found !== undefined;
}

/** The number of the key's allowed requests since each instant. Usage that was rolled up counts from the start of its hour or day. */
export async function countRequests(tx: ReadTx, key: { tenant_id: string; key_id: string }, since: readonly Date[]): Promise<number[]> {
	const { rows } = await sql<{ requests: number }>`
		select coalesce(sum(used.requests), 0)::bigint as requests
		from unnest(${since.map((time) => time.toISOString())}::timestamptz[]) with ordinality as wanted (since, place)
		left join keywright.usage_keys as used on used.tenant_id = ${key.tenant_id} and used.key_id = ${key.key_id} and used.code = 'allowed'
			and used.start + make_interval(secs => used.granularity_seconds) > wanted.since
		group by wanted.place order by wanted.place
	`.execute(tx);
	return rows.map((row) => row.requests);
}

/** The key's allowed requests since `since` by the hour, in order; hours that were rolled up are whole days. */
export async function readAllowedByHour(
	tx: ReadTx,
	key: { tenant_id: string; key_id: string },
	since: Date,
): Promise<{ start: Date; requests: number }[]> {
	const { rows } = await sql<{ start: Date; requests: number }>`
		select date_bin(interval '1 hour', start, timestamptz 'epoch') as start, sum(requests)::bigint as requests
		from keywright.usage_keys
		where tenant_id = ${key.tenant_id} and key_id = ${key.key_id} and code = 'allowed' and start >= ${since}
		group by 1 order by 1
	`.execute(tx);
	return rows;
}
