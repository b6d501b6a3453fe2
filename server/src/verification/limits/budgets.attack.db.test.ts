import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../../testing/verification.ts";
import { read } from "../../database/transaction.ts";
import type { Budget } from "../../keys/budgets/budget.ts";
import { updateKeySettings } from "../../keys/update.ts";
import { readBudgetUse } from "../../m2m/budgets.ts";
import type { Question } from "../question.ts";
import { budgetAllowance } from "./allowance.ts";
import { announceThresholds } from "./thresholds.ts";

const AMOUNT = 100;
const REQUESTS = 600;
const EDITS = 12;
/** After this a node asks again for what it found used up. */
const ASKED_AGAIN_MS = 1_001;
const CREDITS: Budget = { name: "credits", unit: "credits", amount: AMOUNT, per: "total" };

suite("a tenant that edits its budgets while it spends them", () => {
	let fixture: VerificationFixture;
	let nodes: Process[];
	let tenant_id: string;

	before(async () => {
		fixture = await verificationFixture();
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
	const update = ({ key_id }: MadeKey, budgets: readonly Budget[], on: number) =>
		updateKeySettings(fixture.context(node(on).node), { tenant_id, key_id, budgets });

	/** Sends all requests to all nodes at once; returns what they spent in all. */
	async function spendOn(key: MadeKey, question: Partial<Question> = {}): Promise<number> {
		const decisions = await Promise.all(Array.from({ length: REQUESTS }, (_, request) => node(request).ask(key.raw_key, question)));
		const codes = decisions.map(getCode);
		deepEqual(
			codes.filter((code) => code !== "allowed" && code !== "quota_exceeded"),
			[],
		);
		return codes.filter((code) => code === "allowed").length;
	}

	async function usedOf({ key_id }: MadeKey, budget = CREDITS): Promise<number | undefined> {
		for (const { ledger } of nodes) await ledger.returnAll();
		const context = fixture.context(node(0).node);
		const [use] = await read(context, (tx) => readBudgetUse(tx, [budgetAllowance(tenant_id, key_id, budget)], node(0).ledger, context.clock.now()));
		return use?.used;
	}

	test("amounts that change during 600 requests on three nodes let no more through than the largest, and what is used is exact", async () => {
		const key = await newKey(CREDITS);
		const spending = spendOn(key);
		for (let edit = 0; edit < EDITS; edit += 1) await update(key, [{ ...CREDITS, amount: edit % 2 === 0 ? AMOUNT / 2 : AMOUNT }], edit);
		const at_first = await spending;
		fixture.clock.advance(ASKED_AGAIN_MS);
		const allowed = at_first + (await spendOn(key));
		equal(allowed, AMOUNT);
		equal(await usedOf(key), AMOUNT);
	});

	test("names, units and periods that change during requests refill nothing", async () => {
		const key = await newKey(CREDITS);
		const spending = spendOn(key);
		const others: Budget[] = [{ ...CREDITS, name: "other" }, CREDITS, { ...CREDITS, per: "day" }, { ...CREDITS, unit: "euros" }];
		for (const [edit, budget] of others.entries()) await update(key, [budget], edit);
		await spending;
		await update(key, [CREDITS], 0);
		fixture.clock.advance(ASKED_AGAIN_MS);
		await spendOn(key);
		equal(await usedOf(key), AMOUNT);
		equal(await spendOn(key), 0);
	});

	test("the largest amount and the largest costs are exact: nothing overflows, and a cost that does not fit takes nothing", async () => {
		const most = { ...CREDITS, amount: Number.MAX_SAFE_INTEGER };
		const key = await newKey(most, { ...CREDITS, name: "small", amount: 1 });
		const cost = 1_000_000;
		const budgets = new Map([
			["credits", cost],
			["small", 0],
		]);
		for (let request = 0; request < 6; request += 1) equal(getCode(await node(request).ask(key.raw_key, { budgets, cost: 1 })), "allowed");
		equal(getCode(await node(0).ask(key.raw_key, { budgets: new Map([["credits", cost]]), cost: 2 })), "quota_exceeded");
		equal(await usedOf(key, most), 6 * cost);
		await announceThresholds({ database: fixture.database, clock: fixture.clock });
	});

	test("the budgets of another tenant's key of the same names are its own", async () => {
		const key = await newKey(CREDITS);
		const foreign = await fixture.tenant(node(0).node);
		const other = await fixture.key(node(0).node, foreign, { budgets: [CREDITS] });
		const [own, theirs] = await Promise.all([spendOn(key), spendOn(other)]);
		deepEqual([own, theirs], [AMOUNT, AMOUNT]);
	});
});
