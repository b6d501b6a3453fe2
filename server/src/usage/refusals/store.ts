import { type SqlBool, sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import { factsIn, hasRefusals, type Picked } from "../flush-text-store.ts";
import type { Slice } from "../roll-up-store.ts";
import { OTHER_SOURCES } from "../sources/source.ts";

const MINUTE_SECONDS = 60;

/** The source as it is counted: one that is not among the key's sources is one of the others. */
const countedSource = sql`coalesce((
	select known.source_id from keywright.key_sources as known
	where known.tenant_id = fact.tenant_id and known.key_id = fact.key_id and known.source_id = fact.source_id
), ${OTHER_SOURCES.id})`;

/** Adds the refusals of the picked flushes. Call it after the keys' sources are aggregated. Skips erased tenants and deleted keys. */
export async function aggregateRefusals(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		with ${factsIn(picked, sql`${hasRefusals} and code <> 'allowed'`)}, counted as (
			select fact.tenant_id, fact.key_id, minute, code, ${countedSource} as source, requests
			from facts as fact
			join keywright.keys on keys.tenant_id = fact.tenant_id and keys.id = fact.key_id
			join keywright.tenants on tenants.id = fact.tenant_id and tenants.erased_at is null
		)
		insert into keywright.auth_failure_counts as kept (tenant_id, key_id, granularity_seconds, start, code, source_id, proven, requests)
		select tenant_id, key_id, ${MINUTE_SECONDS}::integer, to_timestamp(minute::float8 * ${MINUTE_SECONDS}::float8), code, source, true, sum(requests)::bigint
		from counted group by tenant_id, key_id, minute, code, source
		order by tenant_id collate "C", minute, key_id collate "C", code collate "C", source collate "C"
		on conflict (tenant_id, start, granularity_seconds, key_id, code, source_id, proven) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

/** Refusals of one key whose secret was wrong or incomplete. */
export interface UnprovenRefusals {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly code: string;
	readonly source_id: string;
	/** Minutes since 1970 UTC. */
	readonly minute: number;
	readonly requests: number;
}

/** Adds refusals that the usage meter does not count, because no secret was right. */
export async function addUnprovenRefusals(tx: RecordTx, counts: readonly UnprovenRefusals[]): Promise<void> {
	if (counts.length === 0) return;
	await sql`
		with fact as (
			select * from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb)
				as given (tenant_id text, key_id text, code text, source_id text, minute bigint, requests bigint)
		), counted as (
			select tenant_id, key_id, minute, code, ${countedSource} as source, requests from fact
		)
		insert into keywright.auth_failure_counts as kept (tenant_id, key_id, granularity_seconds, start, code, source_id, proven, requests)
		select tenant_id, key_id, ${MINUTE_SECONDS}::integer, to_timestamp(minute::float8 * ${MINUTE_SECONDS}::float8), code, source, false, sum(requests)::bigint
		from counted group by tenant_id, key_id, minute, code, source
		order by tenant_id collate "C", minute, key_id collate "C", code collate "C", source collate "C"
		on conflict (tenant_id, start, granularity_seconds, key_id, code, source_id, proven) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

export interface RefusalFilter {
	readonly tenant_id: string;
	readonly code?: string | undefined;
	readonly key_id?: string | undefined;
	readonly source_id?: string | undefined;
	/** Whether the secret was right. */
	readonly proven?: boolean | undefined;
	readonly from?: Date | undefined;
	readonly to?: Date | undefined;
}

/** All refusals that match, by code; whole minutes, and whole hours after two days. */
export async function readRefusalCounts(tx: ReadTx, filter: RefusalFilter): Promise<{ code: string; requests: number }[]> {
	const { tenant_id, code, key_id, source_id, proven, from, to } = filter;
	return tx
		.selectFrom("auth_failure_counts")
		.select(["code", sql<number>`sum(requests)::bigint`.as("requests")])
		.where("tenant_id", "=", tenant_id)
		.$if(code !== undefined, (query) => query.where("code", "=", code ?? ""))
		.$if(key_id !== undefined, (query) => query.where("key_id", "=", key_id ?? ""))
		.$if(source_id !== undefined, (query) => query.where("source_id", "=", source_id ?? ""))
		.$if(proven !== undefined, (query) => query.where("proven", "=", proven === true))
		.$if(from !== undefined, (query) => query.where(sql<SqlBool>`start + make_interval(secs => granularity_seconds) > ${from}::timestamptz`))
		.$if(to !== undefined, (query) => query.where(sql<SqlBool>`start < ${to}::timestamptz`))
		.groupBy("code")
		.orderBy(sql`2 desc`)
		.orderBy(sql`code collate "C"`)
		.execute();
}

/** The refusals of the bucket of counts that holds `at`, a minute or an hour; null without any. Of one key, or of the whole tenant. */
export async function readRefusalsAround(
	tx: ReadTx,
	wanted: { tenant_id: string; key_id: string | null; at: Date },
): Promise<{ from: Date; to: Date; requests: number } | null> {
	const { rows } = await sql<{ from: Date; to: Date; requests: number }>`
		select start as "from", start + make_interval(secs => granularity_seconds) as "to", sum(requests)::bigint as requests
		from keywright.auth_failure_counts
		where tenant_id = ${wanted.tenant_id} and (${wanted.key_id}::text is null or key_id = ${wanted.key_id})
			and start in (date_trunc('minute', ${wanted.at}::timestamptz, 'UTC'), date_trunc('hour', ${wanted.at}::timestamptz, 'UTC'))
			and start + make_interval(secs => granularity_seconds) > ${wanted.at}::timestamptz
		group by start, granularity_seconds order by granularity_seconds limit 1
	`.execute(tx);
	return rows[0] ?? null;
}

/** Like `rollUpKeys`, for refusals. */
export async function rollUpRefusals(tx: RecordTx, slice: Slice): Promise<number> {
	const moved = await sql<{ rows: number }>`
		with picked as materialized (
			select ctid from keywright.auth_failure_counts where granularity_seconds = ${slice.from_seconds} and start < ${slice.before}
			order by start limit ${slice.rows_max} for update skip locked
		), moved as (
			delete from keywright.auth_failure_counts as old using picked where old.ctid = picked.ctid returning old.*
		), added as (
			insert into keywright.auth_failure_counts as kept (tenant_id, key_id, granularity_seconds, start, code, source_id, proven, requests)
			select tenant_id, key_id, ${slice.to_seconds}::integer,
				date_bin(make_interval(secs => ${slice.to_seconds}), start, timestamptz 'epoch') as bucket, code, source_id, proven, sum(requests)::bigint
			from moved group by tenant_id, key_id, bucket, code, source_id, proven
			on conflict (tenant_id, start, granularity_seconds, key_id, code, source_id, proven) do update set requests = kept.requests + excluded.requests
		)
		select count(*) as rows from moved
	`.execute(tx);
	return moved.rows[0]?.rows ?? 0;
}

/** Deletes up to `rows_max` counts from before `before`; returns how many. */
export async function deleteRefusalCounts(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.auth_failure_counts where ctid = any (array(
			select ctid from keywright.auth_failure_counts where granularity_seconds in (${sql.lit(MINUTE_SECONDS)}, 3600) and start < ${before} limit ${rows_max}
		))
	`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}
