import { deepEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type KeysFixture, keyInput, keysFixture, refused } from "../../../testing/keys.ts";
import { listSites } from "../../tenants/sites/sites.ts";
import { createKey } from "../create.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { previewSiteRemoval, sitesActivity } from "./sites.ts";

const HOUR_MS = 3_600_000;
let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

const makeKey = async (tenant_id: string, name: string, site_ids: string[] | null) =>
	(await createKey(fixture.context(), keyInput(tenant_id, { name, site_ids }))).key;

async function count(tenant_id: string, site_id: string, ago_ms: number, code: string, requests: number): Promise<void> {
	const start = new Date(fixture.clock.now() - ago_ms).toISOString();
	await fixture.behind(
		"insert into usage_operations (tenant_id, site_id, operation, granularity_seconds, start, code, requests) values ($1, $2, 'GET /documents', 60, date_trunc('minute', $3::timestamptz), $4, $5)",
		[tenant_id, site_id, start, code, requests],
	);
}

test("before a site is deleted, its live keys and its requests are shown, those of other sites and ended keys are not", async () => {
	const tenant_id = await fixture.tenant();
	for (const site of ["shop", "other"]) await fixture.site(tenant_id, site);
	const only = await makeKey(tenant_id, "prod-only-here", ["shop"]);
	const both = await makeKey(tenant_id, "prod-at-both", ["other", "shop"]);
	const ended = await makeKey(tenant_id, "prod-ended", ["shop"]);
	await makeKey(tenant_id, "prod-elsewhere", ["other"]);
	await makeKey(tenant_id, "prod-everywhere", null);
	await revokeKey(fixture.context(), { tenant_id, key_id: ended.id, reason: "other" });
	await count(tenant_id, "shop", HOUR_MS / 2, "allowed", 3);
	await count(tenant_id, "shop", 5 * HOUR_MS, "allowed", 10);
	await count(tenant_id, "shop", 5 * HOUR_MS, "permission_missing", 4);
	await count(tenant_id, "shop", 50 * HOUR_MS, "allowed", 100);
	await count(tenant_id, "other", HOUR_MS / 2, "allowed", 1_000);

	const state = await fixture.state();
	const last4 = (key: typeof only) => key.secrets[0]?.last4 ?? null;
	deepEqual(await previewSiteRemoval(fixture.context({ scope: tenant_id }), { tenant_id, site_id: "shop" }), {
		documents: 0,
		requests: { last_hour: 3, last_day: 13, last_week: 113 },
		keys: [
			{ key_id: only.id, name: "prod-only-here", environment: "prod", last4: last4(only), other_sites: 0 },
			{ key_id: both.id, name: "prod-at-both", environment: "prod", last4: last4(both), other_sites: 1 },
		],
		keys_bound: 2,
		keys_everywhere: 1,
	});
	const activity = await sitesActivity(fixture.context({ scope: tenant_id }), { tenant_id, site_ids: "other,shop" });
	deepEqual(
		activity.data.map(({ site_id, keys, hours }) => [
			site_id,
			keys,
			hours.length,
			hours.reduce((sum, hour) => sum + hour.allowed, 0),
			hours.reduce((sum, hour) => sum + hour.refused, 0),
		]),
		[
			["other", 2, 24, 1_000, 0],
			["shop", 2, 24, 13, 4],
		],
	);
	deepEqual(await fixture.state(), state, "a preview changes nothing");
});

test("a site of another tenant is not found, whether it is previewed, counted or searched", async () => {
	const [tenant_id, stranger] = [await fixture.tenant(), await fixture.tenant()];
	await fixture.site(stranger, "theirs");
	await fixture.site(tenant_id, "shop_1");
	await fixture.site(tenant_id, "shopx1");
	const context = () => fixture.context({ scope: tenant_id });
	await refused(fixture, "not_found", () => previewSiteRemoval(context(), { tenant_id, site_id: "theirs" }));
	await refused(fixture, "not_found", () => sitesActivity(context(), { tenant_id, site_ids: "shop_1,theirs" }));
	await refused(fixture, "invalid_request", () => sitesActivity(context(), { tenant_id, site_ids: "," }));
	const found = async (search: string) => (await listSites(context(), { tenant_id, search })).data.map(({ id }) => id);
	deepEqual(await found("theirs"), []);
	deepEqual(await found("SHOP_1"), ["shop_1"], "no character is a wildcard");
	deepEqual((await found("site shop")).sort(), ["shop_1", "shopx1"]);
});
