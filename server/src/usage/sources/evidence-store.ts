import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import { CODES_OF_ENDED_SECRETS } from "../code.ts";
import { factsIn, line, linesOf, type Picked, toMilliseconds } from "../flush-text-store.ts";
import { OTHER_SOURCES } from "./source.ts";

/** Uses of a secret from one source that are at least this far apart are separate sightings with a gap between them. */
const SIGHTING_APART_MS = 1_000;
/** Length of a window of longest gaps. The gap of the previous window is stored beside the current one. */
const GAP_WINDOW_DAYS = 7;

/**
 * Facts of the picked flushes by secret and source, with whether the secret had ended. Sources that are not in `key_sources` become
 * OTHER_SOURCES, so the key's sources must be aggregated first. Skips erased tenants and deleted secrets.
 */
function seenIn(picked: Picked) {
	return sql`
		with ${factsIn(picked)}, seen as (
			select facts.tenant_id, facts.key_id, facts.kid, coalesce(known.source_id, ${OTHER_SOURCES.id}) as source_id,
				code = any (${CODES_OF_ENDED_SECRETS}::text[]) as ended,
				${toMilliseconds("first_ms")} as from_ms, ${toMilliseconds("last_ms")} as to_ms, facts.requests
			from facts
			join keywright.secrets on secrets.kid = facts.kid and secrets.tenant_id = facts.tenant_id and secrets.key_id = facts.key_id
			join keywright.tenants on tenants.id = facts.tenant_id and tenants.erased_at is null
			left join keywright.key_sources as known
				on known.tenant_id = facts.tenant_id and known.key_id = facts.key_id and known.source_id = facts.source_id
			where facts.source_id is not null
		)`;
}

/** Aggregates the sources of live secrets with requests, sightings and gaps. Call it after the keys' sources are aggregated. */
export async function aggregateSecretSources(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		${seenIn(picked)}, spaced as (
			select *, from_ms - max(to_ms) over (
				partition by kid, source_id order by from_ms, to_ms rows between unbounded preceding and 1 preceding
			) as gap_ms
			from seen where not ended
		)
		insert into keywright.secret_sources as kept
			(tenant_id, key_id, kid, source_id, first_seen_at, last_seen_at, requests, sightings, gap_window_started_at, gap_ms)
		select tenant_id, key_id, kid, source_id, to_timestamp(min(from_ms) / 1000), to_timestamp(max(to_ms) / 1000), sum(requests)::bigint,
			count(*) filter (where gap_ms is null or gap_ms >= ${SIGHTING_APART_MS}), to_timestamp(max(to_ms) / 1000),
			coalesce(max(gap_ms) filter (where gap_ms >= ${SIGHTING_APART_MS}), 0)::bigint
		from spaced group by tenant_id, key_id, kid, source_id
		order by tenant_id collate "C", key_id collate "C", kid collate "C", source_id collate "C"
		on conflict (tenant_id, key_id, kid, source_id) do update set
			first_seen_at = least(kept.first_seen_at, excluded.first_seen_at),
			last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at),
			requests = kept.requests + excluded.requests,
			sightings = kept.sightings + excluded.sightings - case
				when excluded.first_seen_at - kept.last_seen_at < ${SIGHTING_APART_MS}::integer * interval '1 millisecond' then 1 else 0 end,
			gap_before_ms = case
				when kept.gap_window_started_at <= excluded.last_seen_at - ${GAP_WINDOW_DAYS}::integer * interval '1 day' then kept.gap_ms
				else kept.gap_before_ms end,
			gap_ms = greatest(
				excluded.gap_ms,
				(extract(epoch from excluded.first_seen_at - kept.last_seen_at) * 1000)::bigint,
				case when kept.gap_window_started_at <= excluded.last_seen_at - ${GAP_WINDOW_DAYS}::integer * interval '1 day' then 0 else kept.gap_ms end),
			gap_window_started_at = case
				when kept.gap_window_started_at <= excluded.last_seen_at - ${GAP_WINDOW_DAYS}::integer * interval '1 day' then excluded.last_seen_at
				else coalesce(kept.gap_window_started_at, excluded.gap_window_started_at) end
	`.execute(tx);
}

/** Aggregates the sources of ended secrets with requests, in total and on the latest day (UTC). */
export async function aggregateEndedSecrets(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		${seenIn(picked)}, ended as (
			select *, (to_timestamp(to_ms / 1000) at time zone 'UTC')::date as day,
				max((to_timestamp(to_ms / 1000) at time zone 'UTC')::date) over (partition by kid, source_id) as last_day
			from seen where ended
		)
		insert into keywright.secret_sources as kept
			(tenant_id, key_id, kid, source_id, dead_first_seen_at, dead_last_seen_at, dead_requests, dead_day, dead_today)
		select tenant_id, key_id, kid, source_id, to_timestamp(min(from_ms) / 1000), to_timestamp(max(to_ms) / 1000), sum(requests)::bigint,
			max(day), (sum(requests) filter (where day = last_day))::bigint
		from ended group by tenant_id, key_id, kid, source_id
		order by tenant_id collate "C", key_id collate "C", kid collate "C", source_id collate "C"
		on conflict (tenant_id, key_id, kid, source_id) do update set
			dead_first_seen_at = least(kept.dead_first_seen_at, excluded.dead_first_seen_at),
			dead_last_seen_at = greatest(kept.dead_last_seen_at, excluded.dead_last_seen_at),
			dead_requests = kept.dead_requests + excluded.dead_requests,
			dead_today = case
				when kept.dead_day is null or excluded.dead_day > kept.dead_day then excluded.dead_today
				when excluded.dead_day = kept.dead_day then kept.dead_today + excluded.dead_today
				else kept.dead_today end,
			dead_day = greatest(kept.dead_day, excluded.dead_day)
	`.execute(tx);
}

/** Aggregates the operations that succeeded with each secret. */
export async function aggregateSecretOperations(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		insert into keywright.secret_operations as kept (tenant_id, key_id, kid, operation, last_succeeded_at)
		select done.tenant_id, done.key_id, done.kid, operation, to_timestamp(max(last_ms::float8) / 1000)
		from keywright.usage_flushes cross join lateral ${linesOf("secret_operations")} as read
		cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}) as done (tenant_id, key_id, kid, operation, last_ms)
		join keywright.secrets on secrets.kid = done.kid and secrets.tenant_id = done.tenant_id and secrets.key_id = done.key_id
		join keywright.tenants on tenants.id = done.tenant_id and tenants.erased_at is null
		where ${picked}
		group by done.tenant_id, done.key_id, done.kid, operation
		order by done.tenant_id collate "C", done.key_id collate "C", done.kid collate "C", operation collate "C"
		on conflict (tenant_id, key_id, kid, operation) do update set last_succeeded_at = greatest(kept.last_succeeded_at, excluded.last_succeeded_at)
	`.execute(tx);
}

/** Use of one secret from one source. `first_seen_at` and `last_seen_at` are null when the source presented it only after its end. */
export interface SecretSource {
	readonly kid: string;
	readonly source_id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	/** Given by a member. */
	readonly name: string | null;
	readonly first_seen_at: Date | null;
	readonly last_seen_at: Date | null;
	readonly requests: number;
	/** Uses at least a second apart. */
	readonly sightings: number;
	/** The longest gap between two sightings, in the current window of a week and in the previous one. */
	readonly gap_ms: number;
	readonly gap_before_ms: number;
	readonly dead_first_seen_at: Date | null;
	readonly dead_last_seen_at: Date | null;
	/** Requests after its end, in total and on the UTC day of `now`. */
	readonly dead_requests: number;
	readonly dead_today: number;
}

/** Reads the sources of a key's secrets, latest first. Aggregated usage only. */
export async function readSecretSources(tx: ReadTx, key: { tenant_id: string; key_id: string }, now: Date): Promise<SecretSource[]> {
	const { rows } = await sql<SecretSource>`
		select seen.kid, seen.source_id, coalesce(known.network, ${OTHER_SOURCES.network}) as network, coalesce(known.agent, ${OTHER_SOURCES.agent}) as agent,
			known.client, names.name, seen.first_seen_at, seen.last_seen_at, seen.requests, seen.sightings, seen.gap_ms, seen.gap_before_ms,
			seen.dead_first_seen_at, seen.dead_last_seen_at, seen.dead_requests,
			case when seen.dead_day = (${now}::timestamptz at time zone 'UTC')::date then seen.dead_today else 0 end as dead_today
		from keywright.secret_sources as seen
		left join keywright.key_sources as known using (tenant_id, key_id, source_id)
		left join keywright.source_names as names using (tenant_id, source_id)
		where seen.tenant_id = ${key.tenant_id} and seen.key_id = ${key.key_id}
		order by greatest(seen.last_seen_at, seen.dead_last_seen_at) desc, seen.kid, seen.source_id
	`.execute(tx);
	return rows;
}

export interface SecretOperation {
	readonly kid: string;
	/** A route, or the operation of a verify request: `POST orders:write`. */
	readonly operation: string;
	/** Updated at most once an hour; the first success is exact. */
	readonly last_succeeded_at: Date;
}

/** Reads the operations that succeeded with a key's secrets, latest first. Aggregated usage only. */
export async function readSecretOperations(tx: ReadTx, key: { tenant_id: string; key_id: string }): Promise<SecretOperation[]> {
	return tx
		.selectFrom("secret_operations")
		.select(["kid", "operation", "last_succeeded_at"])
		.where("tenant_id", "=", key.tenant_id)
		.where("key_id", "=", key.key_id)
		.orderBy("last_succeeded_at", "desc")
		.orderBy("kid")
		.orderBy("operation")
		.execute();
}

/** Deletes up to `rows_max` rows per table that were last updated before `before`; returns how many. */
export async function deleteEvidence(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const sources = await sql`
		delete from keywright.secret_sources where ctid = any (array(
			select ctid from keywright.secret_sources where greatest(last_seen_at, dead_last_seen_at) < ${before} limit ${rows_max}
		))`.execute(tx);
	const operations = await sql`
		delete from keywright.secret_operations where ctid = any (array(
			select ctid from keywright.secret_operations where last_succeeded_at < ${before} limit ${rows_max}
		))`.execute(tx);
	return Number((sources.numAffectedRows ?? 0n) + (operations.numAffectedRows ?? 0n));
}

/**
 * Records the first use of the secrets that have not ended by `now`, unless recorded before; returns their kids. Locks each secret until
 * commit, as does a change that withdraws an unused secret. Locked secrets are awaited with `wait`, else skipped: waiting for several can
 * deadlock.
 */
export async function recordFirstUses(tx: RecordTx, kids: readonly string[], now: Date, wait: boolean): Promise<string[]> {
	const { rows } = await sql<{ kid: string }>`
		with living as (
			select kid, tenant_id from keywright.secrets
			where kid = any(${kids}::text[]) and retired_at is null and (retires_at is null or retires_at > ${now})
			order by kid collate "C" for no key update ${wait ? sql`` : sql`skip locked`}
		), recorded as (
			insert into keywright.secret_activity (kid, tenant_id, first_used_at, last_used_at)
			select kid, tenant_id, ${now}, ${now} from living order by kid collate "C"
			on conflict (kid) do nothing
		)
		select kid from living
	`.execute(tx);
	return rows.map((row) => row.kid);
}
