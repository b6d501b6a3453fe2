import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, before, suite, test } from "node:test";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import { ManualClock } from "../../core/clock.ts";
import { read } from "../../database/transaction.ts";
import { keyActivity, secretActivity, usage24h } from "../activity-store.ts";
import { rollUpUsage } from "../roll-up.ts";
import { USAGE_FORMATS, type UsageInput, usageReport } from "./report.ts";
import type { Group } from "./report-store.ts";

const NOW = Date.UTC(2026, 6, 31, 12, 34, 56);

/** Requests of the two keys of tenant `a` and the one of `b`: [key, time, code, requests]. */
const COUNTS: [string, string, string, number][] = [
	["a_key_0", "2026-07-31T12:34:00Z", "allowed", 1],
	["a_key_0", "2026-07-31T12:34:00Z", "rate_limited", 2],
	["a_key_1", "2026-07-31T12:01:00Z", "allowed", 4],
	["a_key_0", "2026-07-31T11:59:00Z", "allowed", 8],
	["a_key_0", "2026-07-30T12:00:00Z", "allowed", 16],
	["a_key_1", "2026-07-30T11:59:00Z", "allowed", 32],
	["a_key_0", "2026-07-01T01:01:00Z", "allowed", 64],
	["a_key_0", "2026-07-01T01:59:00Z", "allowed", 128],
	["a_key_0", "2026-01-01T01:59:00Z", "allowed", 256],
	["b_key_0", "2026-07-31T12:34:00Z", "allowed", 1_000],
];

suite("usage reports", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase();
		for (const [key_id, start, code, requests] of COUNTS) {
			const kid = key_id.replace("key", "kid");
			await db.query("insert into usage_keys values (left($1, 1), $1, $2, 60, $3, $4, $5)", [key_id, kid, start, code, requests]);
			await db.query("insert into usage_operations values (left($1, 1), '', $1, 60, $2, $3, $4)", [key_id, start, code, requests]);
		}
		await rollUpUsage(db.contextFor("*", new ManualClock(NOW)));
	});
	after(() => db.close());

	function report(input: Partial<UsageInput>, scope = "a") {
		return usageReport(db.contextFor(scope, new ManualClock(NOW)), { tenant_id: "a", ...input });
	}

	async function rows(input: Partial<UsageInput>, scope?: string): Promise<unknown[]> {
		return (await report(input, scope)).data.map((row) => [row.start, ...(row.key_id === undefined ? [] : [row.key_id]), row.code, row.requests]);
	}

	test("the default is the tenant's last 24 hours by the hour, and the response states the period", async () => {
		const usage = await report({});
		deepEqual([usage.from, usage.to, usage.granularity], ["2026-07-30T12:00:00.000Z", "2026-07-31T13:00:00.000Z", "hour"]);
		deepEqual(await rows({}), [
			["2026-07-30T12:00:00.000Z", "allowed", 16],
			["2026-07-31T11:00:00.000Z", "allowed", 8],
			["2026-07-31T12:00:00.000Z", "allowed", 5],
			["2026-07-31T12:00:00.000Z", "rate_limited", 2],
		]);
	});

	test("by_key has rows per key, ordered by start, key and code; key_id selects one key", async () => {
		const last = [
			["2026-07-31T12:00:00.000Z", "a_key_0", "allowed", 1],
			["2026-07-31T12:00:00.000Z", "a_key_0", "rate_limited", 2],
			["2026-07-31T12:00:00.000Z", "a_key_1", "allowed", 4],
		];
		deepEqual(await rows({ by_key: true, from: "2026-07-31T12:00:00Z" }), last);
		deepEqual(await rows({ key_id: "a_key_1" }), [last[2]]);
		deepEqual(await rows({ key_id: "a_key_2" }), []);
	});

	test("group_by has rows per site, operation or key, ordered by start and group; requests without a site have none", async () => {
		await db.query("insert into usage_operations values ('a', 'shop', '=op', 60, '2026-07-31T12:02:00Z', 'allowed', 5)");
		try {
			const grouped = async (group_by: Group) =>
				(await report({ group_by, from: "2026-07-31T12:00:00Z" })).data.map(({ start: _start, ...row }) => Object.values(row));
			deepEqual(await grouped("site"), [
				[null, "allowed", 5],
				[null, "rate_limited", 2],
				["shop", "allowed", 5],
			]);
			deepEqual(await grouped("operation"), [
				["=op", "allowed", 5],
				["a_key_0", "allowed", 1],
				["a_key_0", "rate_limited", 2],
				["a_key_1", "allowed", 4],
			]);
			deepEqual(
				await grouped("key"),
				(await rows({ by_key: true, from: "2026-07-31T12:00:00Z" })).map((row) => (row as unknown[]).slice(1)),
			);
			const csv = await USAGE_FORMATS["text/csv"](db.contextFor("a", new ManualClock(NOW)), {
				...{ tenant_id: "a", group_by: "operation", from: "2026-07-31T12:00:00Z" },
			});
			deepEqual((await text(csv.stream)).split("\r\n").slice(0, 3), [
				"start,operation,code,requests",
				"2026-07-31T12:00:00.000Z,'=op,allowed,5",
				"2026-07-31T12:00:00.000Z,a_key_0,allowed,1",
			]);
		} finally {
			await db.query("delete from usage_operations where site_id = 'shop'");
		}
	});

	test("by_secret has rows per secret", async () => {
		await db.query("insert into usage_keys values ('a', 'a_key_1', 'a_kid_1b', 60, '2026-07-31T12:02:00Z', 'allowed', 5)");
		try {
			const { data } = await report({ key_id: "a_key_1", by_secret: true });
			deepEqual(
				data.map((row) => [row.start, row.kid, row.code, row.requests]),
				[
					["2026-07-31T12:00:00.000Z", "a_kid_1", "allowed", 4],
					["2026-07-31T12:00:00.000Z", "a_kid_1b", "allowed", 5],
				],
			);
			deepEqual((await rows({ key_id: "a_key_1" })).length, 1);
		} finally {
			await db.query("delete from usage_keys where kid = 'a_kid_1b'");
		}
	});

	test("minutes, hours and days sum to the same requests, including rolled-up ones", async () => {
		deepEqual(await rows({ granularity: "minute", from: "2026-07-31T12:01:30Z" }), [
			["2026-07-31T12:01:00.000Z", "allowed", 4],
			["2026-07-31T12:34:00.000Z", "allowed", 1],
			["2026-07-31T12:34:00.000Z", "rate_limited", 2],
		]);
		deepEqual(await rows({ from: "2026-07-01T00:00:00Z", to: "2026-07-02T00:00:00Z" }), [["2026-07-01T01:00:00.000Z", "allowed", 192]]);
		deepEqual(await rows({ granularity: "day", from: "2026-01-01T00:00:00Z" }), [
			["2026-01-01T00:00:00.000Z", "allowed", 256],
			["2026-07-01T00:00:00.000Z", "allowed", 192],
			["2026-07-30T00:00:00.000Z", "allowed", 48],
			["2026-07-31T00:00:00.000Z", "allowed", 13],
			["2026-07-31T00:00:00.000Z", "rate_limited", 2],
		]);
	});

	test("from is inclusive and to exclusive", async () => {
		deepEqual(await rows({ granularity: "minute", from: "2026-07-31T11:59:00Z", to: "2026-07-31T12:01:00Z" }), [
			["2026-07-31T11:59:00.000Z", "allowed", 8],
		]);
		deepEqual(await rows({ granularity: "minute", from: "2026-07-31T12:00:00Z", to: "2026-07-31T12:01:00Z" }), []);
	});

	test("a period that is not available in the granularity is refused", async () => {
		await rejects(report({ granularity: "minute", from: "2026-07-01T00:00:00Z", to: "2026-07-01T01:00:00Z" }), { code: "invalid_request" });
	});

	test("an unknown key and another tenant's key get the same error, which names the tenant to an API key", async () => {
		const operator = await Promise.all(["b_key_0", "nothing"].map((key_id) => report({ key_id }).catch((error: unknown) => error)));
		deepEqual(operator[0], operator[1]);
		ok(operator[0] instanceof Error);
		equal(operator[0].message, "not_found: There is no key with this id.");
		const context = { ...db.contextFor("a"), actor: { kind: "key", id: "a_key_0", name: "Key" } } as const;
		const keyed = await Promise.all(
			["b_key_0", "nothing"].map((key_id) => usageReport(context, { tenant_id: "a", key_id }).catch((error: unknown) => error)),
		);
		deepEqual(keyed[0], keyed[1]);
		ok(keyed[0] instanceof Error && keyed[0].message.includes("tenant a,"));
	});

	test("row-level security hides another tenant's usage from every query", async () => {
		deepEqual(await rows({ tenant_id: "b" }, "a"), []);
		deepEqual(await rows({ tenant_id: "b", by_key: true }, "a"), []);
		await rejects(report({ tenant_id: "b", key_id: "b_key_0" }, "a"), { code: "not_found" });
		equal((await rows({ tenant_id: "b" }, "b")).length, 1);
		equal((await rows({ tenant_id: "b" }, "*")).length, 1);
		await read(db.contextFor("a"), async (tx) => {
			equal((await usage24h(tx, "b", ["b_key_0"], NOW)).size, 0);
			deepEqual(await keyActivity(tx, "b", ["b_key_0"]), new Map([["b_key_0", { last_used_at: null, last_check_at: null }]]));
			equal((await secretActivity(tx, "b", ["b_kid_0"])).size, 0);
		});
	});
});

suite("usage in the key list", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase();
	});
	after(() => db.close());

	test("usage of 24 hours counts allowed requests per key", async () => {
		const at = (hours_ago: number) => new Date(NOW - hours_ago * 3_600_000);
		const insert = "insert into usage_keys values ('a', $1, $2, 60, $3, $4, $5)";
		await db.query(insert, ["a_key_0", "a_kid_0", at(1), "allowed", 10]);
		await db.query(insert, ["a_key_0", "a_kid_other", at(23.9), "allowed", 5]);
		await db.query(insert, ["a_key_0", "a_kid_0", at(1), "rate_limited", 3]);
		await db.query(insert, ["a_key_0", "a_kid_0", at(24.1), "allowed", 7]);
		await db.query(insert, ["a_key_1", "a_kid_1", at(2), "allowed", 2]);
		const counted = await read(db.contextFor("a"), (tx) => usage24h(tx, "a", ["a_key_0", "a_key_2"], NOW));
		deepEqual(counted, new Map([["a_key_0", 15]]));
	});

	test("a key's last use is the latest of its secrets; each secret has its own times", async () => {
		const [early, late, checked] = [new Date(NOW - 5_000), new Date(NOW), new Date(NOW - 1_000)];
		await db.query(
			"insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4) values ('a_kid_new', 'a', 'a_key_0', '', 1, 'pepper', 'abcd')",
		);
		await db.query("insert into secret_activity values ('a_kid_0', 'a', $1, $2), ('a_kid_new', 'a', $1, $1)", [early, late]);
		await db.query("insert into key_activity values ('a', 'a_key_1', $1)", [checked]);
		await read(db.contextFor("a"), async (tx) => {
			deepEqual(
				await keyActivity(tx, "a", ["a_key_0", "a_key_1"]),
				new Map([
					["a_key_0", { last_used_at: late, last_check_at: null }],
					["a_key_1", { last_used_at: null, last_check_at: checked }],
				]),
			);
			deepEqual(
				await secretActivity(tx, "a", ["a_kid_0", "a_kid_new", "a_kid_1"]),
				new Map([
					["a_kid_0", { first_used_at: early, last_used_at: late }],
					["a_kid_new", { first_used_at: early, last_used_at: early }],
				]),
			);
		});
	});
});
