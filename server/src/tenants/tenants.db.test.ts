import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { verifyChain } from "../audit/verify.ts";
import { ManualClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { read } from "../database/transaction.ts";
import type { SequencedInvalidation } from "../nodes/invalidation.ts";
import { putPlan } from "../plans/plans.ts";
import { readTenantWithPlan } from "./store.ts";
import { createTenant, getTenant, listTenants, putTenant, updateTenant } from "./tenants.ts";

let db: TestDatabase;
let invalidations: SequencedInvalidation[] = [];

before(async () => {
	db = await testDatabase();
	db.node.onInvalidation((entries) => invalidations.push(...(entries ?? [])));
	for (const plan_id of ["small", "large"])
		await putPlan(db.context(), { plan_id, name: plan_id, capabilities: ["m2m_api"], limits: { sites: 1, api_keys: 2 } });
});
after(() => db.close());

function refusedWith(code: string, pointer?: string) {
	return (error: unknown) =>
		error instanceof ApiError && error.code === code && (pointer === undefined || error.metadata.errors?.[0]?.pointer === pointer);
}

async function getActions(chain: string): Promise<string[]> {
	const found = await verifyChain(db.context(), chain);
	ok(found.intact);
	return read(db.context(), async (tx) => {
		const rows = await tx.selectFrom("audit_entries").select("action").where("chain", "=", chain).orderBy("seq").execute();
		return rows.map((row) => row.action);
	});
}

test("a tenant is created with a generated id or the operator's", async () => {
	const made = await createTenant(db.context(), { name: " Mira ", plan_id: "small" });
	ok(made.id.startsWith("ten_"));
	deepEqual(made, {
		id: made.id,
		name: "Mira",
		plan_id: "small",
		status: "active",
		external_id: null,
		limits: null,
		client_policy: null,
		leak_response: "revoke",
		key_policy: [],
		created_at: made.created_at,
	});
	deepEqual(await getTenant(db.context(), { tenant_id: made.id }), made);
	const chosen = await createTenant(db.context(), { id: "shop-7", name: "Shop", plan_id: "small", external_id: "cus_7" });
	equal(chosen.id, "shop-7");
	deepEqual(await getActions("shop-7"), ["tenant.created"]);
});

test("a taken id, a taken external id and an unknown plan are refused, and nothing is stored", async () => {
	const before_count = (await listTenants(db.context(), { limit: 200 })).data.length;
	await rejects(createTenant(db.context(), { id: "shop-7", name: "Other", plan_id: "small" }), refusedWith("conflict"));
	await rejects(createTenant(db.context(), { name: "Other", plan_id: "small", external_id: "cus_7" }), refusedWith("conflict"));
	await rejects(putTenant(db.context(), { tenant_id: "shop-8", name: "Other", plan_id: "small", external_id: "cus_7" }), refusedWith("conflict"));
	await rejects(createTenant(db.context(), { name: "Other", plan_id: "none" }), refusedWith("invalid_request", "/plan_id"));
	await rejects(putTenant(db.context(), { tenant_id: "shop-8", name: "Other", plan_id: "none" }), refusedWith("invalid_request", "/plan_id"));
	await rejects(updateTenant(db.context(), { tenant_id: "shop-7", plan_id: "none" }), refusedWith("invalid_request", "/plan_id"));
	await rejects(putTenant(db.context(), { tenant_id: "*", name: "Other", plan_id: "small" }), refusedWith("invalid_request", "/path/tenant_id"));
	await rejects(
		putTenant(db.context(), { tenant_id: "shop-8", id: "shop-9", name: "Other", plan_id: "small" }),
		refusedWith("invalid_request", "/id"),
	);
	equal((await listTenants(db.context(), { limit: 200 })).data.length, before_count);
	deepEqual(await getActions("shop-8"), []);
});

test("a repeated request with its Idempotency-Key creates one tenant and gets the same response", async () => {
	const context = () => db.context({ idempotency_key: "once-1" });
	const input = { name: "Once", plan_id: "small", external_id: "cus_once" };
	const answers = await Promise.all(Array.from({ length: 5 }, () => createTenant(context(), input)));
	for (const answer of answers) deepEqual(answer, answers[0]);
	deepEqual(await getActions(answers[0]?.id ?? ""), ["tenant.created"]);
	await rejects(createTenant(context(), { ...input, name: "Twice" }), refusedWith("idempotency_mismatch"));
	notEqual((await createTenant(db.context({ idempotency_key: "once-2" }), { name: "Once", plan_id: "small" })).id, answers[0]?.id);
});

test("PUT creates or updates the tenant; equal content writes no audit entry and no invalidation", async () => {
	const input = { tenant_id: "saas-1", name: "One", plan_id: "small", external_id: "cus_1" };
	const made = await putTenant(db.context(), { ...input, id: "saas-1" });
	invalidations = [];
	for (let repeat = 0; repeat < 3; repeat += 1) deepEqual(await putTenant(db.context(), input), made);
	deepEqual(invalidations, []);
	deepEqual(await getActions("saas-1"), ["tenant.created"]);
	const moved = await putTenant(db.context(), { tenant_id: "saas-1", name: "One more", plan_id: "large" });
	deepEqual(moved, { ...made, name: "One more", plan_id: "large" });
	deepEqual(await getActions("saas-1"), ["tenant.created", "tenant.updated"]);
	deepEqual(
		invalidations.map(({ kind, id }) => `${kind} ${id}`),
		["tenant saas-1"],
	);
});

test("a repeated PUT does not reinstate a suspended tenant or remove its own limits", async () => {
	const input = { tenant_id: "saas-2", name: "Two", plan_id: "small" };
	await putTenant(db.context(), input);
	const limits = { sites: 9, rate_limits: [{ name: "burst", requests: 1, window_seconds: 1, per: "tenant" as const }] };
	const suspended = await updateTenant(db.context(), { tenant_id: "saas-2", status: "suspended", limits });
	deepEqual(await putTenant(db.context(), input), suspended);
	equal(suspended.status, "suspended");
});

test("concurrent equal PUTs create one tenant and one audit entry", async () => {
	const input = { tenant_id: "racing", name: "Racing", plan_id: "small", external_id: "cus_racing" };
	const answers = await Promise.all(Array.from({ length: 8 }, () => putTenant(db.context(), input)));
	for (const answer of answers) deepEqual(answer, answers[0]);
	deepEqual(await getActions("racing"), ["tenant.created"]);
});

test("a tenant's own limits replace its plan's, and null restores the plan's", async () => {
	await putTenant(db.context(), { tenant_id: "own", name: "Own", plan_id: "small" });
	await updateTenant(db.context(), { tenant_id: "own", limits: { sites: 7, api_keys: null, quota_requests_per_month: 5 } });
	const found = await read(db.context(), (tx) => readTenantWithPlan(tx, "own"));
	deepEqual(found?.plan.limits, { sites: 7, api_keys: null, documents: null, storage_bytes: null, document_bytes: null });
	equal(found?.plan.quota_requests_per_month, 5);
	deepEqual(found?.tenant.limits, { sites: 7, api_keys: null, quota_requests_per_month: 5 });
	await updateTenant(db.context(), { tenant_id: "own", limits: null });
	equal((await read(db.context(), (tx) => readTenantWithPlan(tx, "own")))?.plan.limits.sites, 1);
	const limit = { name: "a", requests: 1, window_seconds: 1, per: "key" as const };
	await rejects(
		updateTenant(db.context(), { tenant_id: "own", limits: { rate_limits: [limit, limit] } }),
		refusedWith("invalid_request", "/limits/rate_limits/1/name"),
	);
});

test("an empty patch and a patch of an unknown tenant change nothing", async () => {
	const entries = await getActions("own");
	await updateTenant(db.context(), { tenant_id: "own" });
	await updateTenant(db.context(), { tenant_id: "own", name: "Own", status: "active" });
	deepEqual(await getActions("own"), entries);
	await rejects(updateTenant(db.context(), { tenant_id: "nobody", name: "x" }), refusedWith("not_found"));
	await rejects(getTenant(db.context(), { tenant_id: "nobody" }), refusedWith("not_found"));
});

test("tenants are listed newest first, page by page, also those created in one millisecond", async () => {
	const clock = new ManualClock(Date.UTC(2040, 0, 1));
	const made: string[] = [];
	for (let index = 0; index < 7; index += 1) {
		made.push((await createTenant(db.context({ clock }), { name: `Tenant ${index}`, plan_id: "large" })).id);
		if (index % 3 === 2) clock.advance(1);
	}
	const listed: string[] = [];
	let cursor: string | null = null;
	do {
		const page = await listTenants(db.context(), { limit: 2, ...(cursor === null ? {} : { cursor }) });
		listed.push(...page.data.map((tenant) => tenant.id));
		cursor = page.next_cursor;
	} while (cursor !== null && listed.length < 7);
	deepEqual(listed.slice(0, 7).sort(), made.sort());
	equal(new Set(listed).size, listed.length);
});

test("a tenant is found by its external id", async () => {
	deepEqual(
		(await listTenants(db.context(), { external_id: "cus_7" })).data.map((tenant) => tenant.id),
		["shop-7"],
	);
	deepEqual(await listTenants(db.context(), { external_id: "cus_none" }), { data: [], next_cursor: null });
});
