import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { verifyChain } from "../../audit/verify.ts";
import { ApiError } from "../../core/error.ts";
import { read } from "../../database/transaction.ts";
import { createTenant } from "../../tenants/tenants.ts";
import { putPlan } from "../plans.ts";
import { deleteCapability, listCapabilities, listCapabilitiesOfTenant, putCapability } from "./capabilities.ts";
import type { Capability } from "./capability.ts";
import { deletePermission, putPermission } from "./permissions.ts";
import { getCapabilityUse } from "./read-use.ts";

let db: TestDatabase;
before(async () => {
	db = await testDatabase();
});
after(() => db.close());

function refusedWith(code: string) {
	return (error: unknown) => error instanceof ApiError && error.code === code;
}

async function all(): Promise<Capability[]> {
	return (await listCapabilities(db.context(), {})).data;
}

const BUILT_IN = [
	{ name: "documents", description: "Documents: upload and download by API", built_in: true },
	{ name: "m2m_api", description: "API access: programs call the API with keys", built_in: true },
];

test("a capability's description is created, changed and deleted; each change is in the audit log, and an equal one is none", async () => {
	deepEqual(await all(), BUILT_IN);
	const orders = await putCapability(db.context(), { capability: "orders", description: " Orders: read and write " });
	deepEqual(orders, { name: "orders", description: "Orders: read and write", built_in: false });
	deepEqual(await all(), [...BUILT_IN, orders]);
	await putCapability(db.context(), { capability: "orders", description: "Orders: read and write" });
	await putCapability(db.context(), { capability: "orders", description: "Orders" });
	await deleteCapability(db.context(), { capability: "orders" });
	deepEqual(await all(), BUILT_IN);
	const found = await verifyChain(db.context(), "*");
	ok(found.intact);
	const actions = await read(db.context(), (tx) =>
		tx
			.selectFrom("audit_entries")
			.select("action")
			.where("target_kind", "=", "capability")
			.where("target_id", "=", "orders")
			.orderBy("seq")
			.execute(),
	);
	deepEqual(
		actions.map(({ action }) => action),
		["capability.created", "capability.updated", "capability.deleted"],
	);
});

test("built-in capabilities cannot be changed, unknown ones cannot be deleted, and names are validated", async () => {
	await rejects(putCapability(db.context(), { capability: "m2m_api", description: "Everything" }), refusedWith("conflict"));
	await rejects(deleteCapability(db.context(), { capability: "documents" }), refusedWith("conflict"));
	await rejects(deleteCapability(db.context(), { capability: "nothing" }), refusedWith("not_found"));
	for (const capability of ["Orders", "", "a".repeat(65), "orders:read", "1a"])
		await rejects(putCapability(db.context(), { capability, description: "" }), refusedWith("invalid_request"));
	deepEqual(await all(), BUILT_IN);
});

test("a capability that only a plan or a permission refers to is listed without a description, and disappears with it", async () => {
	await putPlan(db.context(), { plan_id: "wide", name: "Wide", capabilities: ["m2m_api", "fax"] });
	await putPermission(db.context(), { permission: "reports:read", description: "Read reports", capability: "reports" });
	deepEqual(
		(await all()).map(({ name, description }) => [name, description !== ""]),
		[
			["documents", true],
			["fax", false],
			["m2m_api", true],
			["reports", false],
		],
	);
	await putCapability(db.context(), { capability: "fax", description: "Fax" });
	equal((await all()).find(({ name }) => name === "fax")?.description, "Fax");
	await rejects(deleteCapability(db.context(), { capability: "fax" }), refusedWith("conflict"));
	await putCapability(db.context(), { capability: "reports", description: "Reports" });
	deepEqual(await getCapabilityUse(db.context(), { capability: "fax" }), {
		plans: [{ id: "wide", name: "Wide" }],
		permissions: [],
		forward_auth_rules: 0,
		in_use: true,
	});
	deepEqual(await getCapabilityUse(db.context(), { capability: "reports" }), {
		plans: [],
		permissions: ["reports:read"],
		forward_auth_rules: 0,
		in_use: true,
	});
	await rejects(deleteCapability(db.context(), { capability: "reports" }), refusedWith("conflict"));
	await deletePermission(db.context(), { permission: "reports:read" });
	await putPlan(db.context(), { plan_id: "wide", name: "Wide", capabilities: ["m2m_api"] });
	equal((await getCapabilityUse(db.context(), { capability: "fax" })).in_use, false);
	await deleteCapability(db.context(), { capability: "fax" });
	await deleteCapability(db.context(), { capability: "reports" });
	deepEqual(await all(), BUILT_IN);
});

test("a tenant sees what plans can include, what its own includes with the permissions, and nothing of others' plans", async () => {
	await putPlan(db.context(), { plan_id: "own", name: "Own", capabilities: ["m2m_api", "orders", "unworded"] });
	await putPlan(db.context(), { plan_id: "theirs", name: "Theirs", capabilities: ["project_of_somebody_else"] });
	await createTenant(db.context(), { id: "acme", name: "Acme", plan_id: "own" });
	await putCapability(db.context(), { capability: "orders", description: "Orders" });
	await putPermission(db.context(), { permission: "orders:write", description: "Write orders", capability: "orders" });
	await putPermission(db.context(), { permission: "orders:read", description: "Read orders", capability: "orders" });
	deepEqual(await listCapabilitiesOfTenant(db.context({ scope: "acme" }), { tenant_id: "acme" }), {
		data: [
			{ name: "documents", description: BUILT_IN[0]?.description, included: false, permissions: ["documents:read", "documents:write"] },
			{
				name: "m2m_api",
				description: BUILT_IN[1]?.description,
				included: true,
				permissions: ["key:rotate", "sites:read", "tenant:read", "usage:read"],
			},
			{ name: "orders", description: "Orders", included: true, permissions: ["orders:read", "orders:write"] },
			{ name: "unworded", description: "", included: true, permissions: [] },
		],
	});
	deepEqual(await listCapabilitiesOfTenant(db.context({ scope: "nobody" }), { tenant_id: "nobody" }), { data: [] });
});

test("the list is paged, with undescribed capabilities in their order", async () => {
	const first = await listCapabilities(db.context(), { limit: 3 });
	equal(first.data.length, 3);
	ok(first.next_cursor);
	const rest = await listCapabilities(db.context(), { limit: 50, cursor: first.next_cursor });
	deepEqual([...first.data, ...rest.data], await all());
});
