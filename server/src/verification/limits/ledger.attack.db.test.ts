import { equal } from "node:assert/strict";
import { test } from "node:test";
import { spendQuota } from "../../../testing/allowances.ts";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { ManualClock } from "../../core/clock.ts";
import { read } from "../../database/transaction.ts";
import { putPlan } from "../../plans/plans.ts";
import { createTenant } from "../../tenants/tenants.ts";
import { Ledger } from "./ledger.ts";
import { formatMonth } from "./period.ts";
import { readLeasedQuota } from "./store.ts";

async function setUp(t: {
	after: (run: () => Promise<void>) => void;
}): Promise<{ ledger: Ledger; clock: ManualClock; db: TestDatabase; leased: () => Promise<number> }> {
	const db = await testDatabase();
	t.after(() => db.close());
	const context = db.context();
	await putPlan(context, { plan_id: "plan", name: "Plan", capabilities: [] });
	await createTenant(context, { id: "tenant", name: "Tenant", plan_id: "plan" });
	const clock = new ManualClock(Date.UTC(2026, 0, 31, 23, 59, 59, 900));
	const ledger = new Ledger({ database: context.database, clock, log: testLog });
	return { ledger, clock, db, leased: () => read(context, (tx) => readLeasedQuota(tx, "tenant", formatMonth(clock.now()))) };
}

async function spendAll(ledger: Ledger, quota: number, requests: number): Promise<number> {
	let admitted = 0;
	for (let request = 0; request < requests; request += 1) if (await spendQuota(ledger, "tenant", quota, 1)) admitted += 1;
	return admitted;
}

test("a quota that shrinks holds at once, also for what was leased under the larger one", async (t) => {
	const { ledger, leased } = await setUp(t);
	equal(await spendAll(ledger, 1_000, 2), 2);
	equal(await spendAll(ledger, 5, 60), 3);
	equal(await leased(), 5);
});

test("concurrent requests never spend more than a quota that has just shrunk", async (t) => {
	const { ledger } = await setUp(t);
	equal(await spendAll(ledger, 10_000, 10), 10);
	const answers = await Promise.all(Array.from({ length: 400 }, () => spendQuota(ledger, "tenant", 100, 1)));
	equal(answers.filter(Boolean).length, 90);
});

test("after a quota grows, the leased block is still spent first", async (t) => {
	const { ledger } = await setUp(t);
	equal(await spendAll(ledger, 10, 20), 10);
	equal(await spendAll(ledger, 15, 20), 5);
});
