import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../testing/keys.ts";
import { ApiError } from "../core/error.ts";
import { read } from "../database/transaction.ts";
import { updateTenant } from "../tenants/tenants.ts";
import { createKey } from "./create.ts";
import { readKeys } from "./list-store.ts";
import { getKey } from "./read.ts";
import { revokeKey } from "./revocation/revoke.ts";
import { parseRawKey } from "./secrets/format.ts";
import { secretMatches } from "./secrets/mac.ts";

const DAY_MS = 86_400_000;
let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

async function getKeys(tenant_id: string) {
	const window = { sort: "created", order: "desc", after: null, rows_max: 1_000 } as const;
	const rows = await read(fixture.context(), (tx) => readKeys(tx, tenant_id, {}, window, new Date(fixture.clock.now())));
	return rows.map(({ key }) => key);
}

test("creating a key returns the whole key, with a raw key that matches the stored MAC", async () => {
	const tenant_id = await fixture.tenant();
	await fixture.site(tenant_id, "shop", "prod");
	const context = fixture.context();
	const { key, raw_key, warnings } = await createKey(context, {
		tenant_id,
		name: "  prod-order-bot ",
		environment: "prod",
		owner: { name: " Ada ", email: "ada@example.com" },
		integration: " order bot ",
		labels: { team: "shop" },
		permissions: ["documents:write", "documents:read", "documents:write"],
		site_ids: ["shop", "shop"],
		allowed_ips: ["10.1.2.3/8", "192.0.2.7"],
	});
	assert.equal(warnings, undefined);
	const now = new Date(fixture.clock.now());
	const parsed = parseRawKey("kw", raw_key);
	assert(parsed && raw_key.startsWith("kw_prod_"));
	assert.deepEqual(key, {
		id: key.id,
		tenant_id,
		name: "prod-order-bot",
		environment: "prod",
		owner: { name: "Ada", email: "ada@example.com" },
		integration: "order bot",
		labels: { team: "shop" },
		permissions: ["documents:write", "documents:read"],
		site_ids: ["shop"],
		allowed_ips: ["10.0.0.0/8", "192.0.2.7"],
		client_policy: null,
		canary: false,
		canary_used_at: null,
		rate_limits: [],
		budgets: [],
		status: "active",
		created_at: now.toISOString(),
		created_by: { kind: "operator", name: "operator token" },
		expires_at: null,
		rotate_every_days: 90,
		auto_rotate: null,
		rotation_due_at: new Date(now.getTime() + 90 * DAY_MS).toISOString(),
		last_used_at: null,
		last_check_at: null,
		exposed_at: null,
		exposure: [],
		usage_24h: 0,
		revoked_at: null,
		revoked_by: null,
		revoke_reason: null,
		revoke_note: null,
		secrets: [
			{
				kid: parsed.kid,
				last4: raw_key.slice(-4),
				imported: false,
				status: "issued",
				created_at: now.toISOString(),
				first_used_at: null,
				last_used_at: null,
				retires_at: null,
				kept_in: null,
			},
		],
		handover: null,
		rotation: null,
	});
	assert.deepEqual(await getKey(context, { tenant_id, key_id: key.id }), key);
	const stored = await read(context, (tx) => tx.selectFrom("secrets").selectAll().where("kid", "=", parsed.kid).executeTakeFirstOrThrow());
	const identity = { key_id: key.id, kid: parsed.kid, tenant_id, environment: "prod" };
	assert(secretMatches(context.peppers, identity, parsed.secret, stored));
	assert(!secretMatches(context.peppers, { ...identity, environment: "dev" }, parsed.secret, stored));
	assert.deepEqual((await auditActions(fixture, tenant_id)).at(-1), "key.created");
});

test("omitted permissions default to all of the plan except key:rotate; an empty list grants none", async () => {
	const tenant_id = await fixture.tenant({ capabilities: ["m2m_api"] });
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	assert.deepEqual(key.permissions, ["sites:read", "tenant:read", "usage:read"]);
	await fixture.replan(tenant_id, { capabilities: ["m2m_api", "documents"] });
	assert.deepEqual((await getKey(fixture.context(), { tenant_id, key_id: key.id })).permissions, ["sites:read", "tenant:read", "usage:read"]);
	const none = await createKey(fixture.context(), keyInput(tenant_id, { permissions: [], site_ids: [] }));
	assert.deepEqual([none.key.permissions, none.key.site_ids], [[], []]);
	const rotating = await createKey(fixture.context(), keyInput(tenant_id, { permissions: ["key:rotate"] }));
	assert.deepEqual(rotating.key.permissions, ["key:rotate"]);
});

test("neither a raw key nor its secret is in any table", async () => {
	const tenant_id = await fixture.tenant();
	const context = fixture.context({ idempotency_key: "once" });
	const { raw_key, key } = await createKey(context, keyInput(tenant_id));
	await revokeKey(fixture.context(), { tenant_id, key_id: key.id, reason: "other" });
	const dump = await fixture.dump();
	const parsed = parseRawKey("kw", raw_key);
	assert(parsed && dump.includes(parsed.kid), "the dump holds the key's rows");
	assert(!dump.includes(raw_key));
	assert(!dump.includes(parsed.secret));
	assert(!dump.includes(Buffer.from(parsed.secret).toString("hex")));
});

test("invalid settings are refused with a pointer to each mistake", async () => {
	const tenant_id = await fixture.tenant({ max_key_lifetime_days: 30 });
	const other = await fixture.tenant();
	await fixture.site(tenant_id, "prod-shop", "prod");
	await fixture.site(tenant_id, "dev-shop", "dev");
	await fixture.site(tenant_id, "any-shop");
	await fixture.site(other, "foreign-shop");
	const past = new Date(fixture.clock.now() - 1).toISOString();
	const wrong = keyInput(tenant_id, {
		permissions: ["sites:read", "sites:paint"],
		site_ids: ["any-shop", "dev-shop", "prod-shop", "foreign-shop"],
		allowed_ips: ["192.0.2.1", "300.1.1.1", "10.0.0.0/33"],
		expires_at: past,
	});
	const failure = await refused(fixture, "invalid_request", () => createKey(fixture.context(), wrong));
	assert.deepEqual(getPointers(failure), ["/permissions/1", "/site_ids/1", "/site_ids/3", "/allowed_ips/1", "/allowed_ips/2", "/expires_at"]);
	const details = (failure.metadata.errors ?? []).map((error) => error.detail).join("\n");
	assert.match(details, /documents:read, documents:write, key:rotate, sites:read, tenant:read, usage:read/);
	assert.match(details, /is a dev site, where a prod key is always refused/);
	assert(!details.includes("foreign-shop") && !details.includes("sites:paint"), "echoes input");
	for (const expires_at of [null, new Date(fixture.clock.now() + 31 * DAY_MS).toISOString()]) {
		const late = await refused(fixture, "invalid_request", () => createKey(fixture.context(), keyInput(tenant_id, { expires_at })));
		assert.match(late.metadata.errors?.[0]?.detail ?? "", new RegExp(new Date(fixture.clock.now() + 30 * DAY_MS).toISOString()));
	}
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	assert.equal(key.expires_at, new Date(fixture.clock.now() + 30 * DAY_MS).toISOString());
});

test("a permission outside the plan is refused with the capability's name", async () => {
	const without = await fixture.tenant({ capabilities: ["documents"] });
	const failure = await refused(fixture, "capability_not_in_plan", () => createKey(fixture.context(), keyInput(without)));
	assert.equal(failure.metadata.members?.capability, "m2m_api");
	const partly = await fixture.tenant({ capabilities: ["m2m_api"] });
	const second = await refused(fixture, "capability_not_in_plan", () =>
		createKey(fixture.context(), keyInput(partly, { permissions: ["documents:read"] })),
	);
	assert.equal(second.metadata.members?.capability, "documents");
});

test("no key is created in a suspended or an unknown tenant", async () => {
	const tenant_id = await fixture.tenant();
	await updateTenant(fixture.context(), { tenant_id, status: "suspended" });
	await refused(fixture, "tenant_suspended", () => createKey(fixture.context(), keyInput(tenant_id)));
	await refused(fixture, "not_found", () => createKey(fixture.context(), keyInput("nobody")));
});

test("vague and duplicate names, and production keys without rotation or expiry, cause warnings", async () => {
	const tenant_id = await fixture.tenant();
	const codes = async (overrides: Parameters<typeof keyInput>[1]) =>
		(await createKey(fixture.context(), keyInput(tenant_id, overrides))).warnings?.map(({ code }) => code);
	assert.deepEqual(await codes({ name: "test" }), ["name_vague"]);
	assert.deepEqual(await codes({ name: "order-bot" }), undefined);
	assert.deepEqual(await codes({ name: "ORDER-bot", rotate_every_days: null }), ["name_duplicate", "never_replaced"]);
	const [newest, older] = (await getKeys(tenant_id)).filter((key) => key.name.toLowerCase() === "order-bot");
	for (const key of [newest, older]) await revokeKey(fixture.context(), { tenant_id, key_id: key?.id ?? "", reason: "other" });
	assert.deepEqual(await codes({ name: "order-bot" }), undefined, "a revoked key takes no name");
});

test("a plan of 5 keys allows exactly 5 of 30 concurrent requests, and one more after one is revoked", async () => {
	const tenant_id = await fixture.tenant({ limits: { api_keys: 5 } });
	const answers = await Promise.allSettled(Array.from({ length: 30 }, () => createKey(fixture.context(), keyInput(tenant_id))));
	const refusals = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
	assert.equal(refusals.length, 25);
	for (const refusal of refusals) {
		assert(refusal instanceof ApiError && refusal.code === "conflict", String(refusal));
		assert.deepEqual(refusal.metadata.members, { max: 5, used: 5 });
	}
	const keys = await getKeys(tenant_id);
	assert.equal(keys.length, 5);
	assert.equal((await auditActions(fixture, tenant_id)).filter((action) => action === "key.created").length, 5);
	await refused(fixture, "conflict", () => createKey(fixture.context(), keyInput(tenant_id)));
	await revokeKey(fixture.context(), { tenant_id, key_id: keys[0]?.id ?? "", reason: "integration_retired" });
	await createKey(fixture.context(), keyInput(tenant_id, { expires_at: new Date(fixture.clock.now() + 1_000).toISOString() }));
	fixture.clock.advance(1_000);
	await createKey(fixture.context(), keyInput(tenant_id));
	await refused(fixture, "conflict", () => createKey(fixture.context(), keyInput(tenant_id)));
});

test("a repeat with the same Idempotency-Key names the created key and creates no second one", async () => {
	const tenant_id = await fixture.tenant({ limits: { api_keys: 1 } });
	const context = fixture.context({ idempotency_key: "retry-1" });
	const { key } = await createKey(context, keyInput(tenant_id));
	const repeat = await refused(fixture, "secret_already_issued", () => createKey(context, keyInput(tenant_id)));
	assert.deepEqual(repeat.metadata.members, { key_id: key.id });
	await refused(fixture, "idempotency_mismatch", () => createKey(context, keyInput(tenant_id, { name: "prod-other-bot" })));
	assert.equal((await getKeys(tenant_id)).length, 1);
	const other = await fixture.tenant();
	await createKey(context, keyInput(other));
});

test("10 repeats at once make one key, and the others name it", async () => {
	const tenant_id = await fixture.tenant();
	const context = fixture.context({ idempotency_key: "retry-2" });
	const answers = await Promise.allSettled(Array.from({ length: 10 }, () => createKey(context, keyInput(tenant_id))));
	const made = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value.key.id] : []));
	assert.equal(made.length, 1);
	for (const answer of answers) {
		if (answer.status === "fulfilled") continue;
		assert(answer.reason instanceof ApiError && answer.reason.code === "secret_already_issued", String(answer.reason));
		assert.equal(answer.reason.metadata.members?.key_id, made[0]);
	}
	assert.equal((await getKeys(tenant_id)).length, 1);
});

test("a refused request leaves its Idempotency-Key free", async () => {
	const tenant_id = await fixture.tenant();
	const context = fixture.context({ idempotency_key: "retry-3" });
	await refused(fixture, "invalid_request", () => createKey(context, keyInput(tenant_id, { site_ids: ["nowhere"] })));
	await createKey(context, keyInput(tenant_id));
});

test("who made a key is kept with it", async () => {
	const tenant_id = await fixture.tenant();
	const actor = { kind: "member", id: "mem_1", name: "Grace", email: "grace@example.com" } as const;
	const { key } = await createKey(fixture.context({ actor, scope: tenant_id }), keyInput(tenant_id));
	assert.deepEqual(key.created_by, { kind: "member", id: "mem_1", name: "Grace" });
});
