import { sql } from "kysely";
import type { ErrorCode } from "../core/error.ts";
import type { ReadTx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import type { RefusalFilter } from "../usage/refusals/store.ts";
import { OTHER_SOURCES } from "../usage/sources/source.ts";
import type { CheckName } from "./refusal.ts";

export type GroupSort = "requests" | "last";

/** Refusals of one code, key and source; of every key if no secret was right. */
export interface FailureGroup {
	/** Unique and stable: its code, and what it is grouped by. */
	readonly id: string;
	readonly code: ErrorCode;
	readonly proven: boolean;
	/** Null unless proven: anyone can put the id of a key into a request. */
	readonly key_id: string | null;
	readonly key_name: string | null;
	readonly source_id: string;
	readonly source_name: string | null;
	/** Of a listed source; else what all stored refusals of the group have in common, or null. */
	readonly network: string | null;
	readonly agent: string | null;
	readonly client: string | null;
	/** All refusals, stored or not. */
	readonly requests: number;
	readonly first_at: Date;
	readonly last_at: Date;
	/** The last stored refusal; null if none is. */
	readonly request_id: string | null;
	/** What all stored refusals of the group have in common, else null. */
	readonly check: CheckName | null;
	readonly operation: string | null;
	readonly subject: string | null;
	/** Of all groups, on every page. */
	readonly all_groups: number;
	readonly all_requests: number;
}

export interface GroupFilter extends RefusalFilter {
	readonly proven?: boolean | undefined;
}

/** Guarantee: the columns `code` and `check` were written by `store.ts` and `usage/refusals/store.ts`, from values of these types. */
function asGroup(row: Omit<FailureGroup, "code" | "check"> & { code: string; check: string | null }): FailureGroup {
	return row as FailureGroup;
}

/** Of counts: whole minutes, and whole hours after two days, of which a part is in the period. */
function whereCounted({ tenant_id, code, key_id, source_id, proven, from, to }: GroupFilter) {
	return sql`c.tenant_id = ${tenant_id}
		${from === undefined ? sql`` : sql`and c.start > ${from}::timestamptz - interval '1 hour' and c.start + make_interval(secs => c.granularity_seconds) > ${from}::timestamptz`}
		${to === undefined ? sql`` : sql`and c.start < ${to}::timestamptz`}
		${code === undefined ? sql`` : sql`and c.code = ${code}`}
		${key_id === undefined ? sql`` : sql`and c.key_id = ${key_id}`}
		${source_id === undefined ? sql`` : sql`and c.source_id = ${source_id}`}
		${proven === undefined ? sql`` : sql`and c.proven = ${proven}`}`;
}

/** What refusals of one code are about, where that is one value. */
const subject = sql`coalesce(f.facts ->> 'permission', f.facts ->> 'capability', f.facts ->> 'limit', f.facts ->> 'budget', f.facts ->> 'expired_at', f.facts ->> 'mistake')`;
const inCommon = (column: ReturnType<typeof sql>) =>
	sql`case when count(${column}) = count(*) and min(${column}) = max(${column}) then min(${column}) end`;

/**
 * The refusals that match, in groups with exact counts: those with the most first, or the latest. At equal counts by id.
 * A page takes one pass over the counts of the period and one over the stored refusals, at most 10,000.
 */
export async function readFailureGroups(tx: ReadTx, filter: GroupFilter, sort: GroupSort, window: Window): Promise<FailureGroup[]> {
	const [value, id] = window.after ?? [];
	const { from, tenant_id } = filter;
	const sorted = sort === "requests" ? sql`requests` : sql`last_at`;
	const type = sort === "requests" ? sql`bigint` : sql`timestamptz`;
	const { rows } = await sql<Parameters<typeof asGroup>[0]>`
		with counted as (
			select c.code, c.proven, case when c.proven then c.key_id end as key_id, c.source_id,
				sum(c.requests)::bigint as requests, min(c.start) as first_at, max(c.start) as last_at
			from keywright.auth_failure_counts as c where ${whereCounted(filter)}
			group by 1, 2, 3, 4
		), listed as (
			select f.request_id, f.at, f.code, f.proven, case when f.proven then f.key_id end as key_id, f.check_name, f.operation, f.network, f.agent, f.client,
				coalesce(known.source_id, ${OTHER_SOURCES.id}) as source_id, ${subject} as subject
			from keywright.auth_failures as f
			left join keywright.key_sources as known on (known.tenant_id, known.key_id, known.source_id) = (f.tenant_id, f.key_id, f.source_id)
			where f.tenant_id = ${tenant_id} ${from === undefined ? sql`` : sql`and f.at >= ${from}::timestamptz`}
				${filter.to === undefined ? sql`` : sql`and f.at < ${filter.to}::timestamptz`}
				${filter.key_id === undefined ? sql`` : sql`and f.key_id = ${filter.key_id}`}
		), kept as (
			select f.code, f.proven, f.key_id, f.source_id, max(f.at) as at, max(f.request_id collate "C") as request_id,
				${inCommon(sql`f.check_name`)} as check, ${inCommon(sql`f.operation`)} as operation, ${inCommon(sql`f.subject`)} as subject,
				${inCommon(sql`f.network`)} as network, ${inCommon(sql`f.agent`)} as agent, ${inCommon(sql`f.client`)} as client
			from listed as f group by 1, 2, 3, 4
		), grouped as (
			select concat_ws(' ', counted.code, counted.proven, counted.key_id, counted.source_id) collate "C" as id,
				counted.code, counted.proven, counted.key_id, counted.source_id, counted.requests, counted.first_at,
				greatest(counted.last_at, kept.at) as last_at, kept.request_id, kept.check, kept.operation, kept.subject, kept.network, kept.agent, kept.client,
				count(*) over () as all_groups, sum(counted.requests) over ()::bigint as all_requests
			from counted left join kept on kept.code = counted.code and kept.proven = counted.proven
				and kept.key_id is not distinct from counted.key_id and kept.source_id = counted.source_id
		), page as (
			select * from grouped ${value === undefined ? sql`` : sql`where (${sorted}, id) < (${value}::${type}, ${id}::text collate "C")`}
			order by ${sorted} desc, id desc limit ${window.rows_max}
		)
		select page.id, page.code, page.proven, page.key_id, k.name as key_name, page.source_id, names.name as source_name,
			coalesce(known.network, page.network) as network, coalesce(known.agent, page.agent) as agent, coalesce(known.client, page.client) as client,
			page.requests, page.first_at, page.last_at, page.request_id, page.check, page.operation, page.subject, page.all_groups, page.all_requests
		from page
		left join keywright.keys as k on k.tenant_id = ${tenant_id} and k.id = page.key_id
		left join keywright.key_sources as known
			on known.tenant_id = ${tenant_id} and known.key_id = page.key_id and known.source_id = page.source_id and known.source_id <> ${OTHER_SOURCES.id}
		left join keywright.source_names as names on names.tenant_id = ${tenant_id} and names.source_id = page.source_id
		order by page.${sorted} desc, page.id desc
	`.execute(tx);
	return rows.map(asGroup);
}

/** Refusals by hour in UTC, and how many of them had no right secret. Hours without any are absent. */
export async function readFailureHours(tx: ReadTx, filter: GroupFilter): Promise<{ start: Date; requests: number; unproven: number }[]> {
	const { rows } = await sql<{ start: Date; requests: number; unproven: number }>`
		select date_bin(interval '1 hour', c.start, timestamptz 'epoch') as start, sum(c.requests)::bigint as requests,
			coalesce(sum(c.requests) filter (where not c.proven), 0)::bigint as unproven
		from keywright.auth_failure_counts as c where ${whereCounted(filter)}
		group by 1 order by 1
	`.execute(tx);
	return rows;
}

/** The source as refusals of it are counted: a listed one, or the overflow. */
export async function readCountedSource(tx: ReadTx, of: { tenant_id: string; key_id: string; source_id: string }): Promise<string> {
	const known = await tx
		.selectFrom("key_sources")
		.select("source_id")
		.where("tenant_id", "=", of.tenant_id)
		.where("key_id", "=", of.key_id)
		.where("source_id", "=", of.source_id)
		.executeTakeFirst();
	return known?.source_id ?? OTHER_SOURCES.id;
}

/** How often what refused `of` happened in the last 24 hours and in all, and when first. */
export async function countAlike(
	tx: ReadTx,
	of: { tenant_id: string; key_id: string | null; code: string; proven: boolean; source_id: string },
	day_ago: Date,
): Promise<{ requests: number; requests_24h: number; first_at: Date } | null> {
	const { rows } = await sql<{ requests: number | null; requests_24h: number; first_at: Date }>`
		select sum(c.requests)::bigint as requests, coalesce(sum(c.requests) filter (where c.start + make_interval(secs => c.granularity_seconds) > ${day_ago}), 0)::bigint as requests_24h,
			min(c.start) as first_at
		from keywright.auth_failure_counts as c
		where c.tenant_id = ${of.tenant_id} and c.code = ${of.code} and c.proven = ${of.proven} and (${of.key_id}::text is null or c.key_id = ${of.key_id})
			and c.source_id = ${of.source_id}
	`.execute(tx);
	const [row] = rows;
	return row === undefined || row.requests === null ? null : { ...row, requests: row.requests };
}
