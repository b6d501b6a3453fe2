import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import { ManualClock } from "../../core/clock.ts";
import type { BudgetPeriod } from "./budget.ts";
import { budgetPreview } from "./preview.ts";

/** A Friday; 30 days with it begin on Thursday, 2026-07-02. */
const NOW = Date.UTC(2026, 6, 31, 12, 34, 56);

suite("the preview of a budget", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase();
		const counts: [string, string, string, number][] = [
			["a_key_0", "2026-06-28T23:00:00Z", "allowed", 1_000],
			["a_key_0", "2026-06-29T00:00:00Z", "allowed", 5],
			["a_key_0", "2026-07-02T00:00:00Z", "allowed", 60],
			["a_key_0", "2026-07-02T09:00:00Z", "allowed", 60],
			["a_key_0", "2026-07-02T23:00:00Z", "allowed", 1],
			["a_key_0", "2026-07-05T23:00:00Z", "allowed", 10],
			["a_key_0", "2026-07-06T00:00:00Z", "allowed", 120],
			["a_key_0", "2026-07-31T12:00:00Z", "allowed", 100],
			["a_key_0", "2026-07-31T12:00:00Z", "rate_limited", 900],
			["a_key_1", "2026-07-31T12:00:00Z", "allowed", 7_000],
		];
		for (const [key_id, start, code, requests] of counts)
			await db.query("insert into usage_keys values ('a', $1, replace($1, 'key', 'kid'), 3600, $2, $3, $4)", [key_id, start, code, requests]);
		await db.query("insert into usage_keys values ('a', 'a_key_0', 'a_kid_new', 60, '2026-07-31T12:34:00Z', 'allowed', 1)");
	});
	after(() => db.close());

	async function preview(per: BudgetPeriod, amount: number, key_id = "a_key_0") {
		const { from, days, data } = await budgetPreview(db.contextFor("a", new ManualClock(NOW)), { tenant_id: "a", key_id, per, amount });
		const rows = data.map(({ start, requests, over, used_up_at }) => [start.slice(0, 10), requests, over, used_up_at?.slice(5, 13) ?? null]);
		return [from.slice(0, 10), days, rows];
	}

	test("says for each day what it would have refused and when it was used up, over all of the key's secrets", async () => {
		deepEqual(await preview("day", 100), [
			"2026-07-02",
			30,
			[
				["2026-07-02", 121, 21, "07-02T09"],
				["2026-07-05", 10, 0, null],
				["2026-07-06", 120, 20, "07-06T00"],
				["2026-07-31", 101, 1, "07-31T12"],
			],
		]);
		const [, , rows] = await preview("day", 120);
		deepEqual((rows as unknown[]).slice(0, 3), [
			["2026-07-02", 121, 1, "07-02T09"],
			["2026-07-05", 10, 0, null],
			["2026-07-06", 120, 0, "07-06T00"],
		]);
	});

	test("weeks begin on Monday and months on their first day, so that the first one is whole; a total is one period", async () => {
		deepEqual(await preview("week", 130), [
			"2026-06-29",
			33,
			[
				["2026-06-29", 136, 6, "07-05T23"],
				["2026-07-06", 120, 0, null],
				["2026-07-27", 101, 0, null],
			],
		]);
		deepEqual(await preview("month", 200), ["2026-07-01", 31, [["2026-07-01", 352, 152, "07-06T00"]]]);
		deepEqual(
			await preview("total", 352),
			["2026-07-02", 30, [["2026-07-02", 352, 0, "07-31T12"]]],
			"used up by the amount itself, which refuses nothing",
		);
	});

	test("a key without requests has no periods, and another tenant's key is not found", async () => {
		deepEqual(await preview("day", 1, "a_key_2"), ["2026-07-02", 30, []]);
		await rejects(preview("day", 1, "b_key_0"), { code: "not_found" });
		const hidden = await budgetPreview(db.contextFor("a"), { tenant_id: "b", key_id: "b_key_0", per: "day", amount: 1 }).catch(
			(error: { code: string }) => error.code,
		);
		equal(hidden, "not_found");
	});
});
