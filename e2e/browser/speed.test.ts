/** What the pages of keys cost a browser that has never seen them. Prints the times to the first row, which depend on the machine. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Database } from "../database.ts";
import { ROOT } from "../server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeSite, makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	type Dashboard,
	eventually,
	joinBy,
	memberIn,
	OLIVIA,
	openBrowser,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";
import { insertKeys, measurePageLoad, readLayoutShift, slowDown, WATCH_LAYOUT_SHIFT } from "./page-load.ts";

const KEYS = 500;
const SCRIPT_BYTES_MAX = 250_000;
const SHIFT_MAX = 0.02;
/** The first load also meets a server that has just started. */
const LOADS = 4;

let dashboard: Dashboard;
let browser: TestBrowser;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser({ own_processes: true });
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

test("the list of 500 keys and the page of one need at most 250 kB of compressed script, and nothing jumps while they load", async () => {
	const { id: tenant_id } = await makeTenant(dashboard.server, { plan_id: await makePlan(dashboard.server) });
	const database = await Database.open(dashboard.server.data_dir);
	await insertKeys(database, tenant_id, KEYS);
	await database.close();
	for (const [path, selector] of [
		["/settings/api-access", "[data-key]"],
		["/settings/api-access/key_load000000000007", ".kw-key-head h1"],
	] as const) {
		const first_ms: number[] = [];
		for (let at = 0; at < LOADS; at += 1) {
			const who = { ...OLIVIA, email: `speed${path.length}-${at}@example.com` };
			const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" });
			await page.close();
			const load = await measurePageLoad(context, `${dashboard.url}${path}?tenant=${tenant_id}`, selector);
			first_ms.push(Math.round(load.first_ms));
			if (at === 0) console.log(path, JSON.stringify(load));
			ok(load.script_bytes > 0 && load.script_bytes <= SCRIPT_BYTES_MAX, `${path}: ${load.script_bytes} bytes of script`);
			ok(load.layout_shift <= SHIFT_MAX, `${path}: a layout shift of ${load.layout_shift}`);
			assertNoPageErrors(context);
			await context.close();
		}
		console.log(path, "first row in ms, each in a new browser context:", first_ms.join(", "));
	}
});

const ROUTE = /(?:getParentRoute: \(\) => (?:signedIn|operator|key),\s+path: |(?:tenantPage|operatorPage)\()"(\/[^"]*)"/g;

/** Paths of the pages behind the sign-in, as the router has them. */
function getPagePaths(): string[] {
	const sources = { "router.tsx": "", "operator-routes.ts": "/operator" };
	const paths = Object.entries(sources).flatMap(([name, prefix]) => {
		const text = readFileSync(join(ROOT, "dashboard/src/app", name), "utf8");
		return [...text.matchAll(ROUTE)].flatMap(([, path = "/"]) => (path === "/" ? [] : [prefix + path]));
	});
	return paths.sort();
}

/** A key with clients, refusals, an alert and a replacement that runs. */
async function makeBusyKey(tenant_id: string): Promise<{ key: MadeKey; rotation_id: string }> {
	const { server } = dashboard;
	const site = await makeSite(server, tenant_id);
	await makeSite(server, tenant_id);
	const key = await makeKey(server, tenant_id, { site_ids: [site.id], expires_at: new Date(Date.now() + 9 * 86_400_000).toISOString() });
	for (let at = 0; at < 12; at += 1)
		await server.keyed(key.raw_key, "GET", "/whoami", undefined, { "x-keywright-client": `worker-${at}`, "user-agent": "bot/1" });
	await server.keyed(key.raw_key, "GET", "/sites/another");
	await server.send({ method: "GET", path: `/api/v1/m2m/whoami?api_key=${key.raw_key}` });
	const rotated = await server.management(tenant_id, "POST", `/api-keys/${key.id}/rotate`, {});
	return { key, rotation_id: expectStatus(rotated, 201).as<{ rotation: { id: string } }>().rotation.id };
}

test("nothing jumps on any page while its answers arrive slowly and one after another", async () => {
	const { server, url } = dashboard;
	const tenant_id = "demo";
	const { key, rotation_id } = await makeBusyKey(tenant_id);
	const unused = await makeKey(server, tenant_id);
	const revoked = await makeKey(server, tenant_id);
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${revoked.id}/revoke`, { reason: "other" }), 200);
	equal((await server.keyed(revoked.raw_key, "GET", "/whoami")).status, 401);
	expectStatus(await server.management(tenant_id, "POST", "/webhooks", { url: "https://hooks.example.com/keys" }), 201);
	const context = await browser.person();
	await joinBy(context, dashboard.join_url, OLIVIA);
	const page = await context.newPage();
	await page.addInitScript(WATCH_LAYOUT_SHIFT);
	const network = await slowDown(page);
	await page.goto(`${url}/settings/api-access?tenant=${tenant_id}`);
	await page.locator("[data-key]").first().waitFor();
	await waitUntilLoaded(page);
	const key_path = "/settings/api-access/$key_id";
	const of_key = `/settings/api-access/${key.id}`;
	/** The route, what the page shows at last, and its address where the route has parameters. */
	const pages: readonly (readonly [path: string, shown: string, address?: string])[] = [
		[key_path, "h2:text-is('Facts')", of_key],
		[key_path, "h2:text-is('Facts')", `/settings/api-access/${unused.id}`],
		[key_path, "h2:text-is('Facts')", `/settings/api-access/${revoked.id}`],
		["/$tab", "[data-source]", `${of_key}/clients`],
		["/$tab", "h2:text-is('Refused requests')", `${of_key}/refusals`],
		["/$tab", "h2:text-is('Versions of this key')", `${of_key}/versions`],
		["/$tab", "h2:text-is('Stop this key')", `${of_key}/settings`],
		[`${key_path}/rotations/$rotation_id`, "h2:text-is('Steps')", `${of_key}/rotations/${rotation_id}`],
		["/settings/api-access", "[data-key]"],
		["/sites", "h1:text-is('Sites')"],
		["/activity", "h1:text-is('Activity')"],
		["/alerts", "h2:text-is('Watched')"],
		["/audit", "h1:text-is('Audit')"],
		["/plan", "h2:text-is('How fast')"],
		["/webhooks", "h1:text-is('Webhooks')"],
		["/team", "h2:text-is('Members')"],
		["/settings", "h2:text-is('Where you are signed in')"],
		["/operator/tenants", "[data-tenant]"],
		["/operator/plans", "h1:text-is('Plans')"],
		["/operator/services", "h1:text-is('Services')"],
		["/operator/forward-auth", "h1:text-is('Forwarded requests')"],
		["/operator/catalogue", "h1:text-is('Catalogue')"],
		["/operator/legacy-formats", "h1:text-is('Keys from elsewhere')"],
		["/operator/webhooks", "h1:text-is('Webhooks')"],
		["/operator/api-profile", "h1:text-is('API profile')"],
		["/operator/people", "h1:text-is('Operators')"],
		["/operator/password-resets", "h1:text-is('Password resets')"],
		["/operator/audit", "h1:text-is('Audit')"],
		["/operator/health", "h2:text-is('Nodes')"],
	];
	deepEqual([...new Set(pages.map(([path]) => path))].sort(), getPagePaths(), "a page is missing here");
	const shifts: Record<string, number> = {};
	for (const [path, shown, address = path] of pages) {
		const before = await readLayoutShift(page);
		await page.evaluate(`history.pushState({}, "", ${JSON.stringify(`${address}?tenant=${tenant_id}`)})`);
		await page.locator(`main ${shown}`).first().waitFor();
		await eventually(async () => {
			equal(network.waiting(), 0, address);
			equal(await page.locator("[aria-busy=true]").count(), 0, address);
		});
		shifts[address] = (await readLayoutShift(page)) - before;
	}
	deepEqual(
		Object.entries(shifts).filter(([, shift]) => shift > SHIFT_MAX),
		[],
	);
	console.log("the largest layout shift on a slow network:", Math.max(...Object.values(shifts)).toFixed(4));
	assertNoPageErrors(context);
	await context.close();
});
