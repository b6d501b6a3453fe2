import { sql } from "kysely";
import { LOCKS } from "../database/locks.ts";
import type { RecordTx } from "../database/transaction.ts";

/** Takes the advisory lock for rolling up until the transaction ends; false when another node has it. */
export async function claimRollUp(tx: RecordTx): Promise<boolean> {
	const claimed = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.usage_roll_up}) as claimed`.execute(tx);
	return claimed.rows[0]?.claimed === true;
}

export interface Slice {
	readonly from_seconds: number;
	readonly to_seconds: number;
	readonly before: Date;
	readonly rows_max: number;
}

/** Moves up to `rows_max` of the oldest rows into the coarser granularity; returns how many. Skips locked rows. */
export async function rollUpKeys(tx: RecordTx, slice: Slice): Promise<number> {
	const rolled_up = await sql<{ rows: number }>`
		with picked as materialized (
			select ctid from keywright.usage_keys where granularity_seconds = ${slice.from_seconds} and start < ${slice.before}
			order by start limit ${slice.rows_max} for update skip locked
		), moved as (
			delete from keywright.usage_keys as old using picked where old.ctid = picked.ctid returning old.*
		), added as (
			insert into keywright.usage_keys as kept (tenant_id, key_id, kid, granularity_seconds, start, code, requests)
			select tenant_id, key_id, kid, ${slice.to_seconds}::integer,
				date_bin(make_interval(secs => ${slice.to_seconds}), start, timestamptz 'epoch') as bucket, code, sum(requests)::bigint
			from moved group by tenant_id, key_id, kid, bucket, code
			on conflict (tenant_id, key_id, start, granularity_seconds, kid, code) do update set requests = kept.requests + excluded.requests
		)
		select count(*) as rows from moved
	`.execute(tx);
	return rolled_up.rows[0]?.rows ?? 0;
}

/** Like `rollUpKeys`, for operations. */
export async function rollUpOperations(tx: RecordTx, slice: Slice): Promise<number> {
	const rolled_up = await sql<{ rows: number }>`
		with picked as materialized (
			select ctid from keywright.usage_operations where granularity_seconds = ${slice.from_seconds} and start < ${slice.before}
			order by start limit ${slice.rows_max} for update skip locked
		), moved as (
			delete from keywright.usage_operations as old using picked where old.ctid = picked.ctid returning old.*
		), added as (
			insert into keywright.usage_operations as kept (tenant_id, site_id, operation, granularity_seconds, start, code, requests)
			select tenant_id, site_id, operation, ${slice.to_seconds}::integer,
				date_bin(make_interval(secs => ${slice.to_seconds}), start, timestamptz 'epoch') as bucket, code, sum(requests)::bigint
			from moved group by tenant_id, site_id, operation, bucket, code
			on conflict (tenant_id, start, granularity_seconds, site_id, operation, code) do update set requests = kept.requests + excluded.requests
		)
		select count(*) as rows from moved
	`.execute(tx);
	return rolled_up.rows[0]?.rows ?? 0;
}

/** Deletes up to `rows_max` aggregated flushes from before `before`; returns how many. */
export async function deleteFlushes(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.usage_flushes where ctid = any (array(
			select ctid from keywright.usage_flushes where flushed_at < ${before} and not waiting order by flushed_at limit ${rows_max}
		))
	`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}
