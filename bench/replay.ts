// How long an operator waits for what a smaller plan would have refused in the last 30 days, with 10,000 keys that each did the same work every day.
import pg from "pg";
import { systemClock } from "../server/src/core/clock.ts";
import { createLog } from "../server/src/core/log.ts";
import { connectDatabase, type DatabaseContext } from "../server/src/database/database.ts";
import { APP_ROLE } from "../server/src/database/roles.ts";
import { previewTenantPlan } from "../server/src/overview/plan-impact.ts";
import { CHECKED_OPERATIONS } from "../server/src/routes.ts";
import type { Instance } from "./instance.ts";
import { median } from "./measure.ts";

const TENANT = "replayed";
const DAYS = 30;
const ROUNDS = 3;
/** Each key does one of these from two sources; the plan without documents refuses those of half of the keys. */
const OPERATIONS = ["GET documents:read,tenant:read", "GET /api/v1/m2m/whoami"];

export interface ReplayFigures {
	readonly keys: number;
	/** Of the usage by source. */
	readonly rows: number;
	readonly would_refuse: number;
	readonly seconds: number;
}

async function fill(owner_url: string, keys: number): Promise<number> {
	const client = new pg.Client({ connectionString: owner_url });
	await client.connect();
	await client.query("set search_path = keywright");
	for (const [id, capabilities] of [
		["whole", ["m2m_api", "documents"]],
		["smaller", ["m2m_api"]],
	])
		await client.query("insert into plans (id, name, capabilities, rate_limits, limits) select $1, $1, $2, rate_limits, limits from plans limit 1", [
			id,
			capabilities,
		]);
	await client.query("insert into tenants (id, name, plan_id) values ($1, $1, 'whole')", [TENANT]);
	await client.query(
		`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by)
		select $1, 'replayed_' || i, 'prod-replayed', 'prod', '{"name":"bench"}', '{documents:read,tenant:read}', '{"kind":"system","name":"bench"}'
		from generate_series(1, $2::integer) as i`,
		[TENANT, keys],
	);
	// Or each row looks for its key in all of them.
	await client.query("analyze tenants, keys");
	const { rowCount } = await client.query(
		`insert into usage_by_source select $1, (now() at time zone 'UTC')::date - day, 'replayed_' || i, '', ($3::text[])[1 + i % 2], 'src_' || source,
			'192.0.2.0/24', 'order-bot', null, 'allowed', false, 7
		from generate_series(1, $2::integer) as i, generate_series(0, $4::integer - 1) as day, generate_series(1, 2) as source`,
		[TENANT, keys, OPERATIONS, DAYS],
	);
	await client.query("analyze usage_by_source");
	await client.end();
	return rowCount ?? 0;
}

export async function measureReplay(instance: Instance, keys: number): Promise<ReplayFigures> {
	const rows = await fill(instance.urlFor("app", "keywright"), keys);
	const log = createLog({ level: "warn", brand: "kw" });
	const database = connectDatabase({ url: instance.urlFor(APP_ROLE, "keywright"), log });
	const context: DatabaseContext = {
		...{ actor: { kind: "operator", name: "bench" }, scope: "*", request_id: "req_bench", idempotency_key: null },
		...{ clock: systemClock, log, database },
	};
	const taken: number[] = [];
	let would_refuse = 0;
	for (let round = 0; round < ROUNDS; round += 1) {
		const start = performance.now();
		const { replay } = await previewTenantPlan(context, CHECKED_OPERATIONS, { tenant_id: TENANT, plan_id: "smaller" });
		taken.push((performance.now() - start) / 1_000);
		would_refuse = replay?.exact === true ? replay.would_refuse : Number.NaN;
	}
	await database.close();
	if (would_refuse !== (rows / 2) * 7) throw new Error(`the replay refused ${would_refuse} requests of ${rows} rows`);
	return { keys, rows, would_refuse, seconds: median(taken) };
}
