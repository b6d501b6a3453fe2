import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { verifyChain } from "../../audit/verify.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { read } from "../../database/transaction.ts";
import type { SequencedInvalidation } from "../../nodes/invalidation.ts";
import { putPlan } from "../../plans/plans.ts";
import { countSites, readSitesExisting, readTenant } from "../store.ts";
import { createTenant, updateTenant } from "../tenants.ts";
import { createSite, deleteSite, getSite, getVisibleSite, listSites, listVisibleSites, updateSite } from "./sites.ts";

const SITES_MAX = 5;
let db: TestDatabase;
let invalidations: SequencedInvalidation[] = [];
let tenant_id: string;

before(async () => {
	db = await testDatabase();
	db.node.onInvalidation((entries) => invalidations.push(...(entries ?? [])));
	await putPlan(db.context(), { plan_id: "small", name: "Small", capabilities: ["m2m_api"], limits: { sites: SITES_MAX } });
	await putPlan(db.context(), { plan_id: "unlimited", name: "Unlimited", capabilities: ["m2m_api"] });
});
beforeEach(async () => {
	tenant_id = (await createTenant(db.context(), { name: "Tenant", plan_id: "small" })).id;
});
after(() => db.close());

function scoped(over: Parameters<TestDatabase["context"]>[0] = {}) {
	return db.context({ scope: tenant_id, ...over });
}

function refusedWith(code: string) {
	return (error: unknown) => error instanceof ApiError && error.code === code;
}

async function actions(): Promise<string[]> {
	const found = await verifyChain(db.context(), tenant_id);
	ok(found.intact);
	return read(db.context(), async (tx) => {
		const rows = await tx.selectFrom("audit_entries").select("action").where("chain", "=", tenant_id).orderBy("seq").execute();
		return rows.map((row) => row.action);
	});
}

test("a site is created, changed and deleted; each change has an audit entry and an invalidation", async () => {
	invalidations = [];
	const made = await createSite(scoped(), { tenant_id, id: "shop", name: " Shop ", environment: "prod" });
	deepEqual(made, { id: "shop", tenant_id, name: "Shop", environment: "prod", created_at: made.created_at });
	deepEqual(await getSite(scoped(), { tenant_id, site_id: "shop" }), made);
	const changed = await updateSite(scoped(), { tenant_id, site_id: "shop", environment: null });
	deepEqual(changed, { ...made, environment: null });
	deepEqual(await updateSite(scoped(), { tenant_id, site_id: "shop", environment: null, name: "Shop" }), changed);
	await deleteSite(scoped(), { tenant_id, site_id: "shop" });
	await rejects(deleteSite(scoped(), { tenant_id, site_id: "shop" }), refusedWith("not_found"));
	await rejects(updateSite(scoped(), { tenant_id, site_id: "shop", name: "x" }), refusedWith("not_found"));
	deepEqual(await actions(), ["tenant.created", "site.created", "site.updated", "site.deleted"]);
	deepEqual(
		invalidations.map(({ kind, id }) => `${kind} ${id}`),
		Array.from({ length: 3 }, () => `site ${tenant_id}/shop`),
	);
});

test("40 concurrent requests create exactly as many sites as the plan includes", async () => {
	const answers = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => createSite(scoped(), { tenant_id, name: `Site ${index}` })));
	const refused = answers.filter((answer) => answer.status === "rejected").map((answer) => answer.reason as unknown);
	equal(refused.length, 40 - SITES_MAX);
	for (const reason of refused) {
		ok(reason instanceof ApiError);
		equal(reason.code, "conflict");
		deepEqual(reason.metadata.members, { max: SITES_MAX, used: SITES_MAX });
	}
	equal(await read(scoped(), (tx) => countSites(tx, tenant_id)), SITES_MAX);
	equal((await actions()).length, 1 + SITES_MAX);
});

test("a tenant's own limit replaces the plan's, and deleting a site frees its slot", async () => {
	await updateTenant(db.context(), { tenant_id, limits: { sites: 1 } });
	const first = await createSite(scoped(), { tenant_id, name: "First" });
	await rejects(createSite(scoped(), { tenant_id, name: "Second" }), refusedWith("conflict"));
	await deleteSite(scoped(), { tenant_id, site_id: first.id });
	await createSite(scoped(), { tenant_id, name: "Second" });
	await updateTenant(db.context(), { tenant_id, limits: { sites: 0 } });
	equal((await listSites(scoped(), { tenant_id })).data.length, 1);
});

test("a repeated request with its Idempotency-Key creates one site, even when the limit is reached by then", async () => {
	await updateTenant(db.context(), { tenant_id, limits: { sites: 1 } });
	const once = () => createSite(scoped({ idempotency_key: "site-once" }), { tenant_id, name: "Once", environment: "dev" });
	const made = await once();
	deepEqual(await once(), made);
	equal((await listSites(scoped(), { tenant_id })).data.length, 1);
});

test("ids are unique within a tenant only", async () => {
	await createSite(scoped(), { tenant_id, id: "shop", name: "Shop" });
	await rejects(createSite(scoped(), { tenant_id, id: "shop", name: "Shop" }), refusedWith("conflict"));
	const other = await createTenant(db.context(), { name: "Other", plan_id: "small" });
	const made = await createSite(db.context({ scope: other.id }), { tenant_id: other.id, id: "shop", name: "Shop" });
	equal(made.tenant_id, other.id);
	deepEqual([...(await read(scoped(), (tx) => readSitesExisting(tx, tenant_id, ["shop", "none"])))], ["shop"]);
});

test("a context of one tenant neither sees nor changes another tenant's sites", async () => {
	const other = await createTenant(db.context(), { name: "Other", plan_id: "small" });
	const theirs = db.context({ scope: other.id });
	await createSite(theirs, { tenant_id: other.id, id: "secret-site", name: "Theirs" });
	deepEqual((await listSites(scoped(), { tenant_id: other.id })).data, []);
	equal(await read(scoped(), (tx) => readTenant(tx, other.id)), null);
	deepEqual(
		await read(scoped(), async (tx) => (await tx.selectFrom("sites").selectAll().execute()).filter((site) => site.tenant_id !== tenant_id)),
		[],
	);
	const asked = { tenant_id: other.id, site_id: "secret-site" };
	await rejects(getSite(scoped(), asked), refusedWith("not_found"));
	await rejects(updateSite(scoped(), { ...asked, name: "Mine" }), refusedWith("not_found"));
	await rejects(deleteSite(scoped(), asked), refusedWith("not_found"));
	await rejects(createSite(scoped(), { tenant_id: other.id, name: "Mine" }), refusedWith("not_found"));
	equal((await getSite(theirs, asked)).name, "Theirs");
});

test("a site with documents is not deleted", async () => {
	await createSite(scoped(), { tenant_id, id: "full", name: "Full" });
	const document = {
		tenant_id,
		site_id: "full",
		id: newId("doc"),
		kind: "text",
		content_type: "text/plain",
		size_bytes: 1,
		sha256: "0",
		created_by_key_id: "key_1",
	};
	await db.database.queries.transaction().execute(async (tx) => {
		await tx
			.selectNoFrom((select) => select.fn("set_config", [select.val("keywright.scope"), select.val("*"), select.lit(true)]).as("scope"))
			.execute();
		await tx.insertInto("documents").values(document).execute();
	});
	await rejects(deleteSite(scoped(), { tenant_id, site_id: "full" }), refusedWith("conflict"));
	equal((await getSite(scoped(), { tenant_id, site_id: "full" })).id, "full");
});

test("in a suspended tenant sites can be read but not changed", async () => {
	await createSite(scoped(), { tenant_id, id: "shop", name: "Shop" });
	await updateTenant(db.context(), { tenant_id, status: "suspended" });
	await rejects(createSite(scoped(), { tenant_id, name: "New" }), refusedWith("tenant_suspended"));
	await rejects(updateSite(scoped(), { tenant_id, site_id: "shop", name: "New" }), refusedWith("tenant_suspended"));
	await rejects(deleteSite(scoped(), { tenant_id, site_id: "shop" }), refusedWith("tenant_suspended"));
	equal((await getSite(scoped(), { tenant_id, site_id: "shop" })).name, "Shop");
});

test("a key lists the sites that it is bound to, page by page, and no others", async () => {
	await updateTenant(db.context(), { tenant_id, plan_id: "unlimited" });
	const ids = ["s1", "s2", "s3", "s4", "s5", "s6"];
	for (const id of ids) await createSite(scoped(), { tenant_id, id, name: id });
	async function seen(visible_site_ids: readonly string[] | null): Promise<string[]> {
		const found: string[] = [];
		let cursor: string | null = null;
		do {
			const page = await listVisibleSites({ ...scoped(), visible_site_ids }, { tenant_id, limit: 2, ...(cursor === null ? {} : { cursor }) });
			found.push(...page.data.map((site) => site.id));
			cursor = page.next_cursor;
		} while (cursor !== null);
		return found.sort();
	}
	deepEqual(await seen(null), ids);
	deepEqual(await seen(["s2", "s4", "s6", "gone"]), ["s2", "s4", "s6"]);
	deepEqual(await seen([]), []);
	equal((await getVisibleSite({ ...scoped(), visible_site_ids: ["s2"] }, { site_id: "s2" })).id, "s2");
	equal((await getVisibleSite({ ...scoped(), visible_site_ids: null }, { site_id: "s1" })).id, "s1");
	await rejects(getVisibleSite({ ...scoped(), visible_site_ids: ["s2"] }, { site_id: "s1" }), refusedWith("not_found"));
	await rejects(getVisibleSite({ ...scoped(), visible_site_ids: [] }, { site_id: "s1" }), refusedWith("not_found"));
});
