import { deepEqual, equal } from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import fc from "fast-check";
import { type UsageTestDatabase, usageTestDatabase } from "../../testing/usage.ts";
import { ManualClock } from "../core/clock.ts";
import { rollUpsAt } from "./period.ts";
import { rollUpUsage } from "./roll-up.ts";

const NOW = Date.UTC(2026, 6, 31, 12, 34, 56);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Row {
	key: number;
	code: "allowed" | "rate_limited";
	minutes_ago: number;
	requests: number;
}

suite("rolling up usage", () => {
	let db: UsageTestDatabase;
	const context = () => db.contextFor("*", new ManualClock(NOW));
	before(async () => {
		db = await usageTestDatabase();
	});
	beforeEach(async () => {
		await db.query("truncate usage_keys, usage_operations, usage_flushes");
	});
	after(() => db.close());

	async function insert(rows: Row[]): Promise<void> {
		const start = rows.map((row) => new Date(Math.floor(NOW / MINUTE_MS) * MINUTE_MS - row.minutes_ago * MINUTE_MS));
		const columns = [rows.map((row) => row.key), start, rows.map((row) => row.code), rows.map((row) => row.requests)];
		const from = "from unnest($1::int[], $2::timestamptz[], $3::text[], $4::bigint[]) as r (key, start, code, requests) group by key, start, code";
		await db.query(`insert into usage_keys select 'a', 'key_' || key, 'kid_' || key, 60, start, code, sum(requests)::bigint ${from}`, columns);
		await db.query(`insert into usage_operations select 'a', '', 'op_' || key, 60, start, code, sum(requests)::bigint ${from}`, columns);
	}

	/** Sums by day: rolling up never moves counts across days. */
	async function totals(): Promise<unknown[]> {
		return db.query(`
			select 'key' as kind, kid as name, date_trunc('day', start at time zone 'UTC') as day, code, sum(requests) from usage_keys group by 1, 2, 3, 4
			union all select 'operation', operation, date_trunc('day', start at time zone 'UTC'), code, sum(requests) from usage_operations group by 1, 2, 3, 4
			order by 1, 2, 3, 4`);
	}

	async function misplaced(): Promise<unknown[]> {
		const [minutes, hours] = rollUpsAt(NOW - 3_600_000).map(({ before_ms }) => new Date(before_ms));
		const where = `(granularity_seconds = 60 and start < $1) or (granularity_seconds = 3600 and (start < $2 or start >= $1))
			or (granularity_seconds = 86400 and start >= $2) or mod(extract(epoch from start)::bigint, granularity_seconds) <> 0`;
		return db.query(
			`select granularity_seconds, start from usage_keys where ${where} union all select granularity_seconds, start from usage_operations where ${where}`,
			[minutes, hours],
		);
	}

	test("the sums do not change, and every row has the granularity of its age", async () => {
		const row = fc.record<Row>({
			key: fc.nat(2),
			code: fc.constantFrom("allowed", "rate_limited"),
			minutes_ago: fc.oneof(
				fc.nat(60),
				fc.integer({ min: 2_800, max: 3_100 }),
				fc.nat(20_000),
				fc.integer({ min: 128_000, max: 133_000 }),
				fc.nat(400_000),
			),
			requests: fc.integer({ min: 1, max: 1_000_000 }),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 80, size: "max" }), fc.array(row, { maxLength: 20 }), async (rows, late) => {
				await db.query("truncate usage_keys, usage_operations");
				await insert(rows);
				const first = await totals();
				await rollUpUsage(context());
				deepEqual(await totals(), first);
				deepEqual(await misplaced(), []);
				equal((await rollUpUsage(context())).rows_rolled_up, 0);

				await insert(late.filter((one) => one.minutes_ago > 3_100));
				const second = await totals();
				await rollUpUsage(context());
				deepEqual(await totals(), second);
				deepEqual(await misplaced(), []);
			}),
			{ numRuns: 25 },
		);
	});

	test("several nodes at once roll up more rows than one slice, each exactly once", async () => {
		const fill = `
			from generate_series(0, 12499) as i`;
		await db.query(
			`insert into usage_keys select 'a', 'key', 'kid', 60, '2026-07-01T00:00:00Z'::timestamptz + i * interval '1 minute', 'allowed', 2 ${fill}`,
		);
		await db.query(
			`insert into usage_operations select 'a', '', 'op', 60, '2026-07-01T00:00:00Z'::timestamptz + i * interval '1 minute', 'allowed', 2 ${fill}`,
		);
		const runs = await Promise.all([rollUpUsage(context()), rollUpUsage(context()), rollUpUsage(context())]);
		const rolled_up = runs.reduce((sum, run) => sum + run.rows_rolled_up, 0);
		const rest = await rollUpUsage(context());
		equal(rolled_up + rest.rows_rolled_up, 25_000);
		for (const table of ["usage_keys", "usage_operations"]) {
			const [sum] = await db.query(
				`select sum(requests)::int as requests, count(*)::int as rows, min(granularity_seconds) as granularity from ${table}`,
			);
			deepEqual(sum, { requests: 25_000, rows: Math.ceil(12_500 / 60), granularity: 3_600 });
		}
	});

	test("locked rows are left for the next run", async () => {
		await insert([
			{ key: 0, code: "allowed", minutes_ago: 5_000, requests: 1 },
			{ key: 1, code: "allowed", minutes_ago: 5_000, requests: 1 },
		]);
		await db.query("begin");
		await db.query("update usage_keys set requests = requests + 1 where key_id = 'key_0'");
		equal((await rollUpUsage(context())).rows_rolled_up, 3);
		await db.query("commit");
		equal((await rollUpUsage(context())).rows_rolled_up, 1);
		const [sum] = await db.query("select sum(requests)::int as requests, count(*)::int as rows from usage_keys where granularity_seconds = 3600");
		deepEqual(sum, { requests: 3, rows: 2 });
	});

	test("flushes are deleted after seven days", async () => {
		for (const [number, age_ms] of [DAY_MS * 7 + 1_000, DAY_MS * 7 - 1_000, 0].entries()) {
			await db.query("insert into usage_flushes (node_id, flush_number, flushed_at, waiting) values ('flusher', $1, $2, false)", [
				number,
				new Date(NOW - age_ms),
			]);
		}
		equal((await rollUpUsage(context())).flushes_forgotten, 1);
		deepEqual(await db.query("select flush_number from usage_flushes order by 1"), [{ flush_number: "1" }, { flush_number: "2" }]);
	});
});
