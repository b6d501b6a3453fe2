import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { verifyChain } from "../audit/verify.ts";
import { ApiError } from "../core/error.ts";
import { read } from "../database/transaction.ts";
import type { SequencedInvalidation } from "../nodes/invalidation.ts";
import { eraseTenant } from "../tenants/erase.ts";
import { createTenant } from "../tenants/tenants.ts";
import { deletePermission, listPermissions, putPermission } from "./catalogue/permissions.ts";
import { deletePlan, getPlan, listPlans, putPlan } from "./plans.ts";
import { readCatalogue } from "./store.ts";

let db: TestDatabase;
let invalidations: SequencedInvalidation[] = [];

before(async () => {
	db = await testDatabase();
	db.node.onInvalidation((entries) => invalidations.push(...(entries ?? [])));
});
after(() => db.close());

const TEAM = {
	plan_id: "team",
	name: "Team",
	capabilities: ["m2m_api", "orders"],
	rate_limits: [{ name: "burst", requests: 100, window_seconds: 60, per: "key" as const }],
	quota_requests_per_month: 10_000,
	limits: { sites: 2, api_keys: 5, documents: null, storage_bytes: 1_000, document_bytes: 100 },
	max_key_lifetime_days: 365,
	key_policy: ["expiry" as const],
};

function refusedWith(code: string, pointer?: string) {
	return (error: unknown) =>
		error instanceof ApiError && error.code === code && (pointer === undefined || error.metadata.errors?.[0]?.pointer === pointer);
}

async function getEntries(chain = "*"): Promise<string[]> {
	const found = await verifyChain(db.context(), chain);
	ok(found.intact);
	return read(db.context(), async (tx) => {
		const rows = await tx.selectFrom("audit_entries").select(["action", "target_id"]).where("chain", "=", chain).orderBy("seq").execute();
		return rows.map((row) => `${row.action} ${row.target_id}`);
	});
}

test("a plan is created and replaced, and equal content changes nothing", async () => {
	const created = await putPlan(db.context(), { ...TEAM, id: "team" });
	const { plan_id: _plan_id, ...rest } = TEAM;
	deepEqual(created, { id: "team", ...rest });
	deepEqual(await getPlan(db.context(), { plan_id: "team" }), created);
	invalidations = [];
	deepEqual(await putPlan(db.context(), TEAM), created);
	deepEqual(invalidations, []);
	const smaller = await putPlan(db.context(), { plan_id: "team", name: " Smaller ", capabilities: [] });
	deepEqual(smaller, {
		id: "team",
		name: "Smaller",
		capabilities: [],
		rate_limits: [],
		quota_requests_per_month: null,
		limits: { sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null },
		max_key_lifetime_days: null,
		key_policy: [],
	});
	deepEqual(await getPlan(db.context(), { plan_id: "team" }), smaller);
	deepEqual(
		invalidations.map(({ kind, id }) => `${kind} ${id}`),
		["plan team"],
	);
	deepEqual(await getEntries(), ["plan.created team", "plan.updated team"]);
});

test("concurrent equal PUTs create one plan and one audit entry", async () => {
	const before_count = (await getEntries()).length;
	const plans = await Promise.all(Array.from({ length: 8 }, () => putPlan(db.context(), { ...TEAM, plan_id: "racing" })));
	for (const plan of plans) deepEqual(plan, plans[0]);
	deepEqual((await getEntries()).slice(before_count), ["plan.created racing"]);
});

test("a plan whose id differs from the path, or with two rate limits of one name, is refused and nothing is written", async () => {
	const limit = TEAM.rate_limits[0];
	ok(limit);
	const entries = await getEntries();
	await rejects(putPlan(db.context(), { ...TEAM, id: "other" }), refusedWith("invalid_request", "/id"));
	await rejects(putPlan(db.context(), { ...TEAM, plan_id: "a b" }), refusedWith("invalid_request", "/path/plan_id"));
	await rejects(
		putPlan(db.context(), { ...TEAM, rate_limits: [limit, { ...limit, per: "tenant" }] }),
		refusedWith("invalid_request", "/rate_limits/1/name"),
	);
	deepEqual(await getEntries(), entries);
});

test("plans are listed by id, page by page", async () => {
	for (const plan_id of ["p3", "p1", "p2"]) await putPlan(db.context(), { ...TEAM, plan_id });
	const ids: string[] = [];
	let cursor: string | null = null;
	do {
		const page = await listPlans(db.context(), { limit: 2, ...(cursor === null ? {} : { cursor }) });
		ids.push(...page.data.map((plan) => plan.id));
		cursor = page.next_cursor;
	} while (cursor !== null);
	deepEqual(ids, ["p1", "p2", "p3", "racing", "team"]);
});

test("a plan is deleted only when no tenant has it; erased tenants do not count", async () => {
	await putPlan(db.context(), { ...TEAM, plan_id: "leaving" });
	const { id: tenant_id } = await createTenant(db.context(), { name: "Mira", plan_id: "leaving" });
	await rejects(deletePlan(db.context(), { plan_id: "leaving" }), (error) => {
		ok(error instanceof ApiError);
		equal(error.code, "conflict");
		deepEqual(error.metadata.members, { tenants: 1 });
		return true;
	});
	await eraseTenant({ ...db.context(), forget_documents: async () => undefined }, { tenant_id });
	await deletePlan(db.context(), { plan_id: "leaving" });
	await rejects(deletePlan(db.context(), { plan_id: "leaving" }), refusedWith("not_found"));
	await rejects(getPlan(db.context(), { plan_id: "leaving" }), refusedWith("not_found"));
});

test("a permission of the operator's own is created, changed and deleted, which invalidates every plan", async () => {
	const plan_ids = (await listPlans(db.context(), {})).data.map((plan) => plan.id);
	invalidations = [];
	const permission = { permission: "orders:write", description: "Place orders", capability: "orders" };
	deepEqual(await putPermission(db.context(), permission), {
		name: "orders:write",
		description: "Place orders",
		capability: "orders",
		built_in: false,
	});
	deepEqual(
		invalidations.map(({ kind, id }) => `${kind} ${id}`),
		plan_ids.map((id) => `plan ${id}`),
	);
	invalidations = [];
	await putPermission(db.context(), permission);
	deepEqual(invalidations, []);
	await putPermission(db.context(), { ...permission, capability: "m2m_api" });
	deepEqual((await read(db.context(), readCatalogue)).get("orders:write"), { capability: "m2m_api", description: "Place orders" });
	await deletePermission(db.context(), { permission: "orders:write" });
	equal(invalidations.length, 2 * plan_ids.length);
	await rejects(deletePermission(db.context(), { permission: "orders:write" }), refusedWith("not_found"));
	deepEqual((await getEntries()).slice(-3), [
		"permission.created orders:write",
		"permission.updated orders:write",
		"permission.deleted orders:write",
	]);
});

test("built-in permissions cannot be changed or deleted", async () => {
	const built_in = (await listPermissions(db.context(), {})).data.filter((permission) => permission.built_in).map((permission) => permission.name);
	deepEqual(built_in, ["documents:read", "documents:write", "key:rotate", "sites:read", "tenant:read", "usage:read"]);
	await rejects(putPermission(db.context(), { permission: "sites:read", description: "", capability: "orders" }), refusedWith("conflict"));
	await rejects(deletePermission(db.context(), { permission: "sites:read" }), refusedWith("conflict"));
	await rejects(
		putPermission(db.context(), { permission: "sites", description: "", capability: "orders" }),
		refusedWith("invalid_request", "/path/permission"),
	);
});
