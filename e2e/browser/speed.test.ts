/** What the pages of keys cost a browser that has never seen them. Prints the times to the first row, which depend on the machine. */
import { deepEqual, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { Database } from "../database.ts";
import { makePlan, makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	type Dashboard,
	DESKTOP,
	inviteTo,
	joinBy,
	memberIn,
	OLIVIA,
	openBrowser,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";
import { pageVisits, visit } from "./every-page.ts";
import { insertKeys, measurePageLoad, readLayoutShift, slowDown, WATCH_LAYOUT_SHIFT } from "./page-load.ts";
import { type Population, populate } from "./population.ts";

const KEYS = 500;
const SCRIPT_BYTES_MAX = 250_000;
const SHIFT_MAX = 0.02;
/** The first load also meets a server that has just started. */
const LOADS = 4;
const NARROW = { width: 390, height: 844 } as const;

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

describe("while its answers arrive slowly and one after another", () => {
	let context: BrowserContext;
	let page: Page;
	let network: { waiting: () => number };
	let population: Population;

	before(async () => {
		population = await populate(dashboard.server);
		context = await browser.person();
		await joinBy(context, dashboard.join_url, OLIVIA);
		await joinBy(context, await inviteTo(dashboard.server, population.tenant_id, "owner"), OLIVIA);
		page = await context.newPage();
		await page.addInitScript(WATCH_LAYOUT_SHIFT);
		network = await slowDown(page);
	});
	after(() => context?.close());

	for (const [device, size] of Object.entries({ desktop: DESKTOP, phone: NARROW })) {
		test(`nothing jumps on any page, on a ${device}`, async () => {
			await page.setViewportSize(size);
			await page.goto(`${dashboard.url}/sites?tenant=${population.tenant_id}`);
			await page.getByRole("heading", { level: 1, name: "Sites" }).waitFor();
			await waitUntilLoaded(page);
			const shifts: Record<string, number> = {};
			for (const one of pageVisits(population)) {
				const before_it = await readLayoutShift(page);
				await visit(page, one, network);
				shifts[one.address] = (await readLayoutShift(page)) - before_it;
			}
			deepEqual(
				Object.entries(shifts).filter(([, shift]) => shift > SHIFT_MAX),
				[],
			);
			console.log(`the largest layout shift on a slow network, ${size.width} px:`, Math.max(...Object.values(shifts)).toFixed(4));
			assertNoPageErrors(context);
		});
	}
});
