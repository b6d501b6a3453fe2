import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { pausable } from "../../../testing/nodes.ts";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../../testing/verification.ts";
import { change } from "../../audit/change.ts";
import { ManualClock } from "../../core/clock.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import type { Budget } from "../../keys/budgets/budget.ts";
import { rotateKey } from "../../keys/rotations/rotate.ts";
import { lockKey } from "../../keys/store.ts";
import { updateKeySettings } from "../../keys/update.ts";
import { readBudgetUse } from "../../m2m/budgets.ts";
import { isUnknown } from "../grants/unknown-names.ts";
import type { Question } from "../question.ts";
import { budgetAllowance } from "./allowance.ts";
import { getPolicyHeader, getRateLimitHeader } from "./headers.ts";
import { spanAt } from "./period.ts";
import { announceThresholds, sweepBudgets } from "./thresholds.ts";

const AT_ONCE = 400;
const CALLS: Budget = { name: "calls", unit: "requests", amount: 100, per: "day" };
const CREDITS: Budget = { name: "credits", unit: "credits", amount: 1_000, per: "total" };

suite("budgets of a key", () => {
	let fixture: VerificationFixture;
	let nodes: Process[];
	let tenant_id: string;

	before(async () => {
		fixture = await verificationFixture();
		// Wednesday noon: on whatever day the tests run, day and week end at different times, and not during a test.
		fixture.clock.advance(spanAt("week", fixture.clock.now()).until_ms + 2.5 * DAY_MS - fixture.clock.now());
		nodes = [await fixture.process(), await fixture.process(), await fixture.process()];
		tenant_id = await fixture.tenant(node(0).node);
	});
	after(() => fixture.close());

	function node(index: number): Process {
		const found = nodes[index % nodes.length];
		ok(found);
		return found;
	}

	const newKey = (...budgets: Budget[]) => fixture.key(node(0).node, tenant_id, { budgets });
	async function newKeys(count: number, ...budgets: Budget[]): Promise<MadeKey[]> {
		const keys: MadeKey[] = [];
		while (keys.length < count) keys.push(await newKey(...budgets));
		return keys;
	}
	const update = ({ key_id }: MadeKey, ...budgets: Budget[]) => updateKeySettings(fixture.context(node(0).node), { tenant_id, key_id, budgets });

	/** What is used of each budget of the key, as node 0 answers it, once every node has returned what it has not spent. */
	async function used(key: MadeKey, ...budgets: Budget[]): Promise<number[]> {
		for (const each of nodes) await each.ledger.returnAll();
		return shown(key, node(0), ...budgets);
	}

	async function shown({ key_id }: MadeKey, { ledger }: Process, ...budgets: Budget[]): Promise<number[]> {
		const allowances = budgets.map((budget) => budgetAllowance(tenant_id, key_id, budget));
		const uses = await read(fixture.context(node(0).node), (tx) => readBudgetUse(tx, allowances, ledger, fixture.clock.now()));
		return uses.map((use) => use.used);
	}

	/** How many of `times` concurrent requests are allowed, each on the node that `on` names. */
	async function allow({ raw_key }: MadeKey, times: number, on: (request: number) => number, question: Partial<Question> = {}): Promise<number> {
		const decisions = await Promise.all(Array.from({ length: times }, (_, request) => node(on(request)).ask(raw_key, question)));
		const codes = decisions.map(getCode);
		ok(
			codes.every((code) => code === "allowed" || code === "quota_exceeded"),
			codes.join(),
		);
		return codes.filter((code) => code === "allowed").length;
	}
	const one = () => 0;
	const each = (request: number) => request;

	/** The last millisecond of the day. */
	function toMidnight(): void {
		fixture.clock.advance(spanAt("day", fixture.clock.now()).until_ms - 1 - fixture.clock.now());
	}

	test("a budget of 100 lets exactly 100 of 400 concurrent requests through, on one node", async () => {
		const key = await newKey(CALLS);
		equal(await allow(key, AT_ONCE, one), 100);
		deepEqual(await used(key, CALLS), [100]);
	});

	test("exactly 100 on three nodes, also when most requests meet one of them and the others have asked before", async () => {
		const key = await newKey(CALLS);
		equal(await allow(key, AT_ONCE, each), 100);
		deepEqual(await used(key, CALLS), [100]);
		const uneven = await newKey(CALLS);
		equal((await allow(uneven, 1, () => 1)) + (await allow(uneven, 1, () => 2)), 2);
		equal(await allow(uneven, AT_ONCE, one), 98);
	});

	test("a request that costs more than there is takes nothing: the rest can be spent on every node, and no threshold is announced", async () => {
		const key = await newKey(CREDITS);
		equal(getCode(await node(0).ask(key.raw_key, { cost: 1_001 })), "quota_exceeded");
		equal(getCode(await node(1).ask(key.raw_key, { cost: 990 })), "allowed");
		// Ten are left. Requests that are too large come again and again, while others spend nothing.
		for (let second = 0; second < 3; second += 1) {
			equal(getCode(await node(0).ask(key.raw_key, { cost: 50 })), "quota_exceeded");
			equal(getCode(await node(0).ask(key.raw_key, { budgets: new Map([["credits", 0]]) })), "allowed");
			fixture.clock.advance(1_001);
		}
		equal(await allow(key, 20, (request) => request + 1), 10);
		const untouched = await newKey(CREDITS);
		equal(getCode(await node(0).ask(untouched.raw_key, { cost: 1_001 })), "quota_exceeded");
		await announceThresholds(fixture.context(node(0).node));
		const events = await fixture.behind("select 1 from keywright.outbox where type = 'budget.threshold' and data->>'key_id' = $1", [
			untouched.key_id,
		]);
		equal(events.length, 0);
	});

	test("a total that is raised announces its thresholds anew, since nothing else refills it", async () => {
		const key = await newKey({ ...CREDITS, amount: 10 });
		const told = async () => {
			await announceThresholds(fixture.context(node(0).node));
			const rows = await fixture.behind(
				"select data->>'percent' as percent from keywright.outbox where type = 'budget.threshold' and data->>'key_id' = $1 order by position",
				[key.key_id],
			);
			return rows.map(({ percent }) => Number(percent));
		};
		equal(getCode(await node(0).ask(key.raw_key, { cost: 10 })), "allowed");
		deepEqual(await told(), [80, 100]);
		await update(key, { ...CREDITS, amount: 100 });
		equal(getCode(await node(0).ask(key.raw_key, { cost: 75 })), "allowed");
		deepEqual(await told(), [80, 100, 80]);
	});

	test("an amount that is lowered to what is used announces its threshold without a further request", async () => {
		const key = await newKey(CALLS);
		await node(0).ask(key.raw_key, { cost: 40 });
		await used(key, CALLS);
		await update(key, { ...CALLS, amount: 50 });
		await announceThresholds({ database: fixture.database, clock: fixture.clock });
		const rows = await fixture.behind(
			"select data ->> 'percent' as percent from keywright.outbox where type = 'budget.threshold' and data ->> 'key_id' = $1",
			[key.key_id],
		);
		deepEqual(rows, [{ percent: "80" }]);
	});

	test("across midnight UTC each day has its 100, on three nodes", async () => {
		const key = await newKey(CALLS);
		toMidnight();
		equal(await allow(key, AT_ONCE, each), 100);
		fixture.clock.advance(1);
		equal(await allow(key, AT_ONCE, each), 100);
		deepEqual(await used(key, CALLS), [100]);
		fixture.clock.advance(DAY_MS);
		deepEqual(await used(key, CALLS), [0]);
	});

	test("requests that wait for a lease at midnight spend the new day", async () => {
		const held = pausable(fixture.database);
		const other = await fixture.process({ quota_database: held.database });
		const key = await newKey(CALLS);
		equal(getCode(await other.ask(key.raw_key, { cost: 30 })), "allowed");
		toMidnight();
		held.holdAnswers();
		const begun = held.begun;
		const waiting = Promise.all(Array.from({ length: AT_ONCE }, () => other.ask(key.raw_key)));
		while (held.begun === begun) await new Promise((resolve) => setImmediate(resolve));
		fixture.clock.advance(1);
		held.release();
		equal((await waiting).filter((decision) => getCode(decision) === "allowed").length, 100);
		await other.ledger.returnAll();
		deepEqual(await used(key, CALLS), [100]);
		const [row] = await fixture.behind("select leased from keywright.budget_periods where key_id = $1 order by start limit 1", [key.key_id]);
		equal(Number(row?.leased), 30, "what was leased of the day before went back");
		await other.node.stop();
	});

	test("a node that dies takes no more with it than it had leased, and no other spends more", async () => {
		const large = { ...CREDITS, amount: 10_000 };
		const [key, small] = [await newKey(large), await newKey(CALLS)];
		const dead = await fixture.process();
		for (const { raw_key } of [key, small]) equal(getCode(await dead.ask(raw_key, { cost: 10 })), "allowed");
		await dead.node.stop();
		const allowed = await allow(key, 10_000, each);
		ok(allowed <= 9_990 && allowed >= 9_500, `${allowed}: one block is lost at most`);
		equal(await allow(small, AT_ONCE, each), 90, "of a small budget nothing is leased that no request waits for");
	});

	test("a cost spends every budget, a named one in its place, and a name that the key has not is ignored", async () => {
		const key = await newKey(CALLS, CREDITS);
		const ask = async (question: Partial<Question>) => getCode(await node(0).ask(key.raw_key, question));
		equal(await ask({}), "allowed");
		equal(await ask({ cost: 5 }), "allowed");
		equal(await ask({ cost: 2, budgets: new Map([["credits", 300]]) }), "allowed");
		equal(await ask({ budgets: new Map([["calls", 0], ["valueOf", 9]]) }), "allowed"); // biome-ignore format: pairs
		deepEqual(await used(key, CALLS, CREDITS), [8, 307]);
	});

	test("a refusal takes from none: by a budget, by a rate limit and by the quota", async () => {
		const limited = await fixture.tenant(node(0).node, {
			rate_limits: [{ name: "burst", requests: 50, window_seconds: 60, per: "key" }],
			quota_requests_per_month: 20,
		});
		const key = await fixture.key(node(0).node, limited, { budgets: [{ ...CALLS, amount: 30 }, CREDITS] });
		const ask = async (cost: number, credits: number) => getCode(await node(0).ask(key.raw_key, { cost, budgets: new Map([["credits", credits]]) }));
		const allowances = [{ ...CALLS, amount: 30 }, CREDITS].map((budget) => budgetAllowance(limited, key.key_id, budget));
		const spent = async () => {
			await node(0).ledger.returnAll();
			const uses = await read(fixture.context(node(0).node), (tx) => readBudgetUse(tx, allowances, node(0).ledger, fixture.clock.now()));
			const [quota] = await fixture.behind("select leased from keywright.quota_periods where tenant_id = $1", [limited]);
			const grant = node(0).grants.get(key.kid);
			ok(grant && !isUnknown(grant));
			return [...uses.map((use) => use.used), Number(quota?.leased), grant.windows[0]?.used(fixture.clock.monotonic())];
		};
		equal(await ask(10, 1), "allowed");
		const before = [10, 1, 10, 10];
		deepEqual(await spent(), before);
		equal(await ask(1, 1_001), "quota_exceeded", "by a budget");
		equal(await ask(11, 1), "quota_exceeded", "by the quota");
		equal(await ask(41, 1), "rate_limited");
		deepEqual(await spent(), before);
		equal(await ask(10, 999), "allowed");
		deepEqual(await spent(), [20, 1_000, 20, 20]);
	});

	test("a smaller amount holds at once on every node, and what nodes had leased of the larger one comes back", async () => {
		const key = await newKey({ ...CREDITS, amount: 1_000_000 });
		equal(await allow(key, 30, each), 30);
		await update(key, { ...CREDITS, amount: 50 });
		equal(await allow(key, AT_ONCE, each), 20);
		await update(key, { ...CREDITS, amount: 60 });
		equal(await allow(key, AT_ONCE, each), 10, "what was used stays used");
		deepEqual(await used(key, CREDITS), [60]);
	});

	test("a renamed budget is another one; taking one away and setting it again is no way around it", async () => {
		const key = await newKey(CALLS);
		equal(await allow(key, 150, each), 100);
		await update(key);
		equal(await allow(key, 20, each), 20);
		await update(key, { ...CALLS, name: "renamed" });
		equal(await allow(key, 150, each), 100);
		await update(key, CALLS);
		equal(await allow(key, 20, each), 0);
	});

	test("both secrets of a key that is being replaced spend one budget", async () => {
		const key = await newKey(CALLS);
		equal(await allow(key, 60, one), 60);
		const { raw_key } = await rotateKey(fixture.context(node(0).node), { tenant_id, key_id: key.key_id });
		ok(raw_key !== null && raw_key !== undefined);
		equal(await allow({ ...key, raw_key }, 30, one), 30);
		equal(await allow(key, AT_ONCE, each), 10);
	});

	test("a warm key with a large budget does no I/O, and what its node has not spent comes back when it is idle or its budget is gone", async () => {
		const held = pausable(fixture.database);
		const other = await fixture.process({ quota_database: held.database });
		const large = { ...CREDITS, amount: 1_000_000 };
		const key = await newKey(large);
		equal(getCode(await other.ask(key.raw_key)), "allowed");
		const begun = held.begun;
		for (let request = 0; request < 1_000; request += 1) equal(getCode(await other.ask(key.raw_key)), "allowed");
		equal(held.begun, begun);
		deepEqual(await shown(key, other, large), [1_001], "what the answering node has leased and not spent is not used");
		await update(key);
		fixture.clock.advance(MINUTE_MS + 1);
		await other.ledger.returnIdle();
		deepEqual(await used(key, large), [1_001]);
		await other.node.stop();
	});

	test("a refusal names the budget that refills last, with when it does and what the request costs", async () => {
		const key = await newKey({ ...CALLS, amount: 5 }, { ...CREDITS, per: "week", amount: 5 });
		const { refusal: none } = await refuse(key, 5);
		equal(none, null);
		const week = spanAt("week", fixture.clock.now());
		const refills_at = new Date(week.until_ms).toISOString();
		const { refusal } = await refuse(key, 1);
		deepEqual(refusal?.metadata, { retry_after_seconds: (week.until_ms - fixture.clock.now()) / 1_000, members: { budget: "credits", refills_at } });
		deepEqual(refusal?.facts, { budget: "credits", unit: "credits", amount: 5, per: "week", cost: 1, refills_at });
		equal(refusal?.check, "budget");
		ok(refusal?.detail.includes('"credits"') && refusal.detail.includes(refills_at), refusal?.detail);
		const { refusal: never } = await refuse(key, 6);
		deepEqual(never?.metadata, { members: { budget: "calls", refills_at: null } }, "waiting does not help");
		const spent = await newKey({ ...CREDITS, amount: 1 });
		await refuse(spent, 1);
		deepEqual((await refuse(spent, 1)).refusal?.metadata, { members: { budget: "credits", refills_at: null } });
	});

	test("80 and 100 percent are announced once each per period, whichever nodes look", async () => {
		const key = await newKey({ ...CALLS, amount: 10 }, { ...CREDITS, amount: 3 });
		const told = async () => {
			await Promise.all(nodes.map(() => announceThresholds({ database: fixture.database, clock: fixture.clock })));
			const rows = await fixture.behind(
				"select data from keywright.outbox where type = 'budget.threshold' and data ->> 'key_id' = $1 order by data ->> 'budget', position",
				[key.key_id],
			);
			return rows.map(({ data }) => {
				const { budget, percent, used } = data as { budget: string; percent: number; used: number };
				return `${budget} ${percent} ${used}`;
			});
		};
		const spend = (calls: number, credits: number) => node(0).ask(key.raw_key, { budgets: new Map(Object.entries({ calls, credits })) });
		await spend(7, 2);
		deepEqual(await told(), []);
		await spend(1, 1);
		const first = ["calls 80 8", "credits 80 3", "credits 100 3"];
		deepEqual(await told(), first);
		await spend(2, 0);
		const all = ["calls 80 8", "calls 100 10", "credits 80 3", "credits 100 3"];
		deepEqual(await told(), all);
		await update(key, { ...CALLS, amount: 20 }, { ...CREDITS, amount: 3 });
		await spend(10, 0);
		deepEqual(await told(), all, "once in a period, whatever is edited");
		toMidnight();
		fixture.clock.advance(1);
		await spend(20, 0);
		deepEqual(await told(), ["calls 80 8", "calls 100 10", "calls 80 20", "calls 100 20", "credits 80 3", "credits 100 3"]);
		const [data] = await fixture.behind("select data from keywright.outbox where type = 'budget.threshold' and data ->> 'key_id' = $1 limit 1", [
			key.key_id,
		]);
		deepEqual(Object.keys(data?.data as object).toSorted(), [..."amount budget environment key_id name per percent resets_at unit used".split(" ")]);
	});

	test("what reaches a threshold just before its period ends is announced after it, with the period's own end, and not for ever", async () => {
		const keys = [await newKey({ ...CALLS, amount: 10 }), await newKey({ ...CALLS, amount: 10 })] as const;
		const told = async ({ key_id }: MadeKey) => {
			await announceThresholds({ database: fixture.database, clock: fixture.clock });
			const rows = await fixture.behind(
				"select data from keywright.outbox where type = 'budget.threshold' and data ->> 'key_id' = $1 order by position",
				[key_id],
			);
			return rows.map(({ data }) => (({ percent, resets_at }) => [percent, resets_at])(data as { percent: number; resets_at: string }));
		};
		toMidnight();
		const midnight = new Date(fixture.clock.now() + 1).toISOString();
		equal(getCode(await node(0).ask(keys[0].raw_key, { cost: 10 })), "allowed");
		fixture.clock.advance(1);
		deepEqual(await told(keys[0]), [
			[80, midnight],
			[100, midnight],
		]);
		equal(getCode(await node(0).ask(keys[0].raw_key, { cost: 8 })), "allowed");
		deepEqual((await told(keys[0])).length, 3, "the new period has thresholds of its own");
		toMidnight();
		equal(getCode(await node(0).ask(keys[1].raw_key, { cost: 10 })), "allowed");
		fixture.clock.advance(HOUR_MS);
		deepEqual(await told(keys[1]), []);
	});

	test("many budgets that reach a threshold at once are all announced, each once", async () => {
		const many = 45;
		const keys = await newKeys(many, { ...CALLS, amount: 1 });
		for (const { raw_key } of keys) equal(getCode(await node(0).ask(raw_key)), "allowed");
		const context = { database: fixture.database, clock: fixture.clock };
		const counts = await Promise.all(nodes.map(() => announceThresholds(context)));
		ok(counts.reduce((sum, count) => sum + count, 0) >= 2 * many);
		equal(await announceThresholds(context), 0);
		const rows = await fixture.behind(
			"select count(*)::int as events from keywright.outbox where type = 'budget.threshold' and data ->> 'key_id' = any ($1)",
			[keys.map(({ key_id }) => key_id)],
		);
		equal(rows[0]?.events, 2 * many);
	});

	test("a change of a key that has not committed keeps no request of it waiting, and none of its records", async () => {
		const key = await newKey(CALLS);
		await change(fixture.context(node(0).node), async (tx) => {
			ok(await lockKey(tx, tenant_id, key.key_id));
			equal(getCode(await node(1).ask(key.raw_key)), "allowed");
			await fixture.behind(
				"insert into keywright.usage_by_source values ($1, '2026-01-01', $2, '', 'GET x', 'src_x', 'unknown', 'none', null, 'allowed', false, 1)",
				[tenant_id, key.key_id],
			);
			return { unchanged: null };
		});
		deepEqual(await used(key, CALLS), [1]);
	});

	test("what was used in periods that ended long ago is deleted, and what never refills is kept", async () => {
		const key = await newKey(CALLS, CREDITS);
		equal(getCode(await node(0).ask(key.raw_key)), "allowed");
		const left = async () => (await fixture.behind("select name from keywright.budget_periods where key_id = $1 order by name", [key.key_id])).length;
		await sweepBudgets({ database: fixture.database, clock: fixture.clock });
		equal(await left(), 2);
		await sweepBudgets({ database: fixture.database, clock: new ManualClock(fixture.clock.now() + 42 * DAY_MS) });
		equal(await left(), 1);
	});

	async function refuse({ raw_key }: MadeKey, cost: number) {
		return { refusal: (await node(0).ask(raw_key, { cost })).denial };
	}

	test("the headers name each budget with its unit and window, and what this node knows of it", async () => {
		const { verifier, ledger } = node(0);
		const key = await newKey(CALLS, { ...CREDITS, amount: 5_000 });
		const decision = await node(0).ask(key.raw_key, { cost: 3 });
		const { grant } = decision;
		ok(grant !== null);
		const at = verifier.now();
		const t = Math.ceil((spanAt("day", at.now).until_ms - at.now) / 1_000);
		equal(getPolicyHeader(grant, at, null, ledger), '"calls";q=100;qu="requests";w=86400, "credits";q=5000;qu="credits"');
		equal(getRateLimitHeader(grant, at, null, ledger, decision.left), `"calls";r=97;t=${t}, "credits";r=4997`);
		equal(getRateLimitHeader(grant, at, null, ledger), `"calls";r=97;t=${t}, "credits";r=4997`);
		const { grant: elsewhere } = await node(1).ask(key.raw_key, { site_id: "nowhere" });
		ok(elsewhere !== null);
		equal(getRateLimitHeader(elsewhere, at, null, node(1).ledger), "", "a node that has not spent knows nothing");
		const month = await newKey({ ...CALLS, per: "month" });
		const { grant: monthly } = await node(0).ask(month.raw_key);
		const days = (spanAt("month", at.now).until_ms - spanAt("month", at.now).from_ms) / DAY_MS;
		ok(monthly !== null);
		equal(getPolicyHeader(monthly, at, null, ledger), `"calls";q=100;qu="requests";w=${days * 86_400}`);
	});

	test("many keys that are asked at once on three nodes spend exactly their budgets, also while blocks are returned", async () => {
		const keys = await newKeys(40, { ...CALLS, amount: 3 }, CREDITS);
		const returning = setInterval(() => void Promise.all(nodes.map(({ ledger }) => ledger.returnIdle())), 5);
		const allowed = await Promise.all(keys.map((key, index) => allow(key, 9, (request) => index + request)));
		clearInterval(returning);
		deepEqual(
			allowed,
			keys.map(() => 3),
		);
		for (const key of keys.slice(0, 5)) deepEqual(await used(key, { ...CALLS, amount: 3 }, CREDITS), [3, 3]);
	});

	test("the lease of a key that was deleted meanwhile fails alone, and the others of its transaction are spent", async () => {
		const key = await newKey({ ...CALLS, amount: 5 });
		const { ledger } = node(0);
		const gone = budgetAllowance(tenant_id, "key_deleted", CALLS);
		const there = budgetAllowance(tenant_id, key.key_id, { ...CALLS, amount: 5 });
		await Promise.all([ledger.lease(gone, 1), ledger.lease(there, 1)]);
		deepEqual([ledger.spend(gone, 1), ledger.spend(there, 1)], [false, true]);
	});
});
