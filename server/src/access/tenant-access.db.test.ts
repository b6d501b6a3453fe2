import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { testLog } from "../../testing/database.ts";
import type { Caller } from "../core/caller.ts";
import { limitsOfTenant } from "../m2m/limits.ts";
import { listPermissionsOfTenant } from "../plans/catalogue/permissions.ts";
import { putPlan } from "../plans/plans.ts";
import { LiveProfile } from "../plans/profile/live.ts";
import { createSite } from "../tenants/sites/sites.ts";
import { createTenant, updateTenant } from "../tenants/tenants.ts";
import { Ledger } from "../verification/limits/ledger.ts";
import { getTenantAccess } from "./get-tenant-access.ts";

let db: TestDatabase;
let profile: LiveProfile;

before(async () => {
	db = await testDatabase();
	profile = new LiveProfile({ database: db.database, node: db.node, log: testLog, public_url: "https://keys.example" });
	await putPlan(db.context(), { plan_id: "free", name: "Free", capabilities: [] });
	await putPlan(db.context(), {
		plan_id: "team",
		name: "Team",
		capabilities: ["m2m_api"],
		rate_limits: [{ name: "burst", requests: 100, window_seconds: 60, per: "key" }],
		quota_requests_per_month: 1_000,
		limits: { sites: 3 },
		max_key_lifetime_days: 90,
	});
	for (const [id, plan_id] of [
		["poor", "free"],
		["rich", "team"],
	] as const)
		await createTenant(db.context(), { id, name: `Tenant ${id}`, plan_id });
	await addPeople();
});
after(() => db.close());

/** Members of both tenants, to detect leaks between them. */
async function addPeople(): Promise<void> {
	const client = new pg.Client({ connectionString: db.superuserUrl });
	await client.connect();
	await client.query("set search_path = keywright");
	const people = [
		["rich", "Olivia", "owner", "2026-01-02"],
		["rich", "Otto", "owner", "2026-01-01"],
		["rich", "Adam", "admin", "2026-01-01"],
		["rich", "Vera", "viewer", "2026-01-01"],
		["poor", "Paula", "owner", "2026-01-01"],
	];
	for (const [tenant_id, name, role, joined_at] of people) {
		await client.query("insert into people (id, name, email) values ($1, $2, $3)", [`person-${name}`, name, `${name}@example.com`]);
		await client.query("insert into members (tenant_id, id, person_id, role, joined_at) values ($1, $2, $3, $4, $5)", [
			tenant_id,
			`member-${name}`,
			`person-${name}`,
			role,
			joined_at,
		]);
	}
	await client.end();
}

function as(role: "owner" | "admin" | "viewer", tenant_id: string) {
	const caller: Caller = { kind: "member", person_id: "p", member_id: "m", name: "N", email: "n@example.com", role };
	return { ...db.context({ scope: tenant_id }), caller, profile };
}

test("a viewer sees the owners, then the admins of their own tenant, in the order of joining", async () => {
	const found = await getTenantAccess(as("viewer", "rich"), { tenant_id: "rich" });
	equal(found.allowed, false);
	deepEqual(
		found.missing.map(({ kind, who }) => [kind, ...who.map(({ name }) => name)]),
		[["role", "Otto", "Olivia", "Adam"]],
	);
	deepEqual(found.plan, { id: "team", name: "Team", capabilities: ["m2m_api"], max_key_lifetime_days: 90, key_policy: [] });
});

test("an owner whose plan lacks API access is informed, without people of other tenants", async () => {
	const found = await getTenantAccess(as("owner", "poor"), { tenant_id: "poor" });
	deepEqual([found.allowed, found.role, found.may.create_keys, found.may.manage_team], [false, "owner", false, true]);
	deepEqual(
		found.missing.map(({ kind, who }) => [kind, ...who.map(({ name }) => name)]),
		[["plan"]],
	);
});

test("row-level security hides the people of other tenants", async () => {
	await rejects(getTenantAccess(as("viewer", "poor"), { tenant_id: "rich" }), /not_found/);
	deepEqual(await listPermissionsOfTenant(db.context({ scope: "poor" }), { tenant_id: "rich" }), { data: [] });
});

test("an unknown tenant is 404, and the operator has every ability", async () => {
	const operator = { ...db.context(), caller: { kind: "operator" } as const, profile };
	await rejects(getTenantAccess(operator, { tenant_id: "nobody" }), /not_found/);
	const found = await getTenantAccess(operator, { tenant_id: "rich" });
	deepEqual([found.allowed, found.role, found.missing.length], [true, "operator", 0]);
});

test("a tenant sees the whole catalogue and what its plan includes", async () => {
	const { data } = await listPermissionsOfTenant(db.context({ scope: "rich" }), { tenant_id: "rich" });
	deepEqual(
		data.map(({ name, included }) => [name, included]),
		[
			["documents:read", false],
			["documents:write", false],
			["key:rotate", true],
			["sites:read", true],
			["tenant:read", true],
			["usage:read", true],
		],
	);
	equal((await listPermissionsOfTenant(db.context({ scope: "poor" }), { tenant_id: "poor" })).data.filter(({ included }) => included).length, 0);
});

test("limits show use and maximum, with the tenant's own limits instead of the plan's", async () => {
	const ledger = new Ledger({ database: db.database, clock: db.context().clock, log: testLog });
	const context = { ...db.context({ scope: "rich" }), ledger };
	await createSite(context, { tenant_id: "rich", name: "Shop" });
	await updateTenant(db.context(), { tenant_id: "rich", limits: { api_keys: 7 } });
	const { rate_limits, quota, sites, api_keys, documents, budgets } = await limitsOfTenant(context, { tenant_id: "rich" });
	deepEqual(rate_limits, [{ name: "burst", per: "key", requests: 100, window_seconds: 60, named_only: false, remaining: null }]);
	deepEqual([quota?.requests, quota?.used], [1_000, 0]);
	deepEqual(
		[sites, api_keys, documents],
		[
			{ max: 3, used: 1 },
			{ max: 7, used: 0 },
			{ max: null, used: 0 },
		],
	);
	deepEqual(budgets, [], "a tenant has none of its own, but the field is there as in the answer to a key");
	await rejects(limitsOfTenant({ ...db.context(), ledger }, { tenant_id: "nobody" }), /not_found/);
});
