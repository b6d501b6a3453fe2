import { sql } from "kysely";
import type { RecordTx } from "../database/transaction.ts";
import type { Batch, KeyCheck, KeyFact, OperationFact, SecretUse } from "./batch.ts";

const FOLD_LOCK = 7_362_010;
const MINUTE_SECONDS = 60;

/** Applies a batch, unless this flush has been applied before: then nothing is done and the answer is false. */
export async function applyFlush(tx: RecordTx, flush: { flusher_id: string; flush_number: number; batch: Batch }): Promise<boolean> {
	const entered = await tx
		.insertInto("usage_flushes")
		.values({ node_id: flush.flusher_id, flush_number: flush.flush_number })
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	if (entered.numInsertedOrUpdatedRows !== 1n) return false;
	await addKeyFacts(tx, flush.batch.keys);
	await addOperationFacts(tx, flush.batch.operations);
	await noteSecretUses(tx, flush.batch.secret_uses);
	await noteKeyChecks(tx, flush.batch.key_checks);
	return true;
}

/** Separates the values of a column; no id, operation or code holds it. A column that has one all the same is too long: the flush fails. */
const SEPARATOR = "\x1f";

/**
 * A column as one text: making an array of it takes a small part of the work that a parameter of thousands of texts is. It begins with
 * a value that is cut off again, since the array of an empty text would be empty.
 */
function column<R>(rows: readonly R[], read: (row: R) => string | number) {
	return sql`(string_to_array(${SEPARATOR + rows.map(read).join(SEPARATOR)}, ${SEPARATOR}))[2:]`;
}

// Every statement below sums what a batch says twice, and goes through its rows in the order of the primary key, so that two nodes
// that write the same rows wait for each other but never in a circle.

async function addKeyFacts(tx: RecordTx, facts: readonly KeyFact[]): Promise<void> {
	if (facts.length === 0) return;
	await sql`
		insert into keywright.usage_keys as kept (tenant_id, key_id, kid, granularity_seconds, start, code, requests)
		select tenant_id, key_id, kid, ${MINUTE_SECONDS}::integer, to_timestamp(minute * ${MINUTE_SECONDS}::float8), code, sum(requests)::bigint
		from unnest(
			${column(facts, (fact) => fact.tenant_id)}, ${column(facts, (fact) => fact.key_id)}, ${column(facts, (fact) => fact.kid)},
			${column(facts, (fact) => fact.minute)}::float8[], ${column(facts, (fact) => fact.code)}, ${column(facts, (fact) => fact.requests)}::bigint[]
		) as fact (tenant_id, key_id, kid, minute, code, requests)
		group by tenant_id, key_id, kid, minute, code
		order by tenant_id collate "C", key_id collate "C", minute, kid collate "C", code collate "C"
		on conflict (tenant_id, key_id, start, granularity_seconds, kid, code) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

async function addOperationFacts(tx: RecordTx, facts: readonly OperationFact[]): Promise<void> {
	if (facts.length === 0) return;
	await sql`
		insert into keywright.usage_operations as kept (tenant_id, site_id, operation, granularity_seconds, start, code, requests)
		select tenant_id, site_id, operation, ${MINUTE_SECONDS}::integer, to_timestamp(minute * ${MINUTE_SECONDS}::float8), code, sum(requests)::bigint
		from unnest(
			${column(facts, (fact) => fact.tenant_id)}, ${column(facts, (fact) => fact.site_id)}, ${column(facts, (fact) => fact.operation)},
			${column(facts, (fact) => fact.minute)}::float8[], ${column(facts, (fact) => fact.code)}, ${column(facts, (fact) => fact.requests)}::bigint[]
		) as fact (tenant_id, site_id, operation, minute, code, requests)
		group by tenant_id, site_id, operation, minute, code
		order by tenant_id collate "C", minute, site_id collate "C", operation collate "C", code collate "C"
		on conflict (tenant_id, start, granularity_seconds, site_id, operation, code) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

// What is not there any more must not hold up the rest. It is looked for row by row, by index: as `exists` it may be planned as a join
// that reads all secrets there are.

async function noteSecretUses(tx: RecordTx, uses: readonly SecretUse[]): Promise<void> {
	if (uses.length === 0) return;
	await sql`
		insert into keywright.secret_activity as kept (kid, tenant_id, first_used_at, last_used_at)
		select kid, tenant_id, to_timestamp(min(first_used_ms) / 1000), to_timestamp(max(last_used_ms) / 1000)
		from unnest(
			${column(uses, (use) => use.kid)}, ${column(uses, (use) => use.tenant_id)},
			${column(uses, (use) => use.first_used_ms)}::float8[], ${column(uses, (use) => use.last_used_ms)}::float8[]
		) as used (kid, tenant_id, first_used_ms, last_used_ms)
		where (select secrets.tenant_id from keywright.secrets where secrets.kid = used.kid) = used.tenant_id
		group by kid, tenant_id
		order by kid collate "C"
		on conflict (kid) do update set
			first_used_at = least(kept.first_used_at, excluded.first_used_at),
			last_used_at = greatest(kept.last_used_at, excluded.last_used_at)
	`.execute(tx);
}

async function noteKeyChecks(tx: RecordTx, checks: readonly KeyCheck[]): Promise<void> {
	if (checks.length === 0) return;
	await sql`
		insert into keywright.key_activity as kept (tenant_id, key_id, last_check_at)
		select tenant_id, key_id, to_timestamp(max(last_check_ms) / 1000)
		from unnest(
			${column(checks, (check) => check.tenant_id)}, ${column(checks, (check) => check.key_id)}, ${column(checks, (check) => check.last_check_ms)}::float8[]
		) as checked (tenant_id, key_id, last_check_ms)
		where (select keys.tenant_id from keywright.keys where keys.id = checked.key_id) = checked.tenant_id
		group by tenant_id, key_id
		order by tenant_id collate "C", key_id collate "C"
		on conflict (tenant_id, key_id) do update set last_check_at = greatest(kept.last_check_at, excluded.last_check_at)
	`.execute(tx);
}

/** Takes the right to fold until the transaction ends; false when another node has it. */
export async function claimFolding(tx: RecordTx): Promise<boolean> {
	const claimed = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${FOLD_LOCK}) as claimed`.execute(tx);
	return claimed.rows[0]?.claimed === true;
}

export interface Slice {
	readonly from_seconds: number;
	readonly to_seconds: number;
	readonly before: Date;
	readonly rows_max: number;
}

/** Moves up to `rows_max` of the oldest rows into the coarser granularity; returns how many. Rows that a flush is just writing are left. */
export async function foldKeys(tx: RecordTx, slice: Slice): Promise<number> {
	const folded = await sql<{ rows: number }>`
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
	return folded.rows[0]?.rows ?? 0;
}

/** As `foldKeys`, for operations. */
export async function foldOperations(tx: RecordTx, slice: Slice): Promise<number> {
	const folded = await sql<{ rows: number }>`
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
	return folded.rows[0]?.rows ?? 0;
}

/** Forgets up to `rows_max` flushes from before `before`; returns how many. */
export async function deleteFlushes(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.usage_flushes where ctid = any (array(
			select ctid from keywright.usage_flushes where flushed_at < ${before} order by flushed_at limit ${rows_max}
		))
	`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}
