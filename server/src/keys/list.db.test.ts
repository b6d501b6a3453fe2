import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sql } from "kysely";
import { getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../testing/keys.ts";
import { record } from "../audit/record.ts";
import { inTransaction, read } from "../database/transaction.ts";
import { aggregateUsage } from "../usage/aggregate.ts";
import { appendFlush } from "../usage/flush-store.ts";
import { UNKNOWN_SOURCE } from "../usage/sources/source.ts";
import { createKey } from "./create.ts";
import { readKeys } from "./list-store.ts";
import { pauseKey } from "./pause.ts";
import { getKey, keyFilterOptions, listKeys } from "./read.ts";
import { revokeKey } from "./revocation/revoke.ts";
import { readSecrets } from "./secrets/store.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

test("pages list each key once from newest to oldest, also among keys created at the same instant", async () => {
	const tenant_id = await fixture.tenant();
	const made: string[] = [];
	for (let n = 0; n < 7; n += 1) {
		if (n % 3 === 0) fixture.clock.advance(1);
		made.push((await createKey(fixture.context(), keyInput(tenant_id, { name: `bot ${n}` }))).key.id);
	}
	const context = fixture.context({ scope: tenant_id });
	const seen: { id: string; created_at: string }[] = [];
	let cursor: string | undefined;
	do {
		const page = await listKeys(context, { tenant_id, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
		assert(page.data.length <= 2);
		seen.push(...page.data);
		cursor = page.next_cursor ?? undefined;
	} while (cursor !== undefined);
	assert.deepEqual(seen.map((key) => key.id).sort(), made.sort());
	const times = seen.map((key) => key.created_at);
	assert.deepEqual(times, [...times].sort().reverse());
	const failure = await refused(fixture, "invalid_request", () => listKeys(context, { tenant_id, cursor: "bm9uc2Vuc2U" }));
	assert.deepEqual(getPointers(failure), ["/query/cursor"]);
});

test("a list is filtered by status, environment, integration, owner and part of the name", async () => {
	const tenant_id = await fixture.tenant();
	const make = async (overrides: Parameters<typeof keyInput>[1]) => (await createKey(fixture.context(), keyInput(tenant_id, overrides))).key.id;
	await fixture.member(tenant_id, "mem_1");
	const active = await make({ name: "100% Order_Bot", integration: "orders", owner: { name: "Ada", email: "Ada@Example.com", member_id: "mem_1" } });
	const paused = await make({ name: "staging-crm", environment: "staging" });
	const expired = await make({ name: "dev-tool", environment: "dev", expires_at: new Date(fixture.clock.now() + 10).toISOString() });
	const revoked = await make({ name: "old-order-bot", owner: "Grace" });
	await pauseKey(fixture.context(), { tenant_id, key_id: paused });
	await pauseKey(fixture.context(), { tenant_id, key_id: expired });
	await pauseKey(fixture.context(), { tenant_id, key_id: revoked });
	await revokeKey(fixture.context(), { tenant_id, key_id: revoked, reason: "other" });
	fixture.clock.advance(10);
	const find = async (filters: Omit<Parameters<typeof listKeys>[1], "tenant_id">) =>
		(await listKeys(fixture.context(), { tenant_id, ...filters })).data.map((key) => key.id).sort();
	for (const [status, key_id] of Object.entries({ active, paused, expired, revoked })) {
		assert.deepEqual(await find({ status: status as "active" }), [key_id], status);
		assert.equal((await getKey(fixture.context(), { tenant_id, key_id })).status, status);
	}
	assert.deepEqual(await find({ environment: "staging" }), [paused]);
	assert.deepEqual(await find({ integration: "orders" }), [active]);
	assert.deepEqual(await find({ owner: "grace" }), [revoked]);
	assert.deepEqual(await find({ owner: "ada@example.com" }), [active]);
	assert.deepEqual(await find({ owner: "mem_1" }), [active]);
	assert.deepEqual(await find({ search: "ORDER" }), [active, revoked].sort());
	assert.deepEqual(await find({ search: "%" }), [active]);
	assert.deepEqual(await find({ search: "r_B" }), [active]);
	assert.deepEqual(await find({ search: "\\" }), []);
	assert.deepEqual(await find({ search: "order", status: "revoked" }), [revoked]);
});

test("a key is found by what a log or a leak report names, also by an ended secret, and the matches are counted", async () => {
	const tenant_id = await fixture.tenant();
	const other = await fixture.tenant();
	const { key, raw_key } = await createKey(fixture.context(), keyInput(tenant_id, { name: "twin one" }));
	const foreign = await createKey(fixture.context(), keyInput(other, { name: "twin three" }));
	await createKey(fixture.context(), keyInput(tenant_id, { name: "twin two" }));
	const [secret] = key.secrets;
	assert(secret);
	const find = (search: string) => listKeys(fixture.context(), { tenant_id, search, total: true, limit: 1 });
	await revokeKey(fixture.context(), { tenant_id, key_id: key.id, reason: "other" });
	for (const text of [key.id, secret.kid, secret.last4]) {
		const { data, total } = await find(text);
		assert.deepEqual([data.map(({ id }) => id), total], [[key.id], 1], text);
	}
	assert.equal((await find("TWIN")).total, 2, "all that match, not only those of the page");
	for (const text of [raw_key, foreign.key.id, foreign.key.secrets[0]?.kid ?? "", secret.kid.slice(1)]) assert.equal((await find(text)).total, 0);
});

test("filter options cover all keys of the tenant, not only the first hundred", async () => {
	const tenant_id = await fixture.tenant();
	const other = await fixture.tenant();
	assert.deepEqual(await keyFilterOptions(fixture.context({ scope: tenant_id }), { tenant_id }), {
		any: false,
		live_names: [],
		integrations: [],
		owners: [],
	});
	await createKey(fixture.context(), keyInput(tenant_id, { name: "first", integration: "zebra", owner: "Grace" }));
	for (let n = 0; n < 101; n += 1)
		await createKey(fixture.context(), keyInput(tenant_id, { name: n % 2 === 0 ? "twin" : "Bot", integration: "orders", owner: "ada" }));
	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { name: "gone", owner: "Hopper" }));
	await revokeKey(fixture.context(), { tenant_id, key_id: key.id, reason: "other" });
	await createKey(fixture.context(), keyInput(other, { name: "foreign", integration: "foreign", owner: "Foreigner" }));
	const options = await keyFilterOptions(fixture.context({ scope: tenant_id }), { tenant_id });
	assert.deepEqual(options, {
		any: true,
		live_names: ["Bot", "first", "twin"],
		integrations: ["orders", "zebra"],
		owners: ["ada", "Grace", "Hopper"],
	});
	const foreign = await keyFilterOptions(fixture.context({ scope: tenant_id }), { tenant_id: other });
	assert.equal(foreign.any, false);
});

test("a key is listed with its usage and that of its secrets", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const kid = key.secrets[0]?.kid ?? "";
	const used_ms = fixture.clock.now();
	const minute = Math.floor(used_ms / 60_000);
	const code = "allowed" as const;
	const batch = {
		facts: 0,
		keys: [
			{
				tenant_id,
				key_id: key.id,
				kid,
				minute,
				code,
				requests: 3,
				first_ms: used_ms - 5,
				last_ms: used_ms,
				source: UNKNOWN_SOURCE,
				last_success: null,
				target: null,
			},
		],
		operations: [],
		key_checks: [{ tenant_id, key_id: key.id, last_check_ms: used_ms - 1 }],
		uses: [],
		secret_operations: [],
	};
	await record(fixture.context(), (tx) => appendFlush(tx, { flusher_id: "flusher", flush_number: 1, batch }));
	await aggregateUsage(fixture.context());
	const [listed] = (await listKeys(fixture.context(), { tenant_id })).data;
	assert.equal(listed?.usage_24h, 3);
	assert.equal(listed.last_used_at, new Date(used_ms).toISOString());
	assert.equal(listed.last_check_at, new Date(used_ms - 1).toISOString());
	assert.deepEqual([listed.secrets[0]?.status, listed.secrets[0]?.first_used_at], ["current", new Date(used_ms - 5).toISOString()]);
});

test("a key is not found in another tenant, and its row is invisible in that scope", async () => {
	const mine = await fixture.tenant();
	const theirs = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(theirs));
	await refused(fixture, "not_found", () => getKey(fixture.context({ scope: mine }), { tenant_id: mine, key_id: key.id }));
	await refused(fixture, "not_found", () => getKey(fixture.context({ scope: mine }), { tenant_id: theirs, key_id: key.id }));
	assert.deepEqual((await listKeys(fixture.context({ scope: mine }), { tenant_id: theirs })).data, []);
	await read(fixture.context({ scope: mine }), async (tx) => {
		assert.deepEqual(await readKeys(tx, theirs, {}, { sort: "created", order: "desc", after: null, rows_max: 10 }, new Date()), []);
		assert.equal((await readSecrets(tx, theirs, [key.id])).size, 0);
	});
	const context = fixture.context({ scope: mine });
	await assert.rejects(createKey(context, keyInput(theirs)), { code: "not_found" });
	const touched = await inTransaction(fixture.db.database, mine, async (tx) => {
		const updated = await sql`update keywright.keys set name = 'taken over' where id = ${key.id}`.execute(tx);
		return updated.numAffectedRows;
	});
	assert.equal(touched, 0n);
	await assert.rejects(
		inTransaction(fixture.db.database, mine, (tx) =>
			sql`insert into keywright.secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4) values ('000000000000', ${theirs}, ${key.id}, '', 1, '', '')`.execute(
				tx,
			),
		),
		/row-level security/,
	);
});
