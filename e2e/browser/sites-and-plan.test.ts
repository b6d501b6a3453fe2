/** The pages of sites, and of the plan and its limits. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import { Database } from "../database.ts";
import { startServer } from "../server.ts";
import { expectStatus, makeKey, makePlan, makeSite, makeTenant, makeText } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Credentials,
	type Dashboard,
	eventually,
	memberIn,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'"\\`;
const SITES_MAX = 3;
const MEMBERS = 60;
const MEMBERS_SHOWN = 20;
const COUNTED_POLL_MS = 100;
const DESKTOP_SIZE = { width: 1_280, height: 800 };

let dashboard: Dashboard;
let browser: TestBrowser;
let made = 0;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

interface There {
	readonly tenant_id: string;
	readonly context: BrowserContext;
	readonly page: Page;
}

async function there(options: { role?: "owner" | "admin" | "viewer"; plan?: Record<string, unknown> } = {}): Promise<There> {
	made += 1;
	const who: Credentials = { name: "Olivia Owner", email: `places-${made}@example.com`, password: "a lamp, a boat, a fork" };
	const plan_id = await makePlan(dashboard.server, options.plan);
	const { id: tenant_id } = await makeTenant(dashboard.server, { plan_id });
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: options.role ?? "owner" });
	return { tenant_id, context, page };
}

async function open({ page, tenant_id }: There, path: "/sites" | "/plan"): Promise<void> {
	await page.goto(`${dashboard.url}${path}?tenant=${tenant_id}`);
	await page.locator("main").getByRole("heading", { level: 1 }).waitFor();
	await waitUntilLoaded(page);
}

/** Waits until this number of requests of the tenant is counted: counts are flushed within a second. */
async function counted({ tenant_id }: There, requests: number): Promise<void> {
	for (let seen = -1; seen < requests; ) {
		const answer = expectStatus(await dashboard.server.management(tenant_id, "GET", "/usage"), 200);
		seen = answer.as<{ data: { requests: number }[] }>().data.reduce((sum, row) => sum + row.requests, 0);
		if (seen < requests) await sleep(COUNTED_POLL_MS);
	}
}

async function getSites({ tenant_id }: There) {
	const answer = await dashboard.server.management(tenant_id, "GET", "/sites");
	return expectStatus(answer, 200).as<{ data: { id: string; name: string; environment: string | null }[] }>().data;
}

async function onAPhone(page: Page): Promise<void> {
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	await axe(page);
	await page.setViewportSize(DESKTOP_SIZE);
}

test("the first site is explained and created, the next gets its own id, up to the plan's maximum", async () => {
	const at = await there({ plan: { limits: { sites: SITES_MAX } } });
	await open(at, "/sites");
	const { page } = at;
	await page.getByRole("heading", { name: "No site yet" }).waitFor();
	await axe(page);
	await picture(page, "sites-empty");
	const add = page.locator("main").getByRole("button", { name: "Add a site" });
	await add.click();
	const dialog = page.getByRole("dialog", { name: "Add a site" });
	await dialog.getByRole("button", { name: "Add this site" }).click();
	await dialog.getByText("Give the site a name, such as: Shop in Ghent").waitFor();
	await dialog.getByLabel("Name").fill("Shop in Ghent");
	await page.keyboard.press("Enter");
	await dialog.waitFor({ state: "detached" });
	await page.getByRole("rowheader", { name: /Shop in Ghent/ }).waitFor();
	await page.getByText(`1 of ${SITES_MAX} sites used in your plan.`).waitFor();

	await add.click();
	await dialog.getByLabel("Name").fill("Support bot");
	await dialog
		.getByRole("combobox", { name: "Environment" })
		.or(dialog.getByRole("textbox", { name: "Environment" }))
		.first()
		.click();
	await page.getByRole("option", { name: "Any environment" }).click();
	await dialog.getByLabel("Id", { exact: true }).fill("not an id");
	await dialog.getByRole("button", { name: "Add this site" }).click();
	await dialog.getByText("Letters, digits, - and _ only, at most 64").waitFor();
	await dialog.getByLabel("Id", { exact: true }).fill("support-bot");
	await picture(page, "sites-add");
	await dialog.getByRole("button", { name: "Add this site" }).click();
	await dialog.waitFor({ state: "detached" });
	deepEqual(
		(await getSites(at)).map(({ name, environment }) => [name, environment]),
		[
			["Support bot", null],
			["Shop in Ghent", "prod"],
		],
	);
	equal((await getSites(at))[0]?.id, "support-bot");

	await add.click();
	await dialog.getByLabel("Name").fill("Another");
	await dialog.getByLabel("Id", { exact: true }).fill("support-bot");
	await dialog.getByRole("button", { name: "Add this site" }).click();
	await dialog.getByRole("alert").getByText("The tenant has a site with this id.", { exact: false }).waitFor();
	await dialog.getByLabel("Id", { exact: true }).fill("");
	await dialog.getByRole("button", { name: "Add this site" }).click();
	await dialog.waitFor({ state: "detached" });
	await page
		.getByText(`${SITES_MAX} of ${SITES_MAX} sites used in your plan. Delete one, or ask for a larger plan, before you add another.`)
		.waitFor();
	await add.click();
	await dialog.getByLabel("Name").fill("One too many");
	await dialog.getByRole("button", { name: "Add this site" }).click();
	await dialog.getByRole("alert").getByText(`The plan includes ${SITES_MAX} sites`, { exact: false }).waitFor();
	await page.keyboard.press("Escape");
	const drop = page.getByRole("dialog", { name: "Drop what you filled in?" });
	await drop.getByText("The site has not been added.", { exact: false }).waitFor();
	await axe(page);
	await page.keyboard.press("Escape");
	await drop.waitFor({ state: "detached" });
	equal(await dialog.getByLabel("Name").inputValue(), "One too many");
	await dialog.getByRole("button", { name: "Close without saving" }).first().click();
	await drop.getByRole("button", { name: "Drop it" }).click();
	await dialog.waitFor({ state: "detached" });
	await add.and(page.locator(":focus")).waitFor();
	await picture(page, "sites");
	await onAPhone(page);
	assertNoPageErrors(at.context);
});

test("a site is renamed, and its new environment applies to the next request", async () => {
	const at = await there();
	const site = await makeSite(dashboard.server, at.tenant_id, { name: "Shop", environment: "prod" });
	const { raw_key } = await makeKey(dashboard.server, at.tenant_id);
	expectStatus(await dashboard.server.keyed(raw_key, "GET", `/sites/${site.id}`), 200);
	await open(at, "/sites");
	const { page } = at;
	await page.getByRole("button", { name: "Copy the id of Shop" }).click();
	equal(await page.evaluate<string>("navigator.clipboard.readText()"), site.id);
	await page.getByRole("button", { name: "Actions for Shop" }).click();
	await page.getByRole("menuitem", { name: "Edit this site" }).click();
	const dialog = page.getByRole("dialog", { name: "Edit this site" });
	await dialog.getByLabel("Name").fill("Shop, rehearsal");
	await dialog
		.getByRole("combobox", { name: "Environment" })
		.or(dialog.getByRole("textbox", { name: "Environment" }))
		.first()
		.click();
	await page.getByRole("option", { name: "Staging" }).click();
	await dialog.getByRole("button", { name: "Save changes" }).click();
	await dialog.waitFor({ state: "detached" });
	await page.getByRole("rowheader", { name: /Shop, rehearsal/ }).waitFor();
	equal(expectStatus(await dashboard.server.keyed(raw_key, "GET", `/sites/${site.id}`), 403).code, "environment_mismatch");
	assertNoPageErrors(at.context);
});

test("deleting a site previews its keys and requests and asks for its name, by keyboard alone; documents are in the way", async () => {
	const at = await there();
	const full = await makeSite(dashboard.server, at.tenant_id, { name: "Full", environment: "prod" });
	const bare = await makeSite(dashboard.server, at.tenant_id, { name: "Bare", environment: "prod" });
	const { raw_key } = await makeKey(dashboard.server, at.tenant_id, { name: "prod-bound", site_ids: [bare.id] });
	await makeKey(dashboard.server, at.tenant_id, { name: "prod-both", site_ids: [bare.id, full.id] });
	const other = await makeKey(dashboard.server, at.tenant_id);
	await makeText(dashboard.server, other.raw_key, full.id);
	for (let sent = 0; sent < 3; sent += 1) expectStatus(await dashboard.server.keyed(raw_key, "GET", `/sites/${bare.id}`), 200);
	await counted(at, 4);
	await open(at, "/sites");
	const { page } = at;
	const row = page.locator(`[data-site='${bare.id}']`);
	await eventually(async () => equal(await row.locator("[data-keys]").textContent(), "2"));
	await row.getByRole("img", { name: "3 requests in 24 hours" }).waitFor();
	await page.locator("[data-everywhere]").getByText("1 key is bound to no site and works at all of them.").waitFor();
	const dialog = page.getByRole("dialog", { name: "Delete this site" });
	const confirm = dialog.getByRole("button", { name: "Delete for good" });

	await page.getByRole("button", { name: "Actions for Full" }).click();
	await page.getByRole("menuitem", { name: "Delete this site" }).click();
	await dialog.getByText("It still has a document").waitFor();
	await dialog.getByText("documents:write").waitFor();
	ok(await confirm.isDisabled());
	await axe(page);
	await picture(page, "sites-delete-documents");
	await dialog.getByRole("button", { name: "Keep this site" }).click();
	await dialog.waitFor({ state: "detached" });

	await page.getByRole("button", { name: "Actions for Bare" }).press("Enter");
	// The menu takes the focus once it is open; a key that is pressed earlier is lost.
	await page
		.getByRole("menu")
		.locator(":focus")
		.or(page.getByRole("menu").and(page.locator(":focus")))
		.first()
		.waitFor();
	await page.getByRole("menu", { name: "Actions for Bare" }).getByRole("menuitem", { name: "Delete this site" }).press("Enter");
	await dialog.getByText("3 requests in the last 24 hours, 3 in the last hour: such requests fail.").waitFor();
	await dialog.getByText("2 keys are bound to it; 1 other key works at every site, and no longer at this one.").waitFor();
	const lines = await dialog.locator("[data-bound] li").allTextContents();
	deepEqual(lines, ["prod-bound: works at no site any more", "prod-both"]);
	await axe(page);
	await picture(page, "sites-delete");
	await dialog.getByLabel("Type its name or id to confirm").and(page.locator(":focus")).waitFor();
	await page.keyboard.type("Bar");
	await page.keyboard.press("Enter");
	ok(await confirm.isDisabled(), "the name is not whole");
	await page.keyboard.type("e");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").filter({ hasText: "Bare is deleted." }).waitFor();
	await dialog.waitFor({ state: "detached" });
	await row.waitFor({ state: "detached" });
	await eventually(async () => equal(await page.evaluate<string>("document.activeElement === document.body ? 'lost' : 'kept'"), "kept"));
	deepEqual(
		(await getSites(at)).map(({ id }) => id),
		[full.id],
	);
	expectStatus(await dashboard.server.keyed(raw_key, "GET", `/sites/${bare.id}`), 404);
	assertNoPageErrors(at.context);
});

test("in a second tab a change shows by itself, and an action on what has changed meanwhile says so and changes nothing", async () => {
	const at = await there();
	const site = await makeSite(dashboard.server, at.tenant_id, { name: "Shop", environment: "prod" });
	const gone = await makeSite(dashboard.server, at.tenant_id, { name: "Kiosk", environment: "prod" });
	const { page, context, tenant_id } = at;
	const site_path = (id: string) => `/sites/${id}`;
	const change = (name: string) => dashboard.server.management(tenant_id, "PATCH", site_path(site.id), { name });
	await open(at, "/sites");
	const second = { ...at, page: await context.newPage() };
	await open(second, "/sites");
	const edit = async (tab: Page, name: string) => {
		await tab.getByRole("button", { name: `Actions for ${name}` }).click();
		await tab.getByRole("menuitem", { name: "Edit this site" }).click();
		const dialog = tab.getByRole("dialog", { name: "Edit this site" });
		await dialog.waitFor();
		return dialog;
	};

	const first_dialog = await edit(page, "Shop");
	await first_dialog.getByLabel("Name").fill("Shop, mine");
	const second_dialog = await edit(second.page, "Shop");
	await second_dialog.getByLabel("Name").fill("Shop, theirs");
	await second_dialog.getByRole("button", { name: "Save changes" }).click();
	await second_dialog.waitFor({ state: "detached" });
	await first_dialog.getByRole("button", { name: "Save changes" }).click();
	const alert = first_dialog.getByRole("alert");
	await alert.getByText("This changed meanwhile").waitFor();
	await alert.getByText("Name: was “Shop”, is now “Shop, theirs”.").waitFor();
	await axe(page);
	await picture(page, "sites-changed-meanwhile");
	equal((await getSites(at)).find(({ id }) => id === site.id)?.name, "Shop, theirs", "nothing was sent");
	await first_dialog.getByRole("button", { name: "Save changes" }).click();
	await first_dialog.waitFor({ state: "detached" });
	equal((await getSites(at)).find(({ id }) => id === site.id)?.name, "Shop, mine", "decided again");

	await second.page.getByRole("rowheader", { name: /Shop, mine/ }).waitFor();
	await page.getByRole("button", { name: "Actions for Kiosk" }).click();
	await page.getByRole("menuitem", { name: "Delete this site" }).click();
	const deleting = page.getByRole("dialog", { name: "Delete this site" });
	await deleting.getByLabel("Type its name or id to confirm").fill(gone.id);
	const confirm = deleting.getByRole("button", { name: "Delete for good" });
	await eventually(async () => ok(await confirm.isEnabled()));
	expectStatus(await dashboard.server.management(tenant_id, "DELETE", site_path(gone.id)), 204);
	// The list, which is read again every five seconds, may have said it already.
	await confirm.click({ timeout: 2_000 }).catch(() => undefined);
	await deleting.getByText("no longer exists: it was deleted meanwhile.", { exact: false }).waitFor();
	await deleting.getByRole("button", { name: "Back to the sites" }).click();
	await page.getByRole("rowheader", { name: /Kiosk/ }).waitFor({ state: "detached" });
	expectStatus(await change("Shop, by API"), 200);
	await page.getByRole("rowheader", { name: /Shop, by API/ }).waitFor();
	assertNoPageErrors(context);
});

test("among sixty sites one is found by a part of its name or id, and the address keeps the search", async () => {
	const at = await there();
	for (let index = 0; index < 60; index += 1)
		await makeSite(dashboard.server, at.tenant_id, { id: `shop_${index}`, name: `Shop in ${index % 2 === 0 ? "Ghent" : "Lyon"} ${index}` });
	await open(at, "/sites");
	const { page } = at;
	const rows = page.locator("tr[data-site]");
	await assertCount(rows, 50);
	await page.getByRole("button", { name: "Show more sites" }).click();
	await assertCount(rows, 60);
	const search = page.getByRole("textbox", { name: "Search by name or id" });
	await search.fill("lyon 31");
	await assertCount(rows, 1);
	await page.getByRole("rowheader", { name: /Shop in Lyon 31/ }).waitFor();
	await page.waitForURL("**/sites?**search=lyon**");
	await page.reload();
	await assertCount(rows, 1);
	await search.fill("shop_59");
	await page.getByRole("rowheader", { name: /Shop in Lyon 59/ }).waitFor();
	await search.fill("%");
	await page.getByText("No site matches").waitFor();
	await axe(page);
	await page.getByRole("button", { name: "Show all sites" }).click();
	await assertCount(rows, 50);
	await picture(page, "sites-sixty");
	await onAPhone(page);
	assertNoPageErrors(at.context);
});

test("among sixty members one is found by a part of their name or address", async () => {
	const { context, page, tenant_id } = await there();
	const database = await Database.open(dashboard.server.data_dir);
	const members = `from generate_series(1, ${MEMBERS - 1}) as n`;
	await database.rows(`insert into people (id, name, email) select 'many_' || n, 'Colleague ' || n, 'c' || n || '@example.com' ${members}`);
	await database.rows(`insert into members (tenant_id, id, person_id, role) select $1, 'many_' || n, 'many_' || n, 'viewer' ${members}`, [tenant_id]);
	await database.close();
	await page.goto(`${dashboard.url}/team?tenant=${tenant_id}`);
	const rows = page.getByRole("region", { name: "Members" }).getByRole("listitem");
	await assertCount(rows, MEMBERS_SHOWN);
	await page.getByRole("button", { name: `Show all ${MEMBERS} members` }).click();
	await assertCount(rows, MEMBERS);
	const search = page.getByRole("textbox", { name: "Search by name or e-mail address" });
	await search.fill("colleague 41");
	await assertCount(rows, 1);
	await search.fill("C17@example");
	await rows.getByText("Colleague 17").waitFor();
	await search.fill("no such member");
	await page.getByText(`No member matches. The team has ${MEMBERS} members.`).waitFor();
	await axe(page);
	await search.fill("");
	await picture(page, "team-sixty");
	await onAPhone(page);
	assertNoPageErrors(context);
});

test("a viewer sees sites and who can change them; hostile names are shown as text", async () => {
	const at = await there({ role: "viewer" });
	await makeSite(dashboard.server, at.tenant_id, { name: `Site ${HOSTILE} ${"W".repeat(120)}`, environment: "dev" });
	const owner = await memberIn(
		browser,
		dashboard.server,
		{ name: "Oscar Owner", email: "oscar@example.com", password: "a lamp, a boat, a fork" },
		{ tenant_id: at.tenant_id, role: "owner" },
	);
	await open(at, "/sites");
	const { page } = at;
	await page.getByText(`Site ${HOSTILE}`, { exact: false }).waitFor();
	await page.locator("[data-missing=role]").getByText("Oscar Owner", { exact: false }).waitFor();
	await assertCount(page.getByRole("button", { name: /^(Add a site|Actions for)/ }), 0);
	await assertCount(page.locator("img[src=x]"), 0);
	await axe(page);
	await onAPhone(page);
	assertNoPageErrors(at.context, owner.context);
});

test("the plan page shows capabilities, rate limits and usage of each maximum, with explanations", async () => {
	const plan = {
		name: "Team",
		capabilities: ["m2m_api", "documents", "own_reports"],
		rate_limits: [
			{ name: "burst", requests: 1_000, window_seconds: 60, per: "key" },
			{ name: "all", requests: 5_000, window_seconds: 1, per: "tenant" },
		],
		quota_requests_per_month: 10,
		limits: { sites: 1, api_keys: 5, documents: null, storage_bytes: 1_073_741_824 },
		max_key_lifetime_days: 365,
	};
	const at = await there({ plan });
	const { page, tenant_id } = at;
	await makeSite(dashboard.server, tenant_id);
	const { raw_key } = await makeKey(dashboard.server, tenant_id, {
		permissions: ["tenant:read"],
		expires_at: new Date(Date.now() + 86_400_000).toISOString(),
	});
	for (let sent = 0; sent < 8; sent += 1) expectStatus(await dashboard.server.keyed(raw_key, "GET", `/tenants/${tenant_id}/limits`), 200);
	expectStatus(await dashboard.server.keyed(raw_key, "GET", `/tenants/${tenant_id}/usage`), 403);
	await counted(at, 9);
	await open(at, "/plan");
	await page.getByRole("heading", { name: "Your plan: Team" }).waitFor();
	await eventually(async () =>
		deepEqual(await page.locator("[data-capability] > p:first-child").allTextContents(), ["API access", "Documents", "Own reports"]),
	);
	await page.getByText("A key lives at most 365 days.").waitFor();
	await eventually(async () =>
		deepEqual(await page.locator("[data-rates] li").allTextContents(), [
			"1,000 requests in a minute for each key",
			"5,000 requests in a second for all keys together",
		]),
	);
	const meters = await Promise.all(
		["Requests this month", "Keys", "Sites", "Documents", "Storage"].map(async (name) => {
			const meter = page.locator(`[data-meter="${name}"]`);
			return [name, await meter.getAttribute("data-level"), (await meter.textContent()) ?? ""] as const;
		}),
	);
	deepEqual(
		meters.map(([name, level]) => [name, level]),
		[
			["Requests this month", "near"],
			["Keys", "fine"],
			["Sites", "full"],
			["Documents", "unlimited"],
			["Storage", "fine"],
		],
	);
	match(meters[0]?.[2] ?? "", /8 of 10.*Nearly used up\. Begins anew in \d+ (day|hour|minute|second)/);
	match(meters[1]?.[2] ?? "", /1 of 5/);
	match(meters[2]?.[2] ?? "", /1 of 1.*Used up\. No further site can be added\./);
	match(meters[3]?.[2] ?? "", /0, without limit/);
	match(meters[4]?.[2] ?? "", /0 bytes of 1 GiB/);
	const chart = page.locator("[data-chart]");
	await eventually(async () =>
		match((await chart.locator("> [role=img]").getAttribute("aria-label")) ?? "", /9 requests, 8 allowed, 1 refused\. Most in one day: 9 requests/),
	);
	await axe(page);
	await picture(page, "plan");
	await onAPhone(page);
	assertNoPageErrors(at.context);
});

test("the upgrade link is the operator's; a plan without limits or without API access says so", async () => {
	const at = await there({ role: "viewer", plan: { name: `Free ${HOSTILE}`, capabilities: [] } });
	const profile = { product_name: `Orders ${HOSTILE}`, support_url: "https://orders.example/support" };
	expectStatus(await dashboard.server.operator("PUT", "/api-profile", profile), 200);
	await open(at, "/plan");
	const { page } = at;
	await page.getByText("API access is not included, so keys cannot be created.").waitFor();
	await page.locator("[data-missing-capabilities]").getByText("API access", { exact: false }).waitFor();
	await page.getByText("No request this month").waitFor();
	await assertCount(page.getByText(/without limit|does not limit/i), 0, "nothing is without limit where the capability is missing");
	await assertCount(page.locator("[data-level=missing]"), 4);
	const link = page.getByRole("link", { name: `Ask Orders ${HOSTILE} for more` });
	await eventually(async () => equal(await link.getAttribute("href"), profile.support_url));
	await assertCount(page.locator("img[src=x]"), 0);
	await axe(page);
	await picture(page, "plan-free");
	const upgrade_url = "https://orders.example/plans";
	expectStatus(await dashboard.server.operator("PUT", "/api-profile", { ...profile, upgrade_url }), 200);
	await page.reload();
	equal(await page.getByRole("link", { name: "See larger plans" }).getAttribute("href"), upgrade_url);
	expectStatus(await dashboard.server.operator("PUT", "/api-profile", { product_name: null }), 200);
	assertNoPageErrors(at.context);
});

test("while the server does not answer a page says that it may be out of date, and it recovers by itself", async () => {
	const at = await there();
	const { page } = at;
	await makeSite(dashboard.server, at.tenant_id, { name: "Ghent" });
	await open(at, "/sites");
	const { data_dir, port, operator_token } = dashboard.server;
	await dashboard.server.stop({ keep_folder: true });
	const notice = page.getByText("What you see is what was last known.");
	await notice.waitFor();
	await page.getByRole("rowheader", { name: "Ghent" }).waitFor();
	await axe(page);
	await picture(page, "unreachable");
	await page.locator("nav").getByRole("link", { name: "Team" }).first().click();
	await page.getByRole("heading", { level: 1, name: "Sites" }).waitFor({ state: "detached" });
	await notice.waitFor();
	const again = await startServer({ data_dir, port, operator_token });
	try {
		await page.getByRole("heading", { level: 1, name: "Team" }).waitFor();
		await notice.waitFor({ state: "detached" });
	} finally {
		await again.stop({ keep_folder: true });
	}
	assertNoPageErrors(at.context);
});
