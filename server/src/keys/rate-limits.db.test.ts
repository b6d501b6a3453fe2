import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../testing/keys.ts";
import { createKey } from "./create.ts";
import { getKey } from "./read.ts";
import { updateKeySettings } from "./update.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

const SLOW = { name: "slow", requests: 10, window_seconds: 60 };
const DAILY = { name: "hourly", requests: 50, window_seconds: 3_600 };
const BURST = { name: "burst", requests: 100, window_seconds: 60, per: "key" as const };

/** The details of the newest entry in the tenant's audit chain. */
async function newestFacts(tenant_id: string): Promise<Record<string, unknown>> {
	const [row] = await fixture.behind("select details from audit_entries where chain = $1 order by seq desc limit 1", [tenant_id]);
	ok(row);
	const { facts } = row.details as { facts: Record<string, unknown> };
	return facts;
}

test("a key's own rate limits can be set, read, changed and removed, and each change is audited", async () => {
	const tenant_id = await fixture.tenant({ rate_limits: [BURST] });
	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { rate_limits: [SLOW] }));
	deepEqual(key.rate_limits, [SLOW]);
	deepEqual((await newestFacts(tenant_id)).rate_limits, [SLOW]);
	const ids = { tenant_id, key_id: key.id };
	deepEqual((await getKey(fixture.context(), ids)).rate_limits, [SLOW]);

	const changed = await updateKeySettings(fixture.context(), { ...ids, rate_limits: [{ ...SLOW, requests: 20 }, DAILY] });
	deepEqual(changed, { ...key, rate_limits: [{ ...SLOW, requests: 20 }, DAILY] });
	const { before, after } = await newestFacts(tenant_id);
	deepEqual([before, after], [{ rate_limits: [SLOW] }, { rate_limits: [{ ...SLOW, requests: 20 }, DAILY] }]);

	const state = await fixture.state();
	await updateKeySettings(fixture.context(), { ...ids, rate_limits: [{ ...SLOW, requests: 20 }, DAILY] });
	equal(await fixture.state(), state, "a repeat changes nothing");
	deepEqual((await updateKeySettings(fixture.context(), { ...ids, rate_limits: [] })).rate_limits, []);
	deepEqual(await auditActions(fixture, tenant_id), ["tenant.created", "key.created", "key.updated", "key.updated"]);
});

test("a key has no own rate limits by default", async () => {
	const { key } = await createKey(fixture.context(), keyInput(await fixture.tenant()));
	deepEqual(key.rate_limits, []);
});

test("limits that the plan makes useless or whose names it has are refused with all pointers, including the tenant's own limits", async () => {
	const tenant_id = await fixture.tenant({ rate_limits: [BURST] });
	const wanted = [SLOW, { ...BURST, per: undefined, requests: 30 }, { name: "fast", requests: 100, window_seconds: 60 }].map(
		({ name, requests, window_seconds }) => ({ name, requests, window_seconds }),
	);
	const failure = await refused(fixture, "invalid_request", () => createKey(fixture.context(), keyInput(tenant_id, { rate_limits: wanted })));
	deepEqual(getPointers(failure), ["/rate_limits/1/name", "/rate_limits/2/requests"]);
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const update = () => updateKeySettings(fixture.context(), { tenant_id, key_id: key.id, rate_limits: wanted });
	deepEqual(getPointers(await refused(fixture, "invalid_request", update)), ["/rate_limits/1/name", "/rate_limits/2/requests"]);
});

test("a key keeps its limits when the plan gets a stricter one or one of the same name", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { rate_limits: [SLOW] }));
	await fixture.replan(tenant_id, { rate_limits: [{ ...SLOW, requests: 1, per: "tenant" }] });
	const ids = { tenant_id, key_id: key.id };
	deepEqual((await updateKeySettings(fixture.context(), { ...ids, rate_limits: [SLOW, DAILY] })).rate_limits, [SLOW, DAILY]);
});
