/** What the pages of keys cost a browser that has never seen them. Prints the times to the first row, which depend on the machine. */
import { ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { Database } from "../database.ts";
import { makePlan, makeTenant } from "../things.ts";
import { assertNoPageErrors, type Dashboard, memberIn, OLIVIA, openBrowser, startDashboard, type TestBrowser } from "./browser.ts";
import { insertKeys, measurePageLoad } from "./page-load.ts";

const KEYS = 500;
const SCRIPT_BYTES_MAX = 250_000;
const SHIFT_MAX = 0.02;
/** The first load also meets a server that has just started. */
const LOADS = 4;

let dashboard: Dashboard;
let browser: TestBrowser;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
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
