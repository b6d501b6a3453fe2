import { sql } from "kysely";
import type { ReadTx } from "../database/transaction.ts";

/** Selects rows that start in [from, to), summed into buckets of `bucket_seconds`. */
export interface ReportQuery {
	readonly tenant_id: string;
	readonly from: Date;
	readonly to: Date;
	readonly bucket_seconds: number;
	readonly rows_max: number;
}

export interface ReportRow {
	readonly start: Date;
	readonly key_id?: string;
	readonly kid?: string;
	readonly code: string;
	readonly requests: number;
}

function getBucket(seconds: number) {
	return sql<Date>`date_bin(make_interval(secs => ${seconds}), start, timestamptz 'epoch')`;
}

const requests = sql<number>`sum(requests)::bigint`.as("requests");

/** Usage by key and code, of one key or of all keys of the tenant. */
export async function readKeyUsage(tx: ReadTx, query: ReportQuery, key_id: string | null): Promise<ReportRow[]> {
	let rows = tx
		.selectFrom("usage_keys")
		.select([getBucket(query.bucket_seconds).as("bucket"), "key_id", "code", requests])
		.where("tenant_id", "=", query.tenant_id)
		.where("start", ">=", query.from)
		.where("start", "<", query.to)
		.where("granularity_seconds", "<=", query.bucket_seconds);
	if (key_id !== null) rows = rows.where("key_id", "=", key_id);
	const read = await rows
		.groupBy([sql`1`, "key_id", "code"])
		.orderBy(sql`1`)
		.orderBy(sql`key_id collate "C"`)
		.orderBy(sql`code collate "C"`)
		.limit(query.rows_max)
		.execute();
	return read.map((row) => ({ start: row.bucket, key_id: row.key_id, code: row.code, requests: row.requests }));
}

/** Usage of one key by secret and code. */
export async function readSecretUsage(tx: ReadTx, query: ReportQuery, key_id: string): Promise<ReportRow[]> {
	const read = await tx
		.selectFrom("usage_keys")
		.select([getBucket(query.bucket_seconds).as("bucket"), "key_id", "kid", "code", requests])
		.where("tenant_id", "=", query.tenant_id)
		.where("key_id", "=", key_id)
		.where("start", ">=", query.from)
		.where("start", "<", query.to)
		.where("granularity_seconds", "<=", query.bucket_seconds)
		.groupBy([sql`1`, "key_id", "kid", "code"])
		.orderBy(sql`1`)
		.orderBy(sql`kid collate "C"`)
		.orderBy(sql`code collate "C"`)
		.limit(query.rows_max)
		.execute();
	return read.map(({ bucket, key_id: of, kid, code, requests: count }) => ({ start: bucket, key_id: of, kid, code, requests: count }));
}

/** Usage of the tenant by code. Reads `usage_operations`, whose primary key is ordered by time. */
export async function readTenantUsage(tx: ReadTx, query: ReportQuery): Promise<ReportRow[]> {
	const read = await tx
		.selectFrom("usage_operations")
		.select([getBucket(query.bucket_seconds).as("bucket"), "code", requests])
		.where("tenant_id", "=", query.tenant_id)
		.where("start", ">=", query.from)
		.where("start", "<", query.to)
		.where("granularity_seconds", "<=", query.bucket_seconds)
		.groupBy([sql`1`, "code"])
		.orderBy(sql`1`)
		.orderBy(sql`code collate "C"`)
		.limit(query.rows_max)
		.execute();
	return read.map((row) => ({ start: row.bucket, code: row.code, requests: row.requests }));
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
