import { type RawBuilder, sql } from "kysely";
import { DAY_MS, MINUTE_MS } from "../../core/time.ts";
import type { ReadTx } from "../../database/transaction.ts";
import type { News } from "../../outbox/news-store.ts";
import { CODES_OF_ENDED_SECRETS, CODES_OF_LIMITS } from "../../usage/code.ts";
import type { Evidence, Fact } from "../alert.ts";
import type { RuleName } from "../rule.ts";

/** Refusals of this time are compared with what is usual in as much time. */
const WINDOW_MS = 5 * MINUTE_MS;
const WINDOWS_OF_A_DAY = DAY_MS / WINDOW_MS;
/** A tenant that has nearly no refusals counts as having this many in a window: single ones are no jump. */
const USUAL_MIN = 2;
/** Refusals that rules of their own are about, or that limits are for. */
const CODES_OF_NO_FAILURE = ["allowed", ...CODES_OF_ENDED_SECRETS, ...CODES_OF_LIMITS];

/** The news of one rule about one subject, together. */
export interface Occurrence {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly requests: number;
	/** Of the latest one. */
	readonly details: News["details"];
}

interface Row {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly value: number;
	readonly count: number;
	readonly evidence: Evidence;
}

/** The occurrences as rows, with whether their key exists. */
function getRows(occurrences: readonly Occurrence[]): RawBuilder<unknown> {
	return sql`jsonb_to_recordset(${JSON.stringify(occurrences)}::jsonb) as n (tenant_id text, key_id text, requests bigint, details jsonb)`;
}

/** The source of an occurrence as evidence: a name that a person gave it, or else its program. */
const SOURCE = sql`'source_id', src.source_id, 'source', coalesce(named.name, src.agent), 'network', src.network`;

function joinSource(source_id: RawBuilder<unknown>): RawBuilder<unknown> {
	return sql`
		left join keywright.key_sources as src on src.tenant_id = k.tenant_id and src.key_id = k.id and src.source_id = ${source_id}
		left join keywright.source_names as named on named.tenant_id = k.tenant_id and named.source_id = src.source_id`;
}

async function toKeyFacts(tx: ReadTx, rule: RuleName, query: RawBuilder<Row>): Promise<Fact[]> {
	const { rows } = await query.execute(tx);
	return rows.map((row) => ({ ...row, rule, subject: row.key_id }));
}

/** Keys of which ended secrets are presented; the value is how often today (UTC). */
export function readDeadKeys(tx: ReadTx, occurrences: readonly Occurrence[], now: Date): Promise<Fact[]> {
	const today = now.toISOString().slice(0, 10);
	return toKeyFacts(
		tx,
		"dead_key_presented",
		sql<Row>`
			select k.tenant_id, k.id as key_id, n.requests as count, greatest(today.requests, n.requests) as value,
				jsonb_build_object('name', k.name, 'environment', k.environment, 'last4', last.last4, ${SOURCE}, 'requests_today', today.requests) as evidence
			from ${getRows(occurrences)}
			join keywright.keys as k on k.tenant_id = n.tenant_id and k.id = n.key_id
			cross join lateral (
				select coalesce(sum(dead_today), 0)::bigint as requests from keywright.secret_sources as seen
				where seen.tenant_id = k.tenant_id and seen.key_id = k.id and seen.dead_day = ${today}::date
			) as today
			left join lateral (
				select seen.source_id, s.last4 from keywright.secret_sources as seen join keywright.secrets as s on s.kid = seen.kid
				where seen.tenant_id = k.tenant_id and seen.key_id = k.id and seen.dead_last_seen_at is not null
				order by seen.dead_last_seen_at desc limit 1
			) as last on true
			${joinSource(sql`last.source_id`)}`,
	);
}

/** Keys that are used from a source that they were not used from before; the value is how many new ones they have in a day. */
export function readNewSources(tx: ReadTx, occurrences: readonly Occurrence[], now: Date): Promise<Fact[]> {
	const since = new Date(now.getTime() - DAY_MS);
	return toKeyFacts(
		tx,
		"new_source",
		sql<Row>`
			select k.tenant_id, k.id as key_id, n.requests as count, greatest(fresh.sources, 1) as value,
				jsonb_build_object('name', k.name, 'environment', k.environment, ${SOURCE}, 'new_sources', greatest(fresh.sources, 1)) as evidence
			from ${getRows(occurrences)}
			join keywright.keys as k on k.tenant_id = n.tenant_id and k.id = n.key_id
			cross join lateral (
				select count(*) as sources from keywright.key_sources as seen
				where seen.tenant_id = k.tenant_id and seen.key_id = k.id and seen.first_seen_at > ${since}
					and seen.first_seen_at > (
						select min(first_seen_at) from keywright.key_sources as first where first.tenant_id = k.tenant_id and first.key_id = k.id
					)
			) as fresh
			${joinSource(sql`n.details ->> 'source_id'`)}`,
	);
}

/** Keys that were seen where they must not be. Use from a browser or an app is no alert where the policy is to observe it only. */
export function readExposedKeys(tx: ReadTx, occurrences: readonly Occurrence[]): Promise<Fact[]> {
	return toKeyFacts(
		tx,
		"key_exposed",
		sql<Row>`
			select k.tenant_id, k.id as key_id, n.requests as count, n.requests as value,
				jsonb_build_object('name', k.name, 'environment', k.environment, 'kind', n.details ->> 'kind', ${SOURCE},
					'source_id', n.details ->> 'source_id') as evidence
			from ${getRows(occurrences)}
			join keywright.keys as k on k.tenant_id = n.tenant_id and k.id = n.key_id
			${joinSource(sql`n.details ->> 'source_id'`)}`,
	);
}

/** Canary keys that were presented; the source is in the details, since a canary key has no usage. */
export function readCanaryUses(tx: ReadTx, occurrences: readonly Occurrence[]): Promise<Fact[]> {
	return toKeyFacts(
		tx,
		"canary_used",
		sql<Row>`
			select k.tenant_id, k.id as key_id, n.requests as count, n.requests as value,
				jsonb_build_object('name', k.name, 'environment', k.environment) || n.details
					|| case when named.name is null then '{}' else jsonb_build_object('source', named.name) end as evidence
			from ${getRows(occurrences)} join keywright.keys as k on k.tenant_id = n.tenant_id and k.id = n.key_id
			left join keywright.source_names as named on named.tenant_id = k.tenant_id and named.source_id = n.details ->> 'source_id'`,
	);
}

/** Tenants whose requests are refused; the value is how many times as often in the last five minutes as in the day before. */
export async function readFailures(tx: ReadTx, occurrences: readonly Occurrence[], now: Date): Promise<Fact[]> {
	const until = now.getTime();
	const [window, day] = [new Date(until - WINDOW_MS), new Date(until - WINDOW_MS - DAY_MS)];
	const { rows } = await sql<Row & { key_id: string | null }>`
		select n.tenant_id, nullif(n.key_id, '') as key_id, n.requests as count, (recent.requests / greatest(usual.requests, ${USUAL_MIN}::numeric))::float8 as value,
			jsonb_build_object('requests', recent.requests, 'usual', round(usual.requests, 1), 'minutes', ${WINDOW_MS / MINUTE_MS}::integer,
				'code', most.code, 'operation', most.operation, 'name', k.name) as evidence
		from ${getRows(occurrences)}
		left join keywright.keys as k on k.tenant_id = n.tenant_id and k.id = n.key_id
		cross join lateral (
			select coalesce(sum(requests), 0)::bigint as requests from keywright.usage_operations as u
			where u.tenant_id = n.tenant_id and u.start > ${window} and u.code <> all(${CODES_OF_NO_FAILURE}::text[])
		) as recent
		cross join lateral (
			select coalesce(sum(requests), 0) / ${WINDOWS_OF_A_DAY}::numeric as requests from keywright.usage_operations as u
			where u.tenant_id = n.tenant_id and u.start > ${day} and u.start <= ${window} and u.code <> all(${CODES_OF_NO_FAILURE}::text[])
				and recent.requests > ${USUAL_MIN}
		) as usual
		left join lateral (
			select u.code, u.operation from keywright.usage_operations as u
			where u.tenant_id = n.tenant_id and u.start > ${window} and u.code <> all(${CODES_OF_NO_FAILURE}::text[])
			group by u.code, u.operation order by sum(requests) desc limit 1
		) as most on true
	`.execute(tx);
	return rows.map((row) => ({ ...row, rule: "failures_jump", subject: "tenant" }));
}
