/** The page Activity: requests over time, refusals in groups and one by one, and the explanation of each beside them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { newRequestId } from "../../server/src/core/request-id.ts";
import { Database } from "../database.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeSite, makeTenant } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Dashboard,
	eventually,
	joinBy,
	memberIn,
	OLIVIA,
	openBrowser,
	picture,
	startDashboard,
	type TestBrowser,
	VERA,
	waitUntilLoaded,
} from "./browser.ts";

const NARROW = { width: 390, height: 844 } as const;
const DESKTOP = { width: 1_280, height: 800 } as const;
const HOSTILE = [`<img src=x onerror="alert(1)">`, "מפתח ההזמנות של תל אביב", "🪴🧵👩‍👩‍👧‍👦 Emoji & Söhne", "W".repeat(200)];
const REFUSED_AT_SITE = 14;
const LIMITED = 6;
const MANY = 500;

let dashboard: Dashboard;
let browser: TestBrowser;
let operator: BrowserContext;
let vera: BrowserContext;
let page: Page;
let database: Database;
let tenant_id: string;
let bot: MadeKey;
let portal: MadeKey;
/** The last refusal at the site of another environment. */
let request_id: string;
let limited_id: string;

/** A request with a key, from a server of the network 203.0.113.0/24 or another; returns its request id. */
async function send(raw_key: string, path: string, headers: Readonly<Record<string, string>>, status: number, method = "GET"): Promise<string> {
	// Request ids are ordered by milliseconds: the last of a group is the one that was sent last.
	await setTimeout(2);
	const answer = await dashboard.server.keyed(raw_key, method, path, method === "GET" ? undefined : { title: "Note", content: "Hello" }, {
		"x-forwarded-for": "203.0.113.7",
		...headers,
	});
	return expectStatus(answer, status).header("x-request-id");
}

before(async () => {
	dashboard = await startDashboard({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1" } });
	browser = await openBrowser();
	database = await Database.open(dashboard.server.data_dir);
	operator = await browser.person();
	await joinBy(operator, dashboard.join_url, OLIVIA);
	const { server } = dashboard;
	const plan_id = await makePlan(server, { rate_limits: [{ name: "burst", requests: 8, window_seconds: 3_600, per: "key" }] });
	tenant_id = (await makeTenant(server, { plan_id, name: "Northwind" })).id;
	await makeSite(server, tenant_id, { id: "berlin-test", name: "Berlin test", environment: "staging" });
	await makeSite(server, tenant_id, { id: "berlin-shop", name: "Berlin shop", environment: "prod" });
	bot = await makeKey(server, tenant_id, { name: "prod-order-bot" });
	portal = await makeKey(server, tenant_id, { name: "prod-returns-portal", permissions: ["sites:read"] });
	const order = { "user-agent": "order-bot/2.1", "x-keywright-client": "nightly-export" };
	for (let sent = 0; sent < 3; sent += 1) await send(bot.raw_key, "/sites/berlin-shop/documents/text", order, 201, "POST");
	for (let sent = 0; sent < REFUSED_AT_SITE; sent += 1) request_id = await send(bot.raw_key, "/sites/berlin-test/documents/text", order, 403, "POST");
	const returns = { "user-agent": "returns/1.0", "x-forwarded-for": "198.51.100.4" };
	for (let sent = 0; sent < 8; sent += 1) await send(portal.raw_key, "/whoami", returns, 200);
	for (let sent = 0; sent < LIMITED; sent += 1) limited_id = await send(portal.raw_key, "/whoami", returns, 429);
	for (const site of ["berlin-shop", "berlin-test"])
		await send(portal.raw_key, `/sites/${site}/documents`, returns, site === "berlin-test" ? 403 : 403);
	for (let sent = 0; sent < 3; sent += 1)
		await send(bot.raw_key.slice(0, -1), "/whoami", { "user-agent": "curl/8", "x-forwarded-for": "192.0.2.9" }, 401);
	({ context: vera, page } = await memberIn(browser, server, VERA, { tenant_id, role: "viewer" }));
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}`);
	await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Activity" }).first().waitFor();
});
after(async () => {
	await browser?.close();
	await database?.close();
	await dashboard?.stop();
});

const panel = (): Locator => page.getByRole("complementary", { name: "Explain a request" });
const rows = (): Locator => page.locator("[data-refusal]");
const row = (text: string): Locator => rows().filter({ hasText: text }).first();
const open = (text: string): Locator => row(text).getByRole("button");
const focused = (locator: Locator): Promise<void> => locator.and(page.locator(":focus")).waitFor();

async function goTo(path: string, on = page): Promise<void> {
	await on.goto(`${dashboard.url}/activity?tenant=${tenant_id}${path}`);
	await on.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
	await waitUntilLoaded(on);
}

async function choose(name: string, option: string | RegExp): Promise<void> {
	await page.getByRole("combobox", { name, exact: true }).click();
	await page.getByRole("option", { name: option }).click();
	await waitUntilLoaded(page);
}

/** Waits until the filter shows this choice: the address has its id, and its name comes with the list. */
async function chosen(name: string, option: string): Promise<void> {
	await page
		.getByRole("combobox", { name, exact: true })
		.and(page.locator(`[value="${option}"]`))
		.waitFor();
}

/** The rows as a person reads them, without times. */
async function read(): Promise<(string | undefined)[][]> {
	const texts = await rows().evaluateAll((found) =>
		found.map((one) =>
			[...one.querySelectorAll("td")].slice(0, 3).map((cell) => [...cell.childNodes].map(({ textContent }) => textContent).join(" | ")),
		),
	);
	return texts.map(([why, who, times]) => [why?.split(" | ")[0], why?.split(" | ")[1], who, times]);
}

test("refusals are grouped by reason, key and client, with exact counts that agree with the chart; those not proven name no key", async () => {
	await waitUntilLoaded(page);
	await page.keyboard.press("?");
	await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("Go to the requests and refusals").waitFor();
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await page.keyboard.press("g");
	await page.keyboard.press("a");
	await page.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
	await page.getByText("5 rows, 25 requests refused").waitFor();
	const table = page.getByRole("table", { name: "Refusals" });
	const tree = await table.ariaSnapshot();
	equal(await table.getByRole("columnheader", { name: "Times" }).getAttribute("aria-sort"), "descending");
	for (const cells of [
		/row "At a site of another environment 403 POST \/sites\/\{site\}\/documents\/text prod-order-bot nightly-export 14 \d\d:\d\d"/,
		/row "Rate limit “burst” used up 429 GET \/whoami prod-returns-portal returns 6 \d\d:\d\d"/,
		/row "Key cut off, not proven 401 GET \/whoami no key proven 192\.0\.2\.0\/24 3 \d\d:\d\d"/,
		/row "Permission documents:read missing 403 GET \/sites\/\{site\}\/documents prod-returns-portal returns 1 \d\d:\d\d"/,
	])
		match(tree, cells);
	const card = page.getByRole("region", { name: "Requests", exact: true });
	await eventually(async () => match((await card.locator("[data-outcome=allowed]").textContent()) ?? "", /^Allowed11$/));
	await eventually(async () => match((await card.locator("[data-outcome=refused]").textContent()) ?? "", /^Refused25$/));
	await picture(page, "activity");
	await card.getByRole("button", { name: "By key" }).click();
	const keys = page.getByRole("list", { name: "Requests by key in the last 24 hours" });
	await keys.getByText("17 requests, 14 refused").waitFor();
	await keys.getByText("16 requests, 8 refused").waitFor();
	await keys.getByRole("link", { name: "prod-order-bot" }).waitFor();
	await picture(page, "activity-by-key");
	await page.getByRole("button", { name: "By client" }).click();
	const clients = page.getByRole("list", { name: "Requests by client in the last 24 hours" });
	await clients.getByText("nightly-export").waitFor();
	await clients.getByText("returns", { exact: true }).waitFor();
	await axe(page);
	await picture(page, "activity-by-client");
	await page.getByRole("button", { name: "Over time" }).click();
	await card.waitFor();
});

test("a row opens its explanation beside the list: reason, checks in their order, cure, and what is known around it", async () => {
	await open("At a site of another environment").click();
	await panel().getByText("Environment refused").waitFor();
	await focused(open("At a site of another environment"));
	match(page.url(), new RegExp(`explain=${request_id}`));
	const tree = await panel().ariaSnapshot();
	const lines = tree.split("\n").map((line) => line.trim());
	const at = (line: string | RegExp): number => lines.findIndex((found) => (typeof line === "string" ? found.includes(line) : line.test(found)));
	const order = [
		"403 environment_mismatch",
		'paragraph: The site berlin-test is for staging; the key "prod-order-bot" is for production.',
		'heading "What was checked, in order"',
		/Key present passed/,
		/Secret passed …/,
		/Address and client passed 203\.0\.113\.0\/24/,
		/Tenant and site passed berlin-test/,
		/Environment refused production key, staging site/,
		/Plan, permission, limits, budgets not reached/,
		'heading "What to do"',
		"Last that worked",
		"14 times in 24 hours",
		'heading "What the caller received"',
		"Copy link",
		"Open the key",
		"Kept 30 days",
	].map(at);
	ok(!order.includes(-1), `${order}\n${tree}`);
	deepEqual(
		order,
		[...order].sort((a, b) => a - b),
		tree,
	);
	await picture(page, "activity-explain");
	const box = await panel().boundingBox();
	equal(box?.width, 420);
	const list = await page.getByRole("table", { name: "Refusals" }).boundingBox();
	ok(list !== null && box !== null && list.x + list.width <= box.x, "the panel is beside the list");
});

test("arrows move the row and the explanation follows; Escape closes it, and the focus is on its row", async () => {
	await page.keyboard.press("ArrowDown");
	await focused(open("Rate limit “burst” used up"));
	await panel().getByText('The limit "burst" of 8 requests in 3600 seconds was reached.').first().waitFor();
	await page.keyboard.press("End");
	await page.keyboard.press("Home");
	await focused(open("At a site of another environment"));
	await panel().getByText("The site berlin-test is for staging").first().waitFor();
	await page.keyboard.press("ArrowUp");
	await focused(open("At a site of another environment"));
	await page.keyboard.press("Escape");
	await panel().waitFor({ state: "detached" });
	await focused(open("At a site of another environment"));
	await page.keyboard.press("Enter");
	await panel().getByRole("button", { name: "Close the explanation" }).click();
	await panel().waitFor({ state: "detached" });
	await focused(open("At a site of another environment"));
});

test("a request id is searched with Enter, also with spaces around; what is no refusal, or no id, is said", async () => {
	const search = page.getByRole("textbox", { name: "Request id" });
	await page.keyboard.press("/");
	await focused(search);
	await search.fill(`  ${limited_id} `);
	await page.keyboard.press("Enter");
	await panel().getByText("429 rate_limited").waitFor();
	await focused(panel());
	equal(await search.inputValue(), limited_id);
	await page.keyboard.press("Escape");
	await panel().waitFor({ state: "detached" });
	await focused(open("Rate limit “burst” used up"));
	await search.fill(newRequestId());
	await page.keyboard.press("Enter");
	await panel().getByText("No refusal with this id. Allowed requests are not kept.").waitFor();
	await picture(page, "activity-unknown");
	await axe(page);
	await page.keyboard.press("Escape");
	await panel().waitFor({ state: "detached" });
	await search.fill("req_short");
	await page.keyboard.press("Enter");
	await page.getByText("This is no request id.").waitFor();
	equal(await panel().count(), 0);
});

test("each filter, the order, single refusals and the explanation have an address of their own", async () => {
	await choose("Reason", "Rate limit used up");
	await assertCount(rows(), 1);
	await page.waitForURL(/code=rate_limited/);
	await choose("Reason", "Any reason");
	await choose("Key", "prod-returns-portal");
	await assertCount(rows(), 3);
	await choose("Client", /^returns · 198\.51\.100\.0\/24$/);
	await page.getByText("Each", { exact: true }).click();
	await assertCount(rows(), 8);
	await page.getByText("8 of 8 requests that were refused").waitFor();
	await page.getByText("7 d", { exact: true }).click();
	await page.waitForURL(/period=week/);
	await open("Permission documents:read missing").click();
	await panel().getByText("403 permission_missing").waitFor();
	await panel().getByRole("button", { name: "Copy link" }).click();
	await page.getByText("The link is in the clipboard.").waitFor();
	await page.reload();
	await panel().getByText("403 permission_missing").waitFor();
	await assertCount(rows(), 8);
	await chosen("Key", "prod-returns-portal");
	await chosen("Client", "returns · 198.51.100.0/24");
	await panel().getByRole("link", { name: "once in 24 hours" }).click();
	await page.waitForURL(/code=permission_missing/);
	await assertCount(rows(), 1);
	await goTo("");
	await open("Key cut off, not proven").click();
	await panel().getByText("Same, not proven").waitFor();
	await panel().getByRole("link", { name: "3 times in 24 hours" }).click();
	await page.waitForURL(/code=key_invalid&proven=false&client=/);
	await assertCount(rows(), 1);
	await chosen("Key", "No key proven");
	await chosen("Client", "192.0.2.0/24");
	await page.getByText("Each", { exact: true }).click();
	await page.getByText("3 of 3 requests that were refused").waitFor();
	await choose("Key", "Any key");
	await page.waitForURL((url) => !url.searchParams.has("proven"));
	await goTo("&sort=last&code=key_expired");
	await page.getByRole("heading", { name: "No refusal matches" }).waitFor();
	await page.getByRole("button", { name: "Show all refusals" }).click();
	await assertCount(rows(), 5);
	equal(await page.getByRole("columnheader", { name: /^Last/ }).getAttribute("aria-sort"), "descending");
});

test("the refusals of a key lead to this page, with the key and the reason", async () => {
	await open("Rate limit “burst” used up").click();
	await panel().getByRole("link", { name: "Open the key" }).click();
	await page.getByRole("heading", { name: "prod-returns-portal", level: 1 }).waitFor();
	await page.getByRole("link", { name: "Refusals" }).first().click();
	await page.getByRole("link", { name: "Too many requests in a short time" }).click();
	await page.getByRole("link", { name: "Explain these requests" }).click();
	await page.waitForURL(/\/activity\?.*key=key_.*code=rate_limited/);
	await assertCount(rows(), 1);
	deepEqual(await read(), [["Rate limit “burst” used up", "429 GET /whoami", "prod-returns-portal | returns", "6"]]);
});

test("the nearest refusal is explained in place of one that was not kept, and the panel says so above everything else", async () => {
	const [last] = await database.rows("select at from auth_failures where request_id = $1", [request_id]);
	await database.rows("update auth_failure_counts set requests = requests + 3 where tenant_id = $1 and code = 'environment_mismatch'", [tenant_id]);
	const at_ms = Date.parse(String(last?.at));
	const search = page.getByRole("textbox", { name: "Request id" });
	await search.fill(newRequestId(at_ms + 1));
	await page.keyboard.press("Enter");
	await panel()
		.locator("[data-near]")
		.getByText(/^This one was not kept\. This is the nearest refusal that was, less than a second away\.$/)
		.waitFor();
	await picture(page, "activity-near");
});

test("hostile names, and 500 groups, keep their rows; on a narrow screen the explanation covers the page", async () => {
	const { server } = dashboard;
	const many = (await makeTenant(server, { plan_id: await makePlan(server), name: HOSTILE[0] ?? "" })).id;
	const made: MadeKey[] = [];
	for (const name of HOSTILE) made.push(await makeKey(server, many, { name }));
	const ids = made.map(({ id }) => id);
	const kids = made.map(({ key }) => key.secrets[0]?.kid);
	await database.rows(
		`insert into auth_failures (request_id, tenant_id, key_id, kid, at, code, check_name, operation, source_id, network, agent, facts, proven, sampled, detail)
		select 'req_VcUmJik' || lpad(n::text, 13, '0'), $1, ($2::text[])[1 + n % 4], ($3::text[])[1 + n % 4], now() - n * interval '1 minute', 'permission_missing', 'permission_held',
			'GET /' || $4, 'src_' || n, '203.0.113.0/24', 'order-bot', jsonb_build_object('permission', $4::text), true, true, $4 from generate_series(1, $5::int) n`,
		[many, ids, kids, `${HOSTILE[0]} ${HOSTILE[3]}`, MANY],
	);
	await database.rows(
		`insert into key_sources (tenant_id, key_id, source_id, network, agent, client, first_seen_at, last_seen_at, last_kid, requests, refused)
		select tenant_id, key_id, source_id, network, $2, null, at, at, kid, 1, 1 from auth_failures where tenant_id = $1`,
		[many, "W".repeat(40)],
	);
	await database.rows(
		`insert into auth_failure_counts (tenant_id, key_id, granularity_seconds, start, code, source_id, proven, requests)
		select tenant_id, key_id, 60, date_trunc('minute', at), code, source_id, true, 7 from auth_failures where tenant_id = $1`,
		[many],
	);
	const visitor = await operator.newPage();
	await visitor.goto(`${dashboard.url}/activity?tenant=${many}`);
	const shown = visitor.locator("[data-refusal]");
	await assertCount(shown, 50);
	await visitor.getByText(`50 of ${MANY} rows, 3,500 requests refused`).waitFor();
	const heights = await shown.evaluateAll((found) => [...new Set(found.map((one) => Math.round(one.getBoundingClientRect().height)))]);
	ok(
		heights.every((height) => height >= 44 && height <= 46),
		String(heights),
	);
	await visitor.getByRole("button", { name: "Show more" }).click();
	await assertCount(shown, 100);
	await shown.first().getByRole("button").click();
	const explained = visitor.getByRole("complementary", { name: "Explain a request" });
	await explained.getByText("403 permission_missing").waitFor();
	await assertNoSidewaysScrolling(visitor);
	await picture(visitor, "activity-hostile");
	await visitor.setViewportSize(NARROW);
	await assertNoSidewaysScrolling(visitor);
	const box = await explained.boundingBox();
	deepEqual([box?.x, box?.width], [0, NARROW.width]);
	await explained.getByRole("button", { name: "Close the explanation" }).click();
	await explained.waitFor({ state: "detached" });
	await shown.first().getByRole("button").click();
	await focusedOn(visitor, explained);
	await visitor.setViewportSize(DESKTOP);
	await visitor.close();
});

const focusedOn = (on: Page, locator: Locator): Promise<void> => locator.and(on.locator(":focus")).waitFor();

test("a tenant without requests, and one without refusals, see what will be here", async () => {
	const { server } = dashboard;
	const quiet = (await makeTenant(server, { plan_id: await makePlan(server), name: "Quiet" })).id;
	const visitor = await operator.newPage();
	await visitor.goto(`${dashboard.url}/activity?tenant=${quiet}`);
	await visitor.getByText("No request in the last 24 hours").waitFor();
	await visitor.getByRole("heading", { name: "Nothing was refused" }).waitFor();
	await picture(visitor, "activity-empty");
	const { raw_key } = await makeKey(server, quiet);
	await send(raw_key, "/whoami", {}, 200);
	await eventually(async () => match((await server.management(quiet, "GET", "/usage")).text, /"allowed"/));
	await visitor.getByText("7 d", { exact: true }).click();
	await visitor.getByText("No request of a key was refused in the last 7 days.").waitFor();
	await eventually(async () => equal(await visitor.locator("[data-outcome=allowed]").count(), 1));
	await axe(visitor);
	await visitor.close();
	assertNoPageErrors(vera, operator);
});
