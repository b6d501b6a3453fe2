import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inviteFirstOwner } from "../access/joining/first-owner.ts";
import type { App } from "../app.ts";
import { read } from "../database/transaction.ts";
import { createKey } from "../keys/create.ts";
import { putPlan } from "../plans/plans.ts";
import { createSite } from "../tenants/sites/sites.ts";
import { readTenant } from "../tenants/store.ts";
import { createTenant, listTenants } from "../tenants/tenants.ts";

export interface Demo {
	readonly tenant_id: string;
	readonly plan_id: string;
	readonly site_ids: readonly string[];
	readonly other_tenant_id: string;
	/** Null when the key was created at an earlier start and its file is missing. */
	readonly raw_key: string | null;
	/** A new one-time token for each start, with which the first owner joins; null when there is an owner. */
	readonly owner_token: string | null;
}

const DEMO = { tenant_id: "demo", plan_id: "team", site_ids: ["demo-shop", "demo-staging"], other_tenant_id: "demo-free" };
/** The demo's raw key is stored beside the other secrets of the data folder, so that the banner can show it at every start. */
const KEY_FILE = "demo_key";
const PRIVATE_FILE = 0o600;

const MIB = 1_048_576;

/** Opens the demo tenant, or creates it in a database without tenants; null when there are only other tenants. */
export async function openDemo(app: App, data_dir: string): Promise<Demo | null> {
	const context = app.systemContext("demo");
	const { data } = await listTenants(context, { limit: 1 });
	if (data.length === 0) await makeDemo(app, data_dir);
	else if (!(await read(context, (tx) => readTenant(tx, DEMO.tenant_id)))) return null;
	return { ...DEMO, raw_key: savedKey(data_dir), owner_token: await inviteFirstOwner(context, DEMO.tenant_id) };
}

function savedKey(data_dir: string): string | null {
	try {
		return readFileSync(join(data_dir, KEY_FILE), "utf8").trim();
	} catch {
		return null;
	}
}

async function makeDemo(app: App, data_dir: string): Promise<void> {
	const context = app.systemContext("demo");
	await putPlan(context, {
		plan_id: DEMO.plan_id,
		name: "Team",
		capabilities: ["m2m_api", "documents"],
		rate_limits: [{ name: "burst", requests: 100, window_seconds: 60, per: "key" }],
		quota_requests_per_month: 1_000_000,
		limits: { sites: 10, api_keys: 50, documents: 10_000, storage_bytes: 1_024 * MIB, document_bytes: 50 * MIB },
		max_key_lifetime_days: null,
	});
	await putPlan(context, {
		plan_id: "free",
		name: "Free",
		capabilities: [],
		rate_limits: [],
		quota_requests_per_month: null,
		limits: { sites: 1, api_keys: 0, documents: 0, storage_bytes: 0, document_bytes: 0 },
		max_key_lifetime_days: null,
	});
	await createTenant(context, { id: DEMO.tenant_id, name: "Demo", plan_id: DEMO.plan_id });
	await createTenant(context, { id: DEMO.other_tenant_id, name: "Demo without API access", plan_id: "free" });
	const tenantContext = { ...context, scope: DEMO.tenant_id };
	await createSite(tenantContext, { tenant_id: DEMO.tenant_id, id: "demo-shop", name: "Demo shop", environment: "prod" });
	await createSite(tenantContext, { tenant_id: DEMO.tenant_id, id: "demo-staging", name: "Demo shop, staging", environment: "staging" });
	const { raw_key } = await createKey(tenantContext, {
		tenant_id: DEMO.tenant_id,
		name: "prod-demo-bot",
		environment: "prod",
		owner: { name: "Dana Demo", email: "dana@demo.example" },
		integration: "demo-bot",
	});
	writeFileSync(join(data_dir, KEY_FILE), `${raw_key}\n`, { mode: PRIVATE_FILE });
}
