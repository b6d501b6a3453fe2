import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, suite, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import { ManualClock } from "../../core/clock.ts";
import type { UsageCode } from "../code.ts";
import { startFlushing } from "../flush.ts";
import { Meter } from "../meter.ts";
import { USAGE_FORMATS, type UsageInput, usageReport } from "../reports/report.ts";
import { rollUpUsage } from "../roll-up.ts";
import { makeSource } from "../sources/source.ts";
import { ROWS_APART_MAX } from "./store.ts";

const NOON = Date.UTC(2026, 6, 31, 12, 0, 0);
const DAY_MS = 86_400_000;
const SHOP = makeSource("203.0.113.0/24", "order-bot", "worker-1");
const OFFICE = makeSource("198.51.100.0/24", "curl", null);

suite("usage by source", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase();
	});
	beforeEach(() => db.query("truncate usage_by_source, usage_keys, usage_flushes, key_sources"));
	after(() => db.close());

	function startNode() {
		const clock = new ManualClock(NOON);
		const meter = new Meter({ clock });
		const flushing = startFlushing({ database: db.database, meter, clock, node: { id: "node_test" }, log: testLog });
		return { meter, flushing };
	}

	const rowsOf = (key_id: string) => db.query("select * from usage_by_source where key_id = $1", [key_id]);

	async function sums(table: "usage_by_source" | "usage_keys", day: string): Promise<unknown[]> {
		return db.query(`select key_id, ${day} as day, code, sum(requests)::int as requests from ${table} group by 1, 2, 3 order by 1, 2, 3`);
	}

	/** By key, day and code both hold the same requests. */
	async function assertSame(): Promise<void> {
		deepEqual(
			await sums("usage_by_source", "to_char(day, 'YYYY-MM-DD')"),
			await sums("usage_keys", "to_char(start at time zone 'UTC', 'YYYY-MM-DD')"),
		);
	}

	test("requests on two nodes, one of which stops, and flushes that come late are counted to one by site, operation, source, code and day", async () => {
		const expected = new Map<string, number>();
		const codes: UsageCode[] = ["allowed", "allowed", "permission_missing", "key_paused"];
		let [one, two] = [startNode(), startNode()];
		for (let i = 0; i < 600; i += 1) {
			const { meter } = i % 3 === 0 ? one : two;
			const key_id = `a_key_${i % 2}`;
			const source = i % 7 < 3 ? SHOP : OFFICE;
			const site = i % 5 === 0 ? null : `site_${i % 4}`;
			const operation = `GET /things/${Math.floor(i / 40) % 3}`;
			const code = codes[Math.floor(i / 11) % codes.length] ?? "allowed";
			// Each 13th is of the day before, as of a node that could not write until now.
			const at = i % 13 === 0 ? NOON - DAY_MS : NOON + i;
			meter.count(meter.keyCounter("a", key_id, `a_kid_${i % 2}`, source), meter.operationCounter("a", site, operation), code, at);
			const name = [key_id, new Date(at).toISOString().slice(0, 10), site ?? "", operation, source.network, code].join("|");
			expected.set(name, (expected.get(name) ?? 0) + 1);
			if (i % 97 === 0) await Promise.all([one.flushing.flushNow(), two.flushing.flushNow()]);
			if (i !== 300) continue;
			await two.flushing.stop();
			two = startNode();
		}
		await Promise.all([one.flushing.stop(), two.flushing.stop()]);
		one = two;
		const rows = await db.query<{ name: string; requests: number; client: string | null; agent: string }>(
			`select concat_ws('|', key_id, to_char(day, 'YYYY-MM-DD'), site_id, operation, network, code) as name, requests::int, client, agent from usage_by_source where not overflowed`,
		);
		deepEqual(new Map(rows.map(({ name, requests }) => [name, requests])), expected);
		deepEqual(new Set(rows.map(({ agent, client }) => `${agent} ${client}`)), new Set(["order-bot worker-1", "curl null"]));
		await assertSame();
	});

	test("a key has at most 200 rows a day; what does not fit is counted by code alone, marked, and no request is lost", async () => {
		const { meter, flushing } = startNode();
		const count = (i: number, code: UsageCode, source = SHOP) =>
			meter.count(meter.keyCounter("a", "a_key_2", "a_kid_2", source), meter.operationCounter("a", `site_${i}`, "op"), code, NOON);
		for (let i = 0; i < 60; i += 1) count(i, "allowed");
		await flushing.flushNow();
		// More operations of one source than a node counts apart, more sources than a key has, and more combinations than a day has rows.
		for (let i = 0; i < 300; i += 1) count(i, i % 2 === 0 ? "allowed" : "permission_missing", makeSource(`192.0.${i % 80}.0/24`, "curl", null));
		for (let i = 0; i < 100; i += 1) count(i, "allowed");
		await flushing.stop();
		const rows = await rowsOf("a_key_2");
		const over = rows.filter(({ overflowed }) => overflowed);
		deepEqual(
			[rows.length <= 200, rows.length - over.length, over.map(({ code }) => code).sort()],
			[true, ROWS_APART_MAX, ["allowed", "permission_missing"]],
		);
		ok(over.every(({ site_id, operation, source_id, network }) => site_id + operation + source_id + network === ""));
		equal(rows.find((row) => row.site_id === "site_7" && row.source_id === SHOP.id)?.requests, "2", "a row that exists goes on counting");
		await assertSame();
	});

	test("days older than 35 are deleted, and a tenant that was erased gets no new rows", async () => {
		const { meter, flushing } = startNode();
		for (const days of [0, 35, 36, 40])
			meter.count(meter.keyCounter("a", "a_key_0", "a_kid_0", SHOP), meter.operationCounter("a", null, "op"), "allowed", NOON - days * DAY_MS);
		await flushing.flushNow();
		equal((await rowsOf("a_key_0")).length, 4);
		await rollUpUsage(db.contextFor("*", new ManualClock(NOON)));
		deepEqual(await db.query("select to_char(day, 'YYYY-MM-DD') as day from usage_by_source order by 1"), [
			{ day: "2026-06-26" },
			{ day: "2026-07-31" },
		]);
		await db.query("update tenants set erased_at = now(), plan_id = null where id = 'b'");
		meter.count(meter.keyCounter("b", "b_key_0", "b_kid_0", SHOP), meter.operationCounter("b", null, "op"), "allowed", NOON);
		await flushing.stop();
		deepEqual(await rowsOf("b_key_0"), []);
	});

	test("the report by source has the source's name, network and program by day, and null for what has no source", async () => {
		const now = new ManualClock(NOON);
		await db.query("insert into source_names (tenant_id, source_id, name) values ('a', $1, '=Order server')", [SHOP.id]);
		const insert = "insert into usage_by_source values ('a', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
		const shop = [SHOP.id, SHOP.network, SHOP.agent, SHOP.client];
		await db.query(insert, ["2026-07-31", "a_key_0", "site_1", "op", ...shop, "allowed", false, 3]);
		await db.query(insert, ["2026-07-31", "a_key_0", "site_2", "op", ...shop, "allowed", false, 4]);
		await db.query(insert, ["2026-07-31", "a_key_1", "", "op", ...shop, "allowed", false, 10]);
		await db.query(insert, ["2026-07-31", "a_key_1", "", "op", OFFICE.id, OFFICE.network, OFFICE.agent, null, "key_paused", false, 5]);
		await db.query(insert, ["2026-07-31", "a_key_1", "", "", "", "", "", null, "allowed", true, 6]);
		await db.query(insert, ["2026-06-26", "a_key_0", "", "op", ...shop, "allowed", false, 1]);
		const report = async (input: Partial<UsageInput>) =>
			(await usageReport(db.contextFor("a", now), { tenant_id: "a", group_by: "source", ...input })).data.map(({ start, ...row }) => [
				start.slice(0, 10),
				...Object.values(row),
			]);
		const named = ["=Order server", SHOP.network, SHOP.agent, SHOP.client, "allowed"];
		const one = ["2026-07-31", SHOP.id, ...named, 17];
		const office = ["2026-07-31", OFFICE.id, null, OFFICE.network, OFFICE.agent, null, "key_paused", 5];
		const sorted = SHOP.id < OFFICE.id ? [one, office] : [office, one];
		deepEqual(await report({}), [["2026-07-31", null, null, null, null, null, "allowed", 6], ...sorted]);
		deepEqual(await report({ key_id: "a_key_0", from: "2026-06-26T00:00:00Z" }), [
			["2026-06-26", "a_key_0", SHOP.id, ...named, 1],
			["2026-07-31", "a_key_0", SHOP.id, ...named, 7],
		]);
		await rejects(report({ granularity: "hour" }), { code: "invalid_request" });
		await rejects(report({ from: "2026-06-25T00:00:00Z" }), { code: "invalid_request" });
		const csv = await USAGE_FORMATS["text/csv"](db.contextFor("a", now), { tenant_id: "a", key_id: "a_key_0", group_by: "source" });
		deepEqual((await text(csv.stream)).split("\r\n").slice(0, 2), [
			"start,key_id,source_id,name,network,agent,client,code,requests",
			`2026-07-31T00:00:00.000Z,a_key_0,${SHOP.id},'=Order server,203.0.113.0/24,order-bot,worker-1,allowed,7`,
		]);
	});
});
