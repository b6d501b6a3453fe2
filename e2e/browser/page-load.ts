/** Measures what the dashboard costs a browser that has never seen it. */
import { setTimeout } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import type { Database } from "../database.ts";
import { waitUntilLoaded } from "./browser.ts";

export interface PageLoad {
	/** From the start of the navigation to the first element that matches. */
	readonly first_ms: number;
	/** Compressed, of every script that the page loaded. */
	readonly script_bytes: number;
	readonly scripts: number;
	/** Cumulative layout shift, as browsers report it. */
	readonly layout_shift: number;
}

/** Runs before the page's scripts: sums up the layout shift. */
export const WATCH_LAYOUT_SHIFT = `
	globalThis.pageLoad = { first_ms: null, layout_shift: 0 };
	new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) pageLoad.layout_shift += entry.value; })
		.observe({ type: "layout-shift", buffered: true });`;

/** The layout shift of the page since it was opened. */
export function readLayoutShift(page: Page): Promise<number> {
	return page.evaluate<number>("pageLoad.layout_shift");
}

/** Runs before the page's scripts: keeps the time of the first match, and the layout shift. */
const watching = (selector: string) => `
	${WATCH_LAYOUT_SHIFT}
	new MutationObserver((_, observer) => {
		if (document.querySelector(${JSON.stringify(selector)}) === null) return;
		pageLoad.first_ms = performance.now();
		observer.disconnect();
	}).observe(document, { childList: true, subtree: true });`;

const RESULT = `(() => {
	const scripts = performance.getEntriesByType("resource").filter(({ name }) => new URL(name).pathname.endsWith(".js"));
	return { ...pageLoad, scripts: scripts.length, script_bytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) };
})()`;

/** Opens a page in a context with an empty cache, and waits until it has loaded everything. */
export async function measurePageLoad(context: BrowserContext, url: string, selector: string): Promise<PageLoad> {
	const page = await context.newPage();
	await page.addInitScript(watching(selector));
	await page.goto(url);
	await page.locator(selector).first().waitFor();
	await waitUntilLoaded(page);
	const result = await page.evaluate<PageLoad>(RESULT);
	await page.close();
	return result;
}

const SLOWEST_MS = 300;
const STEP_MS = 60;

/** Lets every request of the page to the API arrive later than the one before it. Returns how many are on their way. */
export async function slowDown(page: Page): Promise<{ waiting: () => number }> {
	let asked = 0;
	let waiting = 0;
	await page.route(/\/api\/v1\//, async (route) => {
		asked += 1;
		waiting += 1;
		await setTimeout((asked * STEP_MS) % SLOWEST_MS);
		await route.continue();
		waiting -= 1;
	});
	return { waiting: () => waiting };
}

/** Adds keys to a tenant in the database, each with one secret that was used. */
export async function insertKeys(database: Database, tenant_id: string, keys: number): Promise<void> {
	await database.rows(
		`insert into keys (tenant_id, id, name, environment, integration, owner, permissions, created_at, created_by, expires_at, rotation_due_at)
		select $1, 'key_load' || lpad(number::text, 12, '0'), 'prod-order-bot-' || number, 'prod', 'order bot ' || number, '{"name":"Dana Osei"}', '{}',
			now() - interval '9 days', '{"kind":"system","name":"test"}', now() + (number + 20) * interval '1 day', now() + interval '60 days'
		from generate_series(1, $2::int) as number`,
		[tenant_id, keys],
	);
	await database.rows(
		`insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4)
		select 'kid' || right(id, 12), tenant_id, id, '', 1, 'p', right(id, 4) from keys where tenant_id = $1`,
		[tenant_id],
	);
	await database.rows(
		"insert into secret_activity (kid, tenant_id, first_used_at, last_used_at) select kid, tenant_id, now() - interval '8 days', now() from secrets where tenant_id = $1",
		[tenant_id],
	);
}
