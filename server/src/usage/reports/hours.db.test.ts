import { deepEqual, equal, rejects } from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import type { ChangeContext } from "../../audit/change.ts";
import { ManualClock } from "../../core/clock.ts";
import { rollUpUsage } from "../roll-up.ts";
import { HOURS_FORMATS, type HoursInput, listHours } from "./hours.ts";

const NOW = Date.UTC(2026, 6, 31, 12, 34, 56);
const FORMULA = "=cmd|'/c calc'!A1";

let db: UsageTestDatabase;

before(async () => {
	db = await usageTestDatabase();
	await db.query("update tenants set external_id = $1 where id = 'b'", [FORMULA]);
	await db.query("insert into nodes (id, version, applied_seq, lease_ms) values ('node_1', '1', 0, 2000), ('node_2', '1', 0, 2000)");
	await db.query("insert into usage_progress (node_id, flushed_until) values ('node_1', '2026-07-31T12:34:55Z'), ('node_2', '2026-07-31T12:10:00Z')");
	for (const [tenant, start, code, requests] of [
		["a", "2026-07-31T12:01:00Z", "allowed", 1],
		["a", "2026-07-31T11:59:00Z", "allowed", 2],
		["a", "2026-07-31T11:00:00Z", "rate_limited", 4],
		["b", "2026-07-31T11:30:00Z", "key_expired", 8],
		["b", "2026-07-31T10:30:00Z", "allowed", 16],
		["a", "2026-07-28T10:30:00Z", "allowed", 32],
	])
		await db.query("insert into usage_operations values ($1, '', 'op', 60, $2, $3, $4)", [tenant, start, code, requests]);
	await rollUpUsage(context());
});
after(() => db.close());

/** Guarantee: exports use of it what `contextFor` has. */
function context(): ChangeContext {
	return db.contextFor("*", new ManualClock(NOW)) as ChangeContext;
}

async function hours(input: HoursInput & { limit?: number; cursor?: string } = {}): Promise<unknown[][]> {
	return (await listHours(context(), input)).data.map(({ id, allowed, refused }) => [id, allowed, refused]);
}

const LAST_DAY = [
	["b/2026-07-31T10:00:00.000Z", 16, 0],
	["a/2026-07-31T11:00:00.000Z", 2, 4],
	["b/2026-07-31T11:00:00.000Z", 0, 8],
];

test("only hours that every node has stored are returned, as totals under ids that a repeat returns again", async () => {
	deepEqual(await hours(), LAST_DAY);
	deepEqual(await hours(), LAST_DAY);
	equal((await listHours(context(), {})).complete_until, "2026-07-31T12:00:00.000Z");
	await db.query("update usage_progress set flushed_until = '2026-07-31T11:59:59Z' where node_id = 'node_2'");
	deepEqual(await hours(), LAST_DAY.slice(0, 1));
	await db.query("update usage_progress set flushed_until = '2026-07-31T12:10:00Z' where node_id = 'node_2'");
	deepEqual(await hours({ from: "2026-07-31T12:00:00Z" }), []);
});

test("one tenant, rolled-up hours and pages sum to the same", async () => {
	deepEqual(await hours({ tenant_id: "a", from: "2026-07-28T00:00:00Z" }), [["a/2026-07-28T10:00:00.000Z", 32, 0], ...LAST_DAY.slice(1, 2)]);
	const paged: unknown[][] = [];
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const page = await listHours(context(), { limit: 1, ...(cursor === undefined ? {} : { cursor }) });
		equal(page.data.length, 1);
		paged.push(...page.data.map(({ id, allowed, refused }) => [id, allowed, refused]));
		cursor = page.next_cursor;
	}
	deepEqual(paged, LAST_DAY);
	await rejects(hours({ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" }), { code: "invalid_request" });
	await rejects(hours({ cursor: Buffer.from('["2026-02-30T00:00:00.000Z","a"]').toString("base64url") }), { code: "invalid_request" });
});

test("CSV and JSON Lines have every row of the period, and no cell is a formula", async () => {
	const csv = await HOURS_FORMATS["text/csv"](context(), {});
	deepEqual((await text(csv.stream)).split("\r\n"), [
		"id,tenant_id,external_id,hour,allowed,refused",
		`b/2026-07-31T10:00:00.000Z,b,'${FORMULA},2026-07-31T10:00:00.000Z,16,0`,
		"a/2026-07-31T11:00:00.000Z,a,,2026-07-31T11:00:00.000Z,2,4",
		`b/2026-07-31T11:00:00.000Z,b,'${FORMULA},2026-07-31T11:00:00.000Z,0,8`,
		"",
	]);
	const lines = await text((await HOURS_FORMATS["application/x-ndjson"](context(), {})).stream);
	deepEqual(
		lines
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as unknown),
		(await listHours(context(), {})).data,
	);
});

test("an export in several steps and pages has each row once", async () => {
	await db.query(`insert into usage_operations (tenant_id, site_id, operation, granularity_seconds, start, code, requests)
		select 'tenant_' || t, 'site', 'op', 60, timestamptz '2026-07-30T12:00:00Z' + m * interval '30 minutes', 'allowed', 1
		from generate_series(1, 400) as t, generate_series(0, 47) as m`);
	const csv = await text((await HOURS_FORMATS["text/csv"](context(), {})).stream);
	const cells = csv
		.split("\r\n")
		.slice(1, -1)
		.map((row) => row.split(","));
	equal(new Set(cells.map(([id]) => id)).size, cells.length);
	const made = cells.filter(([id = ""]) => id.startsWith("tenant_"));
	equal(made.length, 400 * 24);
	equal(
		made.reduce((sum, [, , , , allowed]) => sum + Number(allowed), 0),
		400 * 48,
	);
});
