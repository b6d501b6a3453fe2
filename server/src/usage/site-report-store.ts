import { sql } from "kysely";
import { HOUR_SECONDS } from "../core/time.ts";
import type { ReadTx } from "../database/transaction.ts";

export interface SiteHourRow {
	readonly site_id: string;
	readonly start: Date;
	readonly allowed: number;
	readonly refused: number;
}

/** Requests at these sites by the hour since `from`. Hours without requests are absent. */
export async function readSiteHours(tx: ReadTx, query: { tenant_id: string; site_ids: readonly string[]; from: Date }): Promise<SiteHourRow[]> {
	return tx
		.selectFrom("usage_operations")
		.select([
			"site_id",
			sql<Date>`date_bin(make_interval(secs => ${HOUR_SECONDS}), start, timestamptz 'epoch')`.as("start"),
			sql<number>`coalesce(sum(requests) filter (where code = 'allowed'), 0)::bigint`.as("allowed"),
			sql<number>`coalesce(sum(requests) filter (where code <> 'allowed'), 0)::bigint`.as("refused"),
		])
		.where("tenant_id", "=", query.tenant_id)
		.where("site_id", "=", sql<string>`any(${query.site_ids}::text[])`)
		.where("start", ">=", query.from)
		.where("granularity_seconds", "<=", HOUR_SECONDS)
		.groupBy(["site_id", sql`2`])
		.execute();
}

/** The number of allowed requests at the site since each instant. Usage that was rolled up counts from the start of its hour or day. */
export async function countSiteRequests(tx: ReadTx, site: { tenant_id: string; site_id: string }, since: readonly Date[]): Promise<number[]> {
	const { rows } = await sql<{ requests: number }>`
		select coalesce(sum(used.requests), 0)::bigint as requests
		from unnest(${since.map((time) => time.toISOString())}::timestamptz[]) with ordinality as wanted (since, place)
		left join keywright.usage_operations as used on used.tenant_id = ${site.tenant_id} and used.site_id = ${site.site_id}
			and used.code = 'allowed' and used.start + make_interval(secs => used.granularity_seconds) > wanted.since
		group by wanted.place order by wanted.place
	`.execute(tx);
	return rows.map((row) => row.requests);
}
