import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import type { ReportQuery } from "../reports/report-store.ts";

export interface SourceReportRow {
	readonly start: Date;
	readonly key_id?: string;
	/** Null, as what describes the source: requests beyond the rows of their key and day. */
	readonly source_id: string | null;
	readonly name: string | null;
	readonly network: string | null;
	readonly agent: string | null;
	readonly client: string | null;
	readonly code: string;
	readonly requests: number;
}

/** Usage of the tenant, or of one of its keys, by day, source and code, ordered by these. */
export async function readUsageBySource(tx: ReadTx, query: Omit<ReportQuery, "bucket_seconds">, key_id: string | null): Promise<SourceReportRow[]> {
	const days = sql`array(
		select day::date from generate_series(${query.from}::timestamptz at time zone 'UTC', ${query.to}::timestamptz at time zone 'UTC' - interval '1 day', interval '1 day') as day
	)`;
	const { rows } = await sql<SourceReportRow>`
		select day::timestamp at time zone 'UTC' as start, ${key_id === null ? sql`` : sql`${key_id}::text as key_id,`}
			nullif(used.source_id, '') as source_id, names.name, nullif(network, '') as network, nullif(agent, '') as agent, client, code, requests
		from (
			select day, source_id, code, min(network) as network, min(agent) as agent, min(client) as client, sum(requests)::bigint as requests
			from keywright.usage_by_source
			where tenant_id = ${query.tenant_id} and day = any (${days}) ${key_id === null ? sql`` : sql`and key_id = ${key_id}`}
			group by day, source_id, code order by day, source_id collate "C", code collate "C" limit ${query.rows_max}
		) as used left join keywright.source_names as names on names.tenant_id = ${query.tenant_id} and names.source_id = used.source_id
		order by day, used.source_id collate "C", code collate "C"`.execute(tx);
	return rows;
}

/** What a key did at one operation and site. */
export interface KeyUseRow {
	/** Empty, like the site: what did not fit into the rows of the day. */
	readonly operation: string;
	readonly site_id: string;
	readonly allowed: number;
	readonly refused: number;
	readonly sources: number;
	/** In UTC. */
	readonly first_day: string;
	readonly last_day: string;
}

/** What the key did in these days of UTC, both inclusive, most requests first. */
export async function readKeyUses(
	tx: ReadTx,
	key: { readonly tenant_id: string; readonly key_id: string },
	days: { readonly first: string; readonly last: string; readonly rows_max: number },
): Promise<KeyUseRow[]> {
	const { rows } = await sql<KeyUseRow>`
		select operation, site_id, coalesce(sum(requests) filter (where code = 'allowed'), 0)::bigint as allowed,
			coalesce(sum(requests) filter (where code <> 'allowed'), 0)::bigint as refused, count(distinct source_id)::int as sources,
			min(day) as first_day, max(day) as last_day
		from keywright.usage_by_source
		where tenant_id = ${key.tenant_id} and key_id = ${key.key_id}
			and day = any (array(select day::date from generate_series(${days.first}::date, ${days.last}::date, interval '1 day') as day))
		group by operation, site_id order by sum(requests) desc, operation, site_id limit ${days.rows_max}
	`.execute(tx);
	return rows;
}
