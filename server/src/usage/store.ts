import { sql } from "kysely";
import { LOCKS } from "../database/locks.ts";
import { idleFor, LOCKED_IDLE_MS, type ReadTx, type RecordTx } from "../database/transaction.ts";
import { aggregateBySource } from "./by-source/store.ts";
import { CODES_OF_DEAD_KEYS, CODES_OF_ENDED_SECRETS } from "./code.ts";
import { factsIn, line, linesOf, NO_CLIENT, named, type Picked, targetsIn, toMilliseconds } from "./flush-text-store.ts";
import { aggregateRefusals } from "./refusals/store.ts";
import { aggregateEndedSecrets, aggregateSecretOperations, aggregateSecretSources } from "./sources/evidence-store.ts";
import { storeUsageGap } from "./sources/progress-store.ts";
import { reportRefusals } from "./sources/refusals-store.ts";
import { OTHER_SOURCES } from "./sources/source.ts";

/**
 * Distinct sources per key, the only limit on sources: a client that invents names affects the keys that it holds, not the tenant. Further
 * ones are combined until the sweep (sources/evidence-sweep.ts) deletes idle ones.
 */
export const SOURCES_PER_KEY_MAX = 64;
const MINUTE_SECONDS = 60;

/** Whether flushes are pending or being aggregated. */
export async function flushesWait(tx: ReadTx): Promise<boolean> {
	const waiting = await tx.selectFrom("usage_flushes").select("flush_number").where("waiting", "=", true).limit(1).executeTakeFirst();
	return waiting !== undefined;
}

/** Aggregates up to `flushes_max` pending flushes into the tables that reports read; returns how many. Serialized by an advisory lock. */
export async function aggregateFlushes(tx: RecordTx, flushes_max: number): Promise<number> {
	await sql`select pg_advisory_xact_lock(${LOCKS.usage_aggregation}), ${idleFor(LOCKED_IDLE_MS)}`.execute(tx);
	const { rows } = await sql<{ node_id: string; flush_number: number }>`
		select node_id, flush_number from keywright.usage_flushes where waiting order by flushed_at limit ${flushes_max}
	`.execute(tx);
	if (rows.length === 0) return 0;
	const picked = sql`(node_id, flush_number) in (
		select * from unnest(${rows.map((row) => row.node_id)}::text[], ${rows.map((row) => row.flush_number)}::bigint[])
	)`;
	await aggregateKeys(tx, picked);
	await aggregateOperations(tx, picked);
	await aggregateSecretUses(tx, picked);
	await aggregateSources(tx, picked);
	await aggregateKeyChecks(tx, picked);
	await aggregateSecretSources(tx, picked);
	await aggregateEndedSecrets(tx, picked);
	await aggregateSecretOperations(tx, picked);
	await reportRefusals(tx, picked);
	await aggregateRefusals(tx, picked);
	await aggregateBySource(tx, picked);
	await sql`
		update keywright.usage_flushes set waiting = false, keys = null, uses = null, operations = null, sources = null, key_checks = null,
			secret_operations = null, success_operations = null, success_sites = null
		where ${picked}
	`.execute(tx);
	return rows.length;
}

/** Marks the next pending flush as not waiting, and keeps its values for an operator to inspect; returns `node_id/flush_number`. */
export async function setAsideFlush(tx: RecordTx): Promise<string | null> {
	await sql`select pg_advisory_xact_lock(${LOCKS.usage_aggregation}), ${idleFor(LOCKED_IDLE_MS)}`.execute(tx);
	const { rows } = await sql<{ node_id: string; flush_number: number; flushed_at: Date }>`
		update keywright.usage_flushes set waiting = false where ctid = (
			select ctid from keywright.usage_flushes where waiting order by flushed_at limit 1
		) returning node_id, flush_number, flushed_at
	`.execute(tx);
	// Its counts are missing from the evidence.
	if (rows[0]) await storeUsageGap(tx, rows[0].flushed_at);
	return rows[0] ? `${rows[0].node_id}/${rows[0].flush_number}` : null;
}

// Every statement below sums duplicate facts and writes its rows in the order of the primary key.

async function aggregateKeys(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		insert into keywright.usage_keys as kept (tenant_id, key_id, kid, granularity_seconds, start, code, requests)
		select tenant_id, key_id, kid, ${MINUTE_SECONDS}::integer, to_timestamp(minute::float8 * ${MINUTE_SECONDS}::float8), code, sum(requests::bigint)::bigint
		from keywright.usage_flushes cross join lateral ${linesOf("keys")} as read
		cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}, ${line(6)}) as fact (tenant_id, key_id, kid, minute, code, requests)
		where ${picked}
		group by tenant_id, key_id, kid, minute, code
		order by tenant_id collate "C", key_id collate "C", minute, kid collate "C", code collate "C"
		on conflict (tenant_id, key_id, start, granularity_seconds, kid, code) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

async function aggregateOperations(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		insert into keywright.usage_operations as kept (tenant_id, site_id, operation, granularity_seconds, start, code, requests)
		select tenant_id, site_id, operation, ${MINUTE_SECONDS}::integer, to_timestamp(minute::float8 * ${MINUTE_SECONDS}::float8), code, sum(requests::bigint)::bigint
		from keywright.usage_flushes cross join lateral ${linesOf("operations")} as read
		cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}, ${line(6)}) as fact (tenant_id, site_id, operation, minute, code, requests)
		where ${picked}
		group by tenant_id, site_id, operation, minute, code
		order by tenant_id collate "C", minute, site_id collate "C", operation collate "C", code collate "C"
		on conflict (tenant_id, start, granularity_seconds, site_id, operation, code) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

// Facts of deleted secrets are skipped. A scalar subquery looks each one up by index; `exists` may be planned as a join that reads all secrets.

async function aggregateSecretUses(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		with fact as (
			select node_id, flush_number, fact.tenant_id, key_id, kid, minute, code, first_ms, last_ms, target::bigint as target
			from keywright.usage_flushes cross join lateral ${linesOf("keys")} as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}, ${line(7)}, ${line(8)}, ${line(10)})
				as fact (tenant_id, key_id, kid, minute, code, first_ms, last_ms, target)
			where ${picked} and code <> all (${CODES_OF_DEAD_KEYS}::text[])
		), ${targetsIn(picked)}, used as materialized (${named("fact", "target")})
		insert into keywright.secret_activity as kept (kid, tenant_id, first_used_at, last_used_at, last_success_at, last_success_operation)
		select kid, used.tenant_id, to_timestamp(min(${toMilliseconds("first_ms")}) / 1000), to_timestamp(max(${toMilliseconds("last_ms")}) / 1000),
			to_timestamp(max(${toMilliseconds("last_ms")}) filter (where operation is not null) / 1000),
			(array_agg(operation order by ${toMilliseconds("last_ms")} desc) filter (where operation is not null))[1]
		from used
		group by kid, used.tenant_id
		having (select secrets.tenant_id from keywright.secrets where secrets.kid = used.kid) = used.tenant_id
		order by kid collate "C"
		on conflict (kid) do update set
			first_used_at = least(kept.first_used_at, excluded.first_used_at),
			last_used_at = greatest(kept.last_used_at, excluded.last_used_at),
			last_success_operation = case when excluded.last_success_at >= kept.last_success_at or kept.last_success_at is null
				then coalesce(excluded.last_success_operation, kept.last_success_operation) else kept.last_success_operation end,
			last_success_at = greatest(kept.last_success_at, excluded.last_success_at)
	`.execute(tx);
}

/** Skips erased tenants. A new source beyond SOURCES_PER_KEY_MAX is added to OTHER_SOURCES. */
async function aggregateSources(tx: RecordTx, picked: Picked): Promise<void> {
	const { id, network, agent } = OTHER_SOURCES;
	await sql`
		with ${factsIn(picked)}, seen as (
			select facts.tenant_id, key_id, source_id, bool_or(code <> all(${CODES_OF_ENDED_SECRETS}::text[])) as live, min(network) as network, min(agent) as agent, nullif(min(client), ${NO_CLIENT}) as client,
				min(${toMilliseconds("first_ms")}) as first_ms, max(${toMilliseconds("last_ms")}) as last_ms,
				sum(requests) as requests, coalesce(sum(requests) filter (where code <> 'allowed'), 0) as refused,
				(array_agg(kid order by ${toMilliseconds("last_ms")} desc))[1] as last_kid
			from facts where source_id is not null
			group by facts.tenant_id, key_id, source_id
			having (
				select keys.tenant_id from keywright.keys join keywright.tenants on tenants.id = keys.tenant_id
				where keys.id = facts.key_id and tenants.erased_at is null
			) = facts.tenant_id
		), compared as (
			select *, source_id <> ${id} and (
				select kept.source_id from keywright.key_sources as kept
				where kept.tenant_id = seen.tenant_id and kept.key_id = seen.key_id and kept.source_id = seen.source_id
			) is null as is_new
			from seen
		), fresh as (
			select *, case when is_new then (
				select count(*) from keywright.key_sources as kept
				where kept.tenant_id = compared.tenant_id and kept.key_id = compared.key_id and kept.source_id <> ${id}
			) end as kept
			from compared
		), placed as (
			select *, kept + row_number() over (partition by tenant_id, key_id, is_new order by first_ms, source_id collate "C") as place from fresh
		), counted as (
			select *, case when place > ${SOURCES_PER_KEY_MAX} then ${id} else source_id end as stored_id from placed
		), news as (
			-- The first sources of a key are no news, nor is one that only has a secret that has ended.
			insert into keywright.alert_news (tenant_id, rule, key_id, requests, details)
			select tenant_id, 'new_source', key_id, requests, jsonb_build_object('source_id', source_id)
			from placed where live and kept > 0 and place <= ${SOURCES_PER_KEY_MAX}
		)
		insert into keywright.key_sources as kept
			(tenant_id, key_id, source_id, network, agent, client, first_seen_at, last_seen_at, last_kid, requests, refused)
		select tenant_id, key_id, stored_id,
			min(case when stored_id = ${id} then ${network} else network end), min(case when stored_id = ${id} then ${agent} else agent end),
			min(case when stored_id = ${id} then null else client end),
			to_timestamp(min(first_ms) / 1000), to_timestamp(max(last_ms) / 1000), (array_agg(last_kid order by last_ms desc))[1],
			sum(requests)::bigint, sum(refused)::bigint
		from counted group by tenant_id, key_id, stored_id
		order by tenant_id collate "C", key_id collate "C", stored_id collate "C"
		on conflict (tenant_id, key_id, source_id) do update set
			first_seen_at = least(kept.first_seen_at, excluded.first_seen_at),
			last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at),
			last_kid = case when excluded.last_seen_at >= kept.last_seen_at then excluded.last_kid else kept.last_kid end,
			requests = kept.requests + excluded.requests,
			refused = kept.refused + excluded.refused
	`.execute(tx);
}

async function aggregateKeyChecks(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		insert into keywright.key_activity as kept (tenant_id, key_id, last_check_at)
		select checked.tenant_id, key_id, to_timestamp(max(last_check_ms::float8) / 1000)
		from keywright.usage_flushes cross join lateral ${linesOf("key_checks")} as read
		cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}) as checked (tenant_id, key_id, last_check_ms)
		where ${picked}
		group by checked.tenant_id, key_id
		having (select keys.tenant_id from keywright.keys where keys.id = checked.key_id) = checked.tenant_id
		order by checked.tenant_id collate "C", key_id collate "C"
		on conflict (tenant_id, key_id) do update set last_check_at = greatest(kept.last_check_at, excluded.last_check_at)
	`.execute(tx);
}
