import { type SqlBool, sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import { asReporter, asReportOutcome, type Reporter, type ReportOutcome } from "./exposure.ts";

/** Places of one secret that are kept; the oldest go first. */
const URLS_MAX = 20;

/** Adds to the stored exposure `reported` of a secret where it was found, by whom, and what was done. A repeat without effect keeps what was done. */
export async function completeReport(
	tx: RecordTx,
	report: { kid: string; url: string | null; reporter: Reporter; outcome: ReportOutcome },
): Promise<void> {
	const { kid, url, reporter, outcome } = report;
	await sql`
		update keywright.key_exposures as e set reporter = ${reporter}, outcome = case when ${outcome} = 'none' then coalesce(e.outcome, 'none') else ${outcome} end,
			urls = case when ${url}::text is null or ${url}::text = any(e.urls) then e.urls
				else (array_append(e.urls, ${url}::text))[greatest(1, cardinality(e.urls) + 2 - ${URLS_MAX}::int):] end
		where e.kid = ${kid} and e.kind = 'reported'
	`.execute(tx);
}

/** Whether the whole secret was reported as found. */
export async function isReported(tx: ReadTx, kid: string): Promise<boolean> {
	const row = await tx.selectFrom("key_exposures").select("kid").where("kid", "=", kid).where("kind", "=", "reported").executeTakeFirst();
	return row !== undefined;
}

export interface StoredReport {
	readonly tenant: { readonly id: string; readonly name: string };
	readonly key: { readonly id: string; readonly name: string; readonly environment: string };
	readonly kid: string;
	readonly last4: string;
	readonly first_at: string;
	readonly last_at: string;
	readonly reports: number;
	readonly reporter: Reporter;
	readonly urls: string[];
	readonly outcome: ReportOutcome;
}

/** Reported secrets of all tenants, the latest first. */
export async function readReports(tx: ReadTx, window: Window): Promise<StoredReport[]> {
	const [last_at, kid] = window.after ?? [];
	const rows = await tx
		.selectFrom("key_exposures as e")
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "e.tenant_id").onRef("k.id", "=", "e.key_id"))
		.innerJoin("secrets as s", "s.kid", "e.kid")
		.innerJoin("tenants as t", "t.id", "e.tenant_id")
		.select(["e.tenant_id", "t.name as tenant_name", "e.key_id", "k.name as key_name", "k.environment", "e.kid", "s.last4"])
		.select(["e.first_at", "e.last_at", "e.requests", "e.reporter", "e.urls", "e.outcome"])
		.where("e.kind", "=", "reported")
		.$if(last_at !== undefined, (query) => query.where(sql<SqlBool>`(e.last_at, e.kid) < (${last_at}::timestamptz, ${kid}::text)`))
		.orderBy("e.last_at", "desc")
		.orderBy("e.kid", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map((row) => ({
		tenant: { id: row.tenant_id, name: row.tenant_name },
		key: { id: row.key_id, name: row.key_name, environment: row.environment },
		...{ kid: row.kid, last4: row.last4, urls: row.urls, reports: row.requests },
		first_at: row.first_at.toISOString(),
		last_at: row.last_at.toISOString(),
		reporter: asReporter(row.reporter ?? "anyone"),
		outcome: asReportOutcome(row.outcome ?? "none"),
	}));
}
