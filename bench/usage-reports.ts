// How long the reports of usage and their CSV files take for a tenant with a million rows in each table of usage.
import { text } from "node:stream/consumers";
import pg from "pg";
import { systemClock } from "../server/src/core/clock.ts";
import { createLog } from "../server/src/core/log.ts";
import { DAY_MS } from "../server/src/core/time.ts";
import { connectDatabase, type DatabaseContext } from "../server/src/database/database.ts";
import { APP_ROLE } from "../server/src/database/roles.ts";
import { USAGE_FORMATS, type UsageGroup, usageReport } from "../server/src/usage/reports/report.ts";
import type { Instance } from "./instance.ts";
import { median } from "./measure.ts";

const TENANT = "reported";
const KEYS = 150;
const ROUNDS = 3;
const DAYS_BY_SOURCE = 35;
const DAYS_BY_HOUR = 89;
const GROUPS: readonly UsageGroup[] = ["code", "key", "site", "operation", "source"];

export interface ReportFigures {
	/** In each of the three tables. */
	readonly rows: number;
	/** The median of the slowest report, as JSON or as CSV. */
	readonly slowest_seconds: number;
	readonly slowest: string;
}

async function fill(owner_url: string, rows: number): Promise<void> {
	const client = new pg.Client({ connectionString: owner_url });
	await client.connect();
	await client.query("set search_path = keywright");
	await client.query("insert into tenants (id, name, plan_id) select $1, $1, min(id) from plans", [TENANT]);
	await client.query(
		`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by)
		select $1, 'reported_' || i, 'prod-reported', 'prod', '{"name":"bench"}', '{}', '{"kind":"system","name":"bench"}' from generate_series(1, $2::integer) as i`,
		[TENANT, KEYS],
	);
	const hours = DAYS_BY_HOUR * 24;
	const start = "date_trunc('hour', now()) - make_interval(hours => (i % $3)::integer)";
	const series = "generate_series(0, $2::integer - 1) as i";
	await client.query(
		`insert into usage_keys select $1, 'reported_' || i / $3 % $4::integer + 1, 'kid_' || i / $3 / $4, 3600, ${start}, 'allowed', 7 from ${series}`,
		[TENANT, rows, hours, KEYS],
	);
	await client.query(
		`insert into usage_operations select $1, 'site_' || i / $3 % 10, 'GET /things/' || i / $3 / 10, 3600, ${start}, 'allowed', 7 from ${series}`,
		[TENANT, rows, hours],
	);
	await client.query(
		`insert into usage_by_source select $1, (now() at time zone 'UTC')::date - (i % $3)::integer, 'reported_' || i / $3 % $4::integer + 1, '',
			'GET /things/' || i / $3 / $4, 'src_' || i / $3 % 64, '192.0.2.0/24', 'order-bot', null, 'allowed', false, 7 from ${series}`,
		[TENANT, rows, DAYS_BY_SOURCE, KEYS],
	);
	await client.query("analyze usage_keys, usage_operations, usage_by_source");
	await client.end();
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
	const taken: number[] = [];
	for (let round = 0; round < ROUNDS; round += 1) {
		const start = performance.now();
		await work();
		taken.push((performance.now() - start) / 1_000);
	}
	return median(taken);
}

export async function measureUsageReports(instance: Instance, rows: number): Promise<ReportFigures> {
	await fill(instance.urlFor("app", "keywright"), rows);
	const log = createLog({ level: "warn", brand: "kw" });
	const database = connectDatabase({ url: instance.urlFor(APP_ROLE, "keywright"), log });
	const context: DatabaseContext = {
		...{ actor: { kind: "operator", name: "bench" }, scope: TENANT, request_id: "req_bench", idempotency_key: null },
		...{ clock: systemClock, log, database },
	};
	const figures: ReportFigures[] = [];
	for (const group_by of GROUPS) {
		const days = group_by === "source" ? DAYS_BY_SOURCE : DAYS_BY_HOUR;
		const from = new Date(systemClock.now() - (days - 1) * DAY_MS).toISOString();
		const input = { tenant_id: TENANT, group_by, from, granularity: "day" } as const;
		const report = await secondsOf(() => usageReport(context, input));
		const csv = await secondsOf(async () => text((await USAGE_FORMATS["text/csv"](context, input)).stream));
		figures.push({ rows, slowest_seconds: report, slowest: `by ${group_by}` }, { rows, slowest_seconds: csv, slowest: `by ${group_by}, as CSV` });
	}
	await database.close();
	const [slowest] = figures.sort((a, b) => b.slowest_seconds - a.slowest_seconds);
	if (slowest === undefined) throw new Error("impossible state: no report was measured");
	return slowest;
}
