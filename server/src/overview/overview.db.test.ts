import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { type KeysFixture, keyInput, keysFixture } from "../../testing/keys.ts";
import { ApiError } from "../core/error.ts";
import { connectDatabase } from "../database/database.ts";
import { createKey } from "../keys/create.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { putPlan } from "../plans/plans.ts";
import { createTenant, updateTenant } from "../tenants/tenants.ts";
import { Ledger } from "../verification/limits/ledger.ts";
import { BacklogReader } from "./backlog.ts";
import { planUse, previewPlan, previewTenantPlan } from "./plan-impact.ts";
import { type TenantsRequest, tenantsOverview } from "./tenants.ts";

const WIDE = { plan_id: "wide", name: "Wide", capabilities: ["m2m_api", "documents"], quota_requests_per_month: 1_000, limits: { api_keys: 5 } };
const HOSTILE = "50%_off \\ <b>שלום</b> 🔑";

const OPERATIONS = new Map([["GET /documents", "documents:read"]]);

let fixture: KeysFixture;
let ledger: Ledger;

before(async () => {
	fixture = await keysFixture();
	ledger = new Ledger({ database: fixture.db.database, clock: fixture.clock, log: testLog });
	const context = fixture.context();
	await putPlan(context, WIDE);
	await putPlan(context, { plan_id: "narrow", name: "Narrow", capabilities: ["m2m_api"], limits: { api_keys: 1 } });
	await createTenant(context, { id: "acme", name: "Acme", plan_id: "wide", external_id: "cus_1" });
	await createTenant(context, { id: "beta", name: "Beta", plan_id: "wide", limits: { api_keys: 9 } });
	await createTenant(context, { id: "odd", name: HOSTILE, plan_id: "narrow" });
	for (const tenant_id of ["acme", "acme", "beta", "beta"])
		await createKey(context, { ...keyInput(tenant_id), permissions: ["documents:read", "tenant:read"] });
	const { key } = await createKey(context, keyInput("acme"));
	await revokeKey(context, { tenant_id: "acme", key_id: key.id, reason: "other" });
	const [hour, day_ago] = [new Date(fixture.clock.now()), new Date(fixture.clock.now() - 25 * 3_600_000)];
	for (const [tenant_id, start, code, requests] of [
		["acme", hour, "allowed", 7],
		["acme", hour, "key_expired", 2],
		["beta", hour, "allowed", 90],
		["odd", day_ago, "allowed", 5],
	])
		await fixture.behind("insert into usage_operations values ($1, '', 'op', 60, date_trunc('minute', $2::timestamptz), $3, $4)", [
			tenant_id,
			start,
			code,
			requests,
		]);
	await fixture.behind("insert into quota_periods values ('acme', date_trunc('month', $1::timestamptz at time zone 'utc'), 800)", [hour]);
});
after(() => fixture.db.close());

async function listed(input: TenantsRequest = {}): Promise<string[]> {
	return (await tenantsOverview({ ...fixture.context(), ledger }, input)).data.map(({ id }) => id);
}

test("the list has the live keys, the day's requests and the quota of each tenant, the busiest first", async () => {
	const { data, total } = await tenantsOverview({ ...fixture.context(), ledger }, {});
	equal(total, 3);
	deepEqual(
		data.map(({ id, plan, has_api, keys, requests_24h, ever_called, quota }) => ({ id, plan, has_api, keys, requests_24h, ever_called, quota })),
		[
			{
				id: "beta",
				plan: { id: "wide", name: "Wide" },
				has_api: true,
				keys: 2,
				requests_24h: { allowed: 90, refused: 0 },
				ever_called: true,
				quota: { requests: 1_000, used: 0 },
			},
			{
				id: "acme",
				plan: { id: "wide", name: "Wide" },
				has_api: true,
				keys: 2,
				requests_24h: { allowed: 7, refused: 2 },
				ever_called: true,
				quota: { requests: 1_000, used: 800 },
			},
			{
				id: "odd",
				plan: { id: "narrow", name: "Narrow" },
				has_api: true,
				keys: 0,
				requests_24h: { allowed: 0, refused: 0 },
				ever_called: true,
				quota: null,
			},
		],
	);
});

test("a tenant is found by a part of its name, id or external id, and no character of the search is a wildcard", async () => {
	deepEqual(await listed({ search: "ACM" }), ["acme"]);
	deepEqual(await listed({ search: "cus_" }), ["acme"]);
	deepEqual(await listed({ search: "%_off \\" }), ["odd"]);
	deepEqual(await listed({ search: "שלום" }), ["odd"]);
	deepEqual(await listed({ search: "_" }), ["acme", "odd"]);
	deepEqual(await listed({ search: "no such" }), []);
});

test("the list is filtered, sorted and cut into pages, and the total counts all that match", async () => {
	deepEqual(await listed({ plan_id: "wide", sort: "name", order: "asc" }), ["acme", "beta"]);
	deepEqual(await listed({ sort: "keys", order: "asc" }), ["odd", "acme", "beta"]);
	const second = await tenantsOverview({ ...fixture.context(), ledger }, { sort: "name", order: "asc", limit: 2, page: 2 });
	deepEqual([second.data.map(({ id }) => id), second.total], [["beta"], 3]);
	await updateTenant(fixture.context(), { tenant_id: "odd", status: "suspended" });
	deepEqual(await listed({ status: "suspended" }), ["odd"]);
	await updateTenant(fixture.context(), { tenant_id: "odd", status: "active" });
});

test("the preview of a plan counts the tenants that go above a maximum and the keys that lose a permission", async () => {
	const smaller = { ...WIDE, capabilities: ["m2m_api"], quota_requests_per_month: 700, limits: { api_keys: 1 } };
	deepEqual(await previewPlan(fixture.context(), OPERATIONS, smaller), {
		tenants: 2,
		keys: 4,
		over: { api_keys: 1, sites: 0, documents: 0, storage_bytes: 0, requests: 1 },
		lost_capabilities: ["documents"],
		lost_permissions: [{ permission: "documents:read", capability: "documents", keys: 4 }],
		losing: {
			keys: 4,
			tenants: 2,
			most: [
				{ id: "acme", name: "Acme", keys: 2 },
				{ id: "beta", name: "Beta", keys: 2 },
			],
		},
		replay: { requests: 0, would_refuse: 0, would_refuse_at_most: 0, exact: true, unknown: false, keys: 0 },
	});
	const same = await previewPlan(fixture.context(), OPERATIONS, WIDE);
	deepEqual([same.tenants, same.over.api_keys, same.losing.keys], [2, 0, 0]);
	await rejects(
		previewPlan(fixture.context(), OPERATIONS, { ...WIDE, plan_id: "none" }),
		(error) => error instanceof ApiError && error.code === "not_found",
	);
});

test("the preview of a plan replays what its tenants' keys did in the last 30 days", async () => {
	const smaller = { ...WIDE, capabilities: ["m2m_api"] };
	const [first, second] = await fixture.behind("select id, tenant_id from keys where tenant_id = 'acme' and revoked_at is null order by id");
	const [of_beta] = await fixture.behind("select id, tenant_id from keys where tenant_id = 'beta' order by id");
	const count = (
		key: Record<string, unknown> | undefined,
		operation: string,
		requests: number,
		{ days_ago = 0, code = "allowed", overflowed = false } = {},
	) =>
		fixture.behind(
			`insert into usage_by_source (tenant_id, day, key_id, site_id, operation, source_id, network, agent, code, overflowed, requests)
			values ($1, ($2::timestamptz at time zone 'UTC')::date - $3::integer, $4, '', $5, 's', '', '', $6, $7, $8)`,
			[key?.["tenant_id"], new Date(fixture.clock.now()), days_ago, key?.["id"], operation, code, overflowed, requests],
		);
	await count(first, "GET /documents", 3);
	await count(first, "GET /documents", 4, { days_ago: 29 });
	await count(first, "GET /documents", 1_000, { days_ago: 30 });
	await count(first, "GET /documents", 1_000, { code: "permission_missing" });
	await count(second, "GET tenant:read", 50);
	await count(of_beta, "GET documents:read,tenant:read", 5);
	const { replay } = await previewPlan(fixture.context(), OPERATIONS, smaller);
	deepEqual(replay, { requests: 62, would_refuse: 12, would_refuse_at_most: 12, exact: true, unknown: false, keys: 2 });
	await count(second, "", 8, { overflowed: true });
	const { replay: of_acme } = await previewTenantPlan(fixture.context(), OPERATIONS, { tenant_id: "acme", plan_id: "narrow" });
	deepEqual(of_acme, { requests: 65, would_refuse: 7, would_refuse_at_most: 15, exact: false, unknown: true, keys: 2 });
	equal((await previewPlan(fixture.context(), OPERATIONS, WIDE)).replay, null);
	await fixture.behind(
		`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by)
		select 'acme', 'many_' || i, 'many', 'prod', '{"name":"x"}', '{}', '{"kind":"system","name":"x"}' from generate_series(1, 20000) as i`,
	);
	equal((await previewPlan(fixture.context(), OPERATIONS, smaller)).replay, null, "so many keys are not replayed");
	await fixture.behind("delete from keys where name = 'many'");
	await fixture.behind("delete from usage_by_source");
});

test("the preview of another plan for one tenant counts that tenant only", async () => {
	const { tenants, keys, over, lost_permissions } = await previewTenantPlan(fixture.context(), OPERATIONS, { tenant_id: "acme", plan_id: "narrow" });
	deepEqual([tenants, keys, over.api_keys], [1, 2, 1]);
	deepEqual(lost_permissions, [{ permission: "documents:read", capability: "documents", keys: 2 }]);
	const back = await previewTenantPlan(fixture.context(), OPERATIONS, { tenant_id: "odd", plan_id: "wide" });
	deepEqual([back.lost_capabilities, back.losing.keys], [[], 0]);
	const isInvalid = (error: unknown) => error instanceof ApiError && error.code === "invalid_request";
	await rejects(previewTenantPlan(fixture.context(), OPERATIONS, { tenant_id: "acme", plan_id: "none" }), isInvalid);
});

test("the use of the plans counts tenants and live keys", async () => {
	deepEqual(await planUse(fixture.context()), {
		data: [
			{ plan_id: "narrow", tenants: 1, keys: 0 },
			{ plan_id: "wide", tenants: 2, keys: 4 },
		],
	});
});

test("what waits is counted over all tenants with its age, read again after five seconds, and not known without the database", async () => {
	const { db, clock, behind } = fixture;
	const reader = new BacklogReader({ database: db.database, clock });
	await behind("update outbox set distributed_at = now(), mail_queued_at = now()");
	await behind(
		`insert into alerts (tenant_id, id, rule, subject, status, evidence, count, raised_at, last_at, resolved_at)
		select tenant, 'alt_' || tenant || status, 'key_unused', status, status, '{}', 1, now(), now(), case when status = 'resolved' then now() end
		from unnest(array['acme', 'beta']) as tenant, unnest(array['raised', 'acknowledged', 'resolved']) as status`,
	);
	const none = await reader.read();
	deepEqual(
		[none?.waiting, none?.overdue_seconds],
		[
			{ events: 0, deliveries: 0, mails: 0 },
			{ events: 0, deliveries: 0, mails: 0 },
		],
	);
	deepEqual(
		none?.alerts.toSorted((a, b) => a.status.localeCompare(b.status)),
		[
			{ rule: "key_unused", status: "acknowledged", alerts: 2 },
			{ rule: "key_unused", status: "raised", alerts: 2 },
		],
	);
	await behind("update outbox set distributed_at = null, created_at = now() - interval '90 seconds' where tenant_id = 'acme'");
	const [{ waiting = 0 } = {}] = await behind("select count(*)::int as waiting from outbox where distributed_at is null");
	equal((await reader.read())?.waiting.events, 0);
	clock.advance(5_001);
	const some = await reader.read();
	equal(some?.waiting.events, waiting);
	ok(waiting !== 0 && some !== null && some.overdue_seconds.events >= 90 && some.overdue_seconds.events < 600);
	const away = connectDatabase({ url: "postgresql://nobody@127.0.0.1:1/none", log: testLog });
	equal(await new BacklogReader({ database: away, clock }).read(), null);
	await away.close();
});
