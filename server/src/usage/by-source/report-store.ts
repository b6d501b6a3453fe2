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
