import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../../testing/keys.ts";
import { createKey } from "../create.ts";
import { getKey } from "../read.ts";
import { updateKeySettings } from "../update.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

const CALLS = { name: "calls", unit: "requests", amount: 100, per: "day" } as const;
const CREDITS = { name: "credits", unit: "credits", amount: Number.MAX_SAFE_INTEGER, per: "total" } as const;
const BURST = { name: "burst", requests: 100, window_seconds: 60, per: "key" } as const;

/** The details of the newest entry in the tenant's audit chain. */
async function newestFacts(tenant_id: string): Promise<Record<string, unknown>> {
	const [row] = await fixture.behind("select details from audit_entries where chain = $1 order by seq desc limit 1", [tenant_id]);
	ok(row);
	const { facts } = row.details as { facts: Record<string, unknown> };
	return facts;
}

test("a key's budgets can be set, read, changed and removed, and each change is audited with what was before", async () => {
	const tenant_id = await fixture.tenant({ rate_limits: [BURST] });
	const { name, amount, per } = CALLS;
	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { budgets: [{ name, amount, per }] }));
	deepEqual(key.budgets, [CALLS], "without a unit it counts requests");
	deepEqual((await newestFacts(tenant_id)).budgets, [CALLS]);
	const ids = { tenant_id, key_id: key.id };
	deepEqual((await getKey(fixture.context(), ids)).budgets, [CALLS]);

	const wanted = [{ ...CALLS, amount: 50 }, CREDITS];
	deepEqual(await updateKeySettings(fixture.context(), { ...ids, budgets: wanted }), { ...key, budgets: wanted });
	const { before, after } = await newestFacts(tenant_id);
	deepEqual([before, after], [{ budgets: [CALLS] }, { budgets: wanted }]);

	const state = await fixture.state();
	await updateKeySettings(fixture.context(), { ...ids, budgets: wanted });
	equal(await fixture.state(), state, "a repeat changes nothing");
	deepEqual((await updateKeySettings(fixture.context(), { ...ids, budgets: [] })).budgets, []);
	deepEqual(await auditActions(fixture, tenant_id), ["tenant.created", "key.created", "key.updated", "key.updated"]);
});

test("a key has no budgets by default", async () => {
	const { key } = await createKey(fixture.context(), keyInput(await fixture.tenant()));
	deepEqual(key.budgets, []);
});

test("names of budgets are unique, and none is the name of a limit of the plan or of the key", async () => {
	const tenant_id = await fixture.tenant({ rate_limits: [BURST] });
	const slow = { name: "slow", requests: 10, window_seconds: 60 };
	const budgets = [CALLS, CALLS, { ...CALLS, name: "burst" }, { ...CALLS, name: "slow" }];
	const create = () => createKey(fixture.context(), keyInput(tenant_id, { budgets, rate_limits: [slow] }));
	const expected = ["/budgets/1/name", "/budgets/2/name", "/budgets/3/name"];
	deepEqual(getPointers(await refused(fixture, "invalid_request", create)), expected);

	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { budgets: [{ ...CALLS, name: "slow" }] }));
	const ids = { tenant_id, key_id: key.id };
	const limit = () => updateKeySettings(fixture.context(), { ...ids, rate_limits: [slow] });
	deepEqual(getPointers(await refused(fixture, "invalid_request", limit)), ["/rate_limits/0/name"]);
	await updateKeySettings(fixture.context(), { ...ids, rate_limits: [slow], budgets: [CALLS] });
});

test("a key keeps its budgets when the plan gets a limit of the same name", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { budgets: [CALLS] }));
	await fixture.replan(tenant_id, { rate_limits: [{ ...BURST, name: CALLS.name }] });
	const budgets = [{ ...CALLS, amount: 7 }];
	deepEqual((await updateKeySettings(fixture.context(), { tenant_id, key_id: key.id, budgets })).budgets, budgets);
});
