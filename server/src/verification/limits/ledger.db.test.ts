import { deepEqual, equal } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { spendQuota } from "../../../testing/allowances.ts";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { pausable } from "../../../testing/nodes.ts";
import { ManualClock } from "../../core/clock.ts";
import { MINUTE_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { putPlan } from "../../plans/plans.ts";
import { createTenant } from "../../tenants/tenants.ts";
import { quotaAllowance } from "./allowance.ts";
import { LEASE_NEEDED, Ledger } from "./ledger.ts";
import { readLeasedQuota } from "./store.ts";

const IDLE_MS = MINUTE_MS;

suite("a monthly quota", () => {
	let db: TestDatabase;
	let made = 0;

	before(async () => {
		db = await testDatabase();
		await putPlan(db.context(), { plan_id: "plan", name: "Plan", capabilities: [] });
	});
	after(() => db.close());

	async function newTenant(): Promise<string> {
		made += 1;
		const { id } = await createTenant(db.context(), { id: `tenant-${made}`, name: "Tenant", plan_id: "plan" });
		return id;
	}

	const ledger = (clock: ManualClock, database = db.database) => new Ledger({ database, clock, log: testLog });
	const midMonth = () => new ManualClock(Date.UTC(2026, 0, 15));
	const leased = (tenant_id: string, month = "2026-01-01") => read(db.context(), (tx) => readLeasedQuota(tx, tenant_id, month));

	async function spendMany(from: Ledger, tenant_id: string, quota: number, times: number, cost = 1): Promise<number> {
		const answers = await Promise.all(Array.from({ length: times }, () => spendQuota(from, tenant_id, quota, cost)));
		return answers.filter(Boolean).length;
	}

	test("is spent to the last request and not one further, however many ask at once", async () => {
		const [tenant_id, from] = [await newTenant(), ledger(midMonth())];
		equal(await spendMany(from, tenant_id, 137, 400), 137);
		equal(await spendQuota(from, tenant_id, 137, 1), false);
		equal(await leased(tenant_id), 137);
	});

	test("is never over with several nodes that spend it at the same time, and all of it can be spent", async () => {
		const tenant_id = await newTenant();
		const nodes = [ledger(midMonth()), ledger(midMonth()), ledger(midMonth())];
		const admitted = await Promise.all(nodes.map((node) => spendMany(node, tenant_id, 250, 200)));
		equal(
			admitted.reduce((total, count) => total + count, 0),
			250,
		);
	});

	test("is spent from blocks, without queries while one lasts", async () => {
		const [tenant_id, held] = [await newTenant(), pausable(db.database)];
		const from = ledger(midMonth(), held.database);
		equal(await spendQuota(from, tenant_id, 1_000_000, 1), true);
		equal(from.unspent(tenant_id, "2026-01-01"), 1_999);
		const begun = held.begun;
		for (let request = 0; request < 1_999; request += 1) equal(from.spend(quotaAllowance(tenant_id, 1_000_000), 1), true);
		equal(held.begun, begun);
		equal(from.spend(quotaAllowance(tenant_id, 1_000_000), 1), LEASE_NEEDED);
	});

	test("many who find no block wait for one lease", async () => {
		const [tenant_id, held] = [await newTenant(), pausable(db.database)];
		const from = ledger(midMonth(), held.database);
		equal(await spendMany(from, tenant_id, 1_000_000, 500), 500);
		equal(held.begun, 1);
	});

	test("is leased in blocks that shrink as it runs out, and by the unit in the end", async () => {
		const [tenant_id, from] = [await newTenant(), ledger(midMonth())];
		const sizes: number[] = [];
		for (let spent = 0, before = 0; spent < 120; spent += 1) {
			await spendQuota(from, tenant_id, 1_100, 1);
			const now = await leased(tenant_id);
			if (now > before) sizes.push(now - before);
			before = now;
		}
		deepEqual(sizes, [55, 52, ...Array(13).fill(1)]);
	});

	test("a cost is spent whole or not at all, and what is too little for it is left for smaller ones", async () => {
		const [tenant_id, from] = [await newTenant(), ledger(midMonth())];
		equal(await spendQuota(from, tenant_id, 10, 8), true);
		equal(await spendQuota(from, tenant_id, 10, 3), false);
		equal(await spendQuota(from, tenant_id, 10, 2), true);
		equal(await spendQuota(from, tenant_id, 10, 1), false);
	});

	test("a block goes back when its node was idle for a minute, and not before", async () => {
		const [tenant_id, clock] = [await newTenant(), midMonth()];
		const from = ledger(clock);
		await spendQuota(from, tenant_id, 1_000, 1);
		equal(await leased(tenant_id), 50);
		clock.advance(IDLE_MS);
		await from.returnIdle();
		equal(await leased(tenant_id), 50);
		clock.advance(1);
		await from.returnIdle();
		equal(await leased(tenant_id), 1);
		equal(from.unspent(tenant_id, "2026-01-01"), 0);
		equal(await spendQuota(from, tenant_id, 1_000, 1), true);
	});

	test("a block that was not used up within five minutes goes back, also while it is spent slowly", async () => {
		const [tenant_id, clock] = [await newTenant(), midMonth()];
		const from = ledger(clock);
		for (let minute = 0; minute <= 5; minute += 1) {
			await spendQuota(from, tenant_id, 1_000, 1);
			await from.returnIdle();
			equal(await leased(tenant_id), 50);
			clock.advance(MINUTE_MS);
		}
		await from.returnIdle();
		equal(await leased(tenant_id), 6);
		equal(await spendQuota(from, tenant_id, 1_000, 1), true);
	});

	test("everything goes back when a node stops", async () => {
		const [first, second, from] = [await newTenant(), await newTenant(), ledger(midMonth())];
		await spendQuota(from, first, 1_000, 3);
		await spendQuota(from, second, 1_000, 4);
		await from.returnAll();
		deepEqual([await leased(first), await leased(second)], [3, 4]);
	});

	test("a quota that was found used up is requested again after a second: another node may have returned some", async () => {
		const [tenant_id, clock, held] = [await newTenant(), midMonth(), pausable(db.database)];
		const [hoarder, poor] = [ledger(midMonth()), ledger(clock, held.database)];
		await spendQuota(hoarder, tenant_id, 20, 19);
		await spendQuota(hoarder, tenant_id, 20, 1);
		equal(await spendQuota(poor, tenant_id, 20, 1), false);
		const begun = held.begun;
		for (let request = 0; request < 100; request += 1) equal(poor.spend(quotaAllowance(tenant_id, 20), 1), false);
		equal(held.begun, begun, "a tenant at its limit costs no query a request");
		clock.advance(1_001);
		equal(await spendQuota(poor, tenant_id, 20, 1), false);
		equal(held.begun, begun + 1);
		equal(await spendQuota(poor, tenant_id, 21, 1), true, "a larger quota is looked at at once");
	});

	test("begins anew with the month, in UTC, and the old month's block goes back to the old month", async () => {
		const [tenant_id, clock] = [await newTenant(), new ManualClock(Date.UTC(2026, 0, 31, 23, 59, 59, 999))];
		const from = ledger(clock);
		equal(await spendMany(from, tenant_id, 40, 39), 39);
		clock.advance(1);
		equal(await spendMany(from, tenant_id, 40, 50), 40);
		await from.returnAll();
		deepEqual([await leased(tenant_id), await leased(tenant_id, "2026-02-01")], [39, 40]);
	});

	test("of another tenant is not touched", async () => {
		const [first, second, from] = [await newTenant(), await newTenant(), ledger(midMonth())];
		equal(await spendMany(from, first, 5, 10), 5);
		equal(await spendMany(from, second, 5, 10), 5);
	});

	test("whose database is away rejects, and nothing counts as spent", async () => {
		const tenant_id = await newTenant();
		let cut = true;
		const held = pausable(db.database, async () => {
			if (cut) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
		});
		const from = ledger(midMonth(), held.database);
		const outcomes = await Promise.allSettled([spendQuota(from, tenant_id, 10, 1), spendQuota(from, tenant_id, 10, 1)]);
		deepEqual(
			outcomes.map(({ status }) => status),
			["rejected", "rejected"],
		);
		cut = false;
		equal(await spendMany(from, tenant_id, 10, 20), 10);
	});
});
