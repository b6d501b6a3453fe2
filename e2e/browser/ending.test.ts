/** The end of keys: the preview before a pause or revocation, the warnings before expiry, and ended keys that are still presented. */
import { equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { Database } from "../database.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Dashboard,
	DESKTOP,
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
const DAY_MS = 86_400_000;
/** The earliest allowed expiry, late enough for the key to be used once before. */
const SHORT_LIFE_MS = 2_500;
const POLL_MS = 100;
const FEW_FRAMES = "new Promise((done) => { let left = 10; const next = () => (left-- > 0 ? requestAnimationFrame(next) : done(true)); next(); })";
const SEEN_DEADLINE_MS = 5_000;

let dashboard: Dashboard;
let browser: TestBrowser;
let people = 0;

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

/** A new tenant with a signed-in admin. */
async function there(plan: Record<string, unknown> = {}, role: "owner" | "admin" | "viewer" = "owner"): Promise<There> {
	const { id: tenant_id } = await makeTenant(dashboard.server, { plan_id: await makePlan(dashboard.server, plan) });
	people += 1;
	const who = { name: "Olivia Owner", email: `ending-${people}@example.com`, password: "a kite, a rope, a hill" };
	return { tenant_id, ...(await memberIn(browser, dashboard.server, who, { tenant_id, role })) };
}

async function openKey({ page, tenant_id }: There, key: { readonly id: string }): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access/${key.id}?tenant=${tenant_id}`);
	await page.getByRole("region", { name: "Facts" }).waitFor();
	await waitUntilLoaded(page);
}

/** Opens the tab with the sources that still present ended secrets. */
async function openRefusals(page: Page): Promise<void> {
	await page
		.getByRole("navigation", { name: "Parts of this key" })
		.getByRole("link", { name: /^Refusals/ })
		.click();
	await page.getByRole("region", { name: "Refused requests" }).waitFor();
	await waitUntilLoaded(page);
}

async function openList({ page, tenant_id }: There): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}`);
	await page.getByRole("heading", { name: "API Access", level: 1, exact: true }).waitFor();
	await waitUntilLoaded(page);
}

/** Sends requests with a raw key and a client name; returns the last status. */
async function use(raw_key: string, client: string, times = 1): Promise<number> {
	let status = 0;
	for (let sent = 0; sent < times; sent += 1) {
		const headers = { "user-agent": "curl/8.5.0", "x-keywright-client": client };
		status = (await dashboard.server.keyed(raw_key, "GET", "/whoami", undefined, headers)).status;
	}
	return status;
}

interface Seen {
	readonly data: readonly { readonly id: string; readonly client: string | null; readonly requests: number }[];
	readonly dead: readonly { readonly client: string | null; readonly requests: number }[];
}

/** Waits until this number of a program's requests is recorded: all of them, or only those with an ended key or secret. */
async function seen({ tenant_id }: There, key: { readonly id: string }, client: string, requests: { data?: number; dead?: number }): Promise<Seen> {
	const until = performance.now() + SEEN_DEADLINE_MS;
	const has = (places: readonly { client: string | null; requests: number }[], times = 0) =>
		times === 0 || places.some((place) => place.client === client && place.requests >= times);
	while (performance.now() < until) {
		const answer = expectStatus(await dashboard.server.management(tenant_id, "GET", `/api-keys/${key.id}/sources`), 200).as<Seen>();
		if (has(answer.data, requests.data) && has(answer.dead, requests.dead)) return answer;
		await sleep(POLL_MS);
	}
	throw new Error(`${client} was not seen as often`);
}

/** Gives the source of this client a name. */
async function namePlace(at: There, key: { readonly id: string }, client: string, name: string): Promise<void> {
	const { data } = await seen(at, key, client, { data: 1 });
	const id = data.find((source) => source.client === client)?.id ?? "";
	expectStatus(await dashboard.server.management(at.tenant_id, "PUT", `/sources/${id}`, { name }), 200);
}

function inDays(days: number): string {
	return new Date(Date.now() + days * DAY_MS).toISOString();
}

/** Checks all widths, accessibility, light and dark; restores the width. */
async function forEverybody(page: Page, name: string): Promise<void> {
	await axe(page);
	await picture(page, name);
	await page.setViewportSize(PHONE);
	// A chart follows the new width with the next rendering.
	await page.evaluate(FEW_FRAMES);
	await assertNoSidewaysScrolling(page);
	await page.setViewportSize(DESKTOP);
}

/** Closes a dialog by Esc and asserts that the focus returns to its button. */
async function closesByKeyboard(page: Page, dialog: Locator, opener: Locator): Promise<void> {
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	await opener.and(page.locator(":focus")).waitFor();
}

describe("before a key is stopped", () => {
	let at: There;
	let key: MadeKey;
	before(async () => {
		at = await there();
		key = await makeKey(dashboard.server, at.tenant_id, { name: "prod-order-bot" });
		equal(await use(key.raw_key, "order-server-1", 3), 200);
		equal(await use(key.raw_key, "nightly", 1), 200);
		await seen(at, key, "order-server-1", { data: 3 });
		await namePlace(at, key, "order-server-1", "Order server");
		await namePlace(at, key, "nightly", HOSTILE);
	});

	test("the pause preview lists what would stop and changes nothing", async () => {
		const { page } = at;
		await openKey(at, key);
		const opener = page.getByRole("button", { name: "Pause this key" });
		await opener.click();
		const dialog = page.getByRole("dialog", { name: "Pause this key" });
		const impact = dialog.locator("[data-impact]");
		await impact.getByRole("list", { name: "Used from" }).waitFor();
		match(
			(await impact.textContent()) ?? "",
			/Something uses this key.*Last hour4 requestsLast day4 requestsLast week4 requestsLast used.*Order server 127\.0\.0\.0\/24, used /s,
		);
		await forEverybody(page, "ending-pause");
		await closesByKeyboard(page, dialog, opener);
		equal(await use(key.raw_key, "order-server-1"), 200);
	});

	test("the revocation has the same preview, requires the name, and confirms that every server refuses the key", async () => {
		const { page, tenant_id } = at;
		const rotating = await dashboard.server.management(tenant_id, "POST", `/api-keys/${key.id}/rotate`, {});
		const { raw_key: successor } = expectStatus(rotating, 201).as<{ raw_key: string }>();
		await openKey(at, key);
		await page.getByRole("link", { name: "Settings", exact: true }).last().click();
		const opener = page.getByRole("region", { name: "Stop this key" }).getByRole("button", { name: "Revoke for good" });
		await opener.click();
		const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
		const places = dialog.getByRole("list", { name: "Used from" });
		await places.waitFor();
		await assertCount(places.getByRole("listitem"), 2);
		await places.getByText("Order server", { exact: true }).waitFor();
		await places.getByText(HOSTILE, { exact: true }).waitFor();
		await eventually(async () => match((await dialog.locator("[data-stat=last_hour]").textContent()) ?? "", /^Last hour[45] requests$/));
		await dialog.locator("[data-rotating]").waitFor();
		await dialog.getByRole("button", { name: "Pause it instead" }).waitFor();
		await closesByKeyboard(page, dialog, opener);

		await opener.click();
		await dialog.getByRole("radio", { name: "It may have leaked" }).check();
		const revoke = dialog.getByRole("button", { name: "Revoke for good" });
		await eventually(async () => ok(await revoke.isDisabled()));
		await forEverybody(page, "ending-revoke");
		equal(await use(key.raw_key, "order-server-1"), 200);
		await dialog.getByLabel('Type "prod-order-bot" to confirm').fill("prod-order-bot");
		await revoke.click();
		const notice = page.locator("[data-revoked]");
		await notice.getByText("Refused from now on.", { exact: false }).waitFor();
		await page.getByRole("alert").filter({ hasText: "prod-order-bot is revoked for good" }).getByText("Refused from now on.").waitFor();
		await notice.and(page.locator(":focus")).waitFor();
		const { y = -1 } = (await notice.boundingBox()) ?? {};
		ok(y >= 0 && y < DESKTOP.height, "the result is in view");
		equal(await use(key.raw_key, "order-server-1"), 401);
		equal(await use(successor, "order-server-1"), 401);
		await picture(page, "ending-revoked");
		await assertCount(page.locator("img[src=x]"), 0);
		assertNoPageErrors(at.context);
	});

	test("a key can be revoked even if its preview fails, and the dialog says so", async () => {
		const { page } = at;
		const other = await makeKey(dashboard.server, at.tenant_id, { name: "prod-hurry" });
		await page.route("**/revoke-preview", (route) => route.abort());
		await openKey(at, other);
		await page.getByRole("button", { name: "More actions" }).click();
		await page.getByRole("menuitem", { name: "Revoke this key" }).click();
		const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
		await dialog.getByLabel("Loading what uses this key").waitFor();
		await dialog.getByText("What uses it cannot be read just now.", { exact: false }).waitFor();
		await axe(page);
		await dialog.getByRole("radio", { name: "The integration is retired" }).check();
		await dialog.getByRole("button", { name: "Revoke for good" }).click();
		await page.locator("[data-revoked]").waitFor();
		await page.unroute("**/revoke-preview");
		equal(await use(other.raw_key, "order-server-1"), 401);
	});

	test("a preview of several keys shows the details of each key in use, also from the list", async () => {
		const { page, tenant_id } = at;
		const used = await makeKey(dashboard.server, tenant_id, { name: "staging-used", environment: "staging" });
		await makeKey(dashboard.server, tenant_id, { name: "staging-idle", environment: "staging" });
		equal(await use(used.raw_key, "nightly", 2), 200);
		await seen(at, used, "nightly", { data: 2 });
		await openList(at);
		const menu = page.getByRole("button", { name: "Actions for staging-used" });
		await menu.click();
		await page.getByRole("menuitem", { name: "Revoke this key" }).click();
		const one = page.getByRole("dialog", { name: "Revoke this key for good" });
		await one.getByRole("list", { name: "Used from" }).getByText(HOSTILE).waitFor();
		await closesByKeyboard(page, one, menu);

		await page.getByLabel("Choose staging-idle").check();
		const opener = page.getByRole("button", { name: "Revoke several by filter" });
		await opener.click();
		const dialog = page.getByRole("dialog", { name: "Revoke several keys for good" });
		await dialog.getByRole("combobox", { name: "Environment" }).click();
		await page.getByRole("option", { name: "Staging" }).click();
		const uses = dialog.locator(`[data-uses-of="${used.id}"]`);
		await uses.getByRole("list", { name: "Used from" }).getByText(HOSTILE).waitFor();
		await assertCount(dialog.getByRole("button", { name: "Show what uses it" }), 0, "what nothing used has nothing to show");
		await dialog.getByRole("button", { name: "Hide what uses it" }).click();
		await assertCount(uses, 0);
		await dialog.getByRole("button", { name: "Show what uses it" }).click();
		await uses.waitFor();
		await forEverybody(page, "ending-bulk");
		await page.setViewportSize(PHONE);
		await dialog.getByRole("columnheader", { name: "Requests, last day" }).waitFor();
		ok(
			((await dialog.getByRole("cell", { name: "2", exact: true }).boundingBox())?.x ?? PHONE.width) < PHONE.width,
			"the requests are in view on a phone",
		);
		await page.setViewportSize(DESKTOP);
		await closesByKeyboard(page, dialog, opener);
		await assertCount(page.locator("img[src=x]"), 0);
		assertNoPageErrors(at.context);
	});
});

test("a key that another person changed meanwhile is not revoked, paused or replaced before that is said; typed text is not dropped", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	const key = await makeKey(dashboard.server, tenant_id, { name: "prod-shared" });
	const elsewhere = (path: string, body?: unknown) => dashboard.server.management(tenant_id, "POST", `/api-keys/${key.id}/${path}`, body);
	await openKey(at, key);
	await page.getByRole("button", { name: "Pause this key" }).click();
	const pausing = page.getByRole("dialog", { name: "Pause this key" });
	expectStatus(await dashboard.server.management(tenant_id, "PATCH", `/api-keys/${key.id}`, { owner: "Max Muster" }), 200);
	await pausing.getByRole("button", { name: "Pause this key" }).click();
	await pausing.getByText(/Responsible: was “.*”, is now “Max Muster”/).waitFor();
	await axe(page);
	await pausing.getByRole("button", { name: "Keep it working" }).click();

	await page.getByRole("link", { name: "Replace this key" }).click();
	const replacing = page.getByRole("dialog", { name: "Replace prod-shared" });
	await replacing.getByRole("radio").first().waitFor();
	expectStatus(await dashboard.server.management(tenant_id, "PATCH", `/api-keys/${key.id}`, { owner: "Mia Muster" }), 200);
	await replacing.locator("button[type=submit]").click();
	await replacing.getByText("Responsible: was “Max Muster”, is now “Mia Muster”.").waitFor();
	await page.keyboard.press("Escape");
	await replacing.waitFor({ state: "detached" });

	await page.getByRole("button", { name: "More actions" }).click();
	await page.getByRole("menuitem", { name: "Revoke this key" }).click();
	const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
	await dialog.getByRole("radio", { name: "The integration is retired" }).check();
	await dialog.getByLabel("Note").fill("The shop has closed");
	await page.keyboard.press("Escape");
	await page.getByText("The key has not been revoked.").waitFor();
	await page.keyboard.press("Escape");
	equal(await dialog.getByLabel("Note").inputValue(), "The shop has closed");
	expectStatus(await elsewhere("pause"), 200);
	await dialog.getByRole("button", { name: "Revoke for good" }).click();
	await dialog.getByText("State: was “Active”, is now “Paused”.").waitFor();
	await picture(page, "ending-changed-meanwhile");
	await dialog.getByRole("button", { name: "Revoke for good" }).click();
	await dialog.waitFor({ state: "detached" });
	await page.getByText("prod-shared is revoked for good").waitFor();
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("a toast never covers the buttons of a dialog, and the focus stays in the list when the revoked key leaves it", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	await makeKey(dashboard.server, tenant_id, { name: "prod-first" });
	await makeKey(dashboard.server, tenant_id, { name: "prod-second" });
	await page.setViewportSize(PHONE);
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}&status=active`);
	await page.route("**/pause", (route) => route.abort());
	await page.getByRole("button", { name: "Actions for prod-first" }).click();
	await page.getByRole("menuitem", { name: "Pause this key" }).click();
	const toast = page.getByRole("alert").filter({ hasText: "No answer about prod-first" });
	await toast.waitFor();

	await page.getByRole("button", { name: "Actions for prod-second" }).click();
	await page.getByRole("menuitem", { name: "Revoke this key" }).click();
	const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
	await dialog.getByRole("radio", { name: "The integration is retired" }).check();
	await toast.waitFor();
	await dialog.getByRole("button", { name: "Revoke for good" }).click();
	await page.getByRole("link", { name: "prod-second" }).waitFor({ state: "detached" });
	await page.getByRole("region", { name: "Keys found" }).and(page.locator(":focus")).waitFor();
	await at.context.close();
});

describe("before a key expires", () => {
	test("the list and its notice show which keys expire when; a dismissed notice returns only with new entries", async () => {
		const at = await there();
		const { page, tenant_id } = at;
		await makeKey(dashboard.server, tenant_id, { name: "prod-forever" });
		await openList(at);
		const notice = page.locator("[data-ending]");
		await assertCount(notice, 0, "no notice without expiring keys");
		const keys: [string, number][] = [
			["prod-in-a-month", 20.2],
			["prod-in-a-week", 5.2],
			["prod-today", 0.4],
			["prod-next-year", 200],
		];
		for (const [name, days] of keys) await makeKey(dashboard.server, tenant_id, { name, expires_at: inDays(days) });
		const paused = await makeKey(dashboard.server, tenant_id, { name: "prod-paused", expires_at: inDays(3.2) });
		expectStatus(await dashboard.server.management(tenant_id, "POST", `/api-keys/${paused.id}/pause`), 200);
		const due = (await makeKey(dashboard.server, tenant_id, { name: "prod-overdue", rotate_every_days: 30 })).id;
		const database = await Database.open(dashboard.server.data_dir);
		await database.rows("update keys set rotation_due_at = $1 where id = $2", [inDays(-3.2), due]);
		await database.close();

		await openList(at);
		await notice.getByText("4 keys end within 30 days").waitFor();
		equal(
			(await notice.getByRole("listitem").allTextContents()).join(" | "),
			"◕in 10 hoursprod-today · Olivia Owner | ◐in 3 daysprod-paused · Olivia Owner | ◐in 5 daysprod-in-a-week · Olivia Owner | ◔in 20 daysprod-in-a-month · Olivia Owner",
		);
		const row = (name: string) => page.getByRole("row").filter({ hasText: name });
		await eventually(async () => equal(await row("prod-today").locator("[data-due]").getAttribute("data-due"), "day"));
		await eventually(async () => equal(await row("prod-in-a-week").locator("[data-due]").getAttribute("data-due"), "week"));
		await eventually(async () => equal(await row("prod-in-a-month").locator("[data-due]").getAttribute("data-due"), "month"));
		await assertCount(row("prod-next-year").locator("[data-due]"), 0);
		await row("prod-overdue").getByText("overdue by 3 days").waitFor();
		await eventually(async () =>
			match((await row("prod-today").locator("[data-due]").getAttribute("title")) ?? "", /^\d+ \w+ \d{4}, \d\d:\d\d:\d\d \(.+\)$/),
		);
		await forEverybody(page, "ending-list");

		await notice.getByRole("button", { name: "Put this aside for now" }).click();
		await notice.waitFor({ state: "detached" });
		await openList(at);
		await assertCount(notice, 0);
		await makeKey(dashboard.server, tenant_id, { name: "prod-news", expires_at: inDays(9.2) });
		await openList(at);
		await notice.getByRole("link", { name: "prod-in-a-week" }).click();
		await page.getByRole("heading", { level: 1, name: "prod-in-a-week" }).waitFor();
		assertNoPageErrors(at.context);
	});

	test("a key page explains the expiry and extends it, up to the maximum of the plan", async () => {
		const at = await there({ max_key_lifetime_days: 120 });
		const { page } = at;
		const key = await makeKey(dashboard.server, at.tenant_id, { name: "prod-order-bot", expires_at: inDays(5.2), rotate_every_days: 5 });
		await openKey(at, key);
		const figures = page.getByRole("region", { name: "Figures" });
		await eventually(async () => match((await figures.textContent()) ?? "", /Ends\d+ \w+◐ in 5 days.*Replace by\d+ \w+◐ in 5 days · every 5 days/));
		const note = page.locator("[data-matter=end]");
		await eventually(async () => match((await note.textContent()) ?? "", /This key stops working in 5 days.*It was never used/s));
		await forEverybody(page, "ending-soon");
		const opener = note.getByRole("button", { name: "Give it a later end" });
		await opener.click();
		const sheet = page.getByRole("dialog", { name: "Edit this key" });
		const expiry = sheet
			.getByRole("combobox", { name: "When does it end?" })
			.or(sheet.getByRole("textbox", { name: "When does it end?" }))
			.first();
		await expiry.and(page.locator(":focus")).waitFor();
		await expiry.click();
		await page.getByRole("option").nth(2).waitFor();
		await eventually(async () => equal((await page.getByRole("option").allTextContents()).join(", "), "In 30 days, In 90 days, On a date"));
		await page.keyboard.press("Escape");
		await sheet.getByLabel("Last day").fill(inDays(150).slice(0, 10));
		await sheet.getByRole("button", { name: "Save changes" }).click();
		await sheet.getByText("In your plan a key lives at most 120 days").waitFor();
		await expiry.click();
		await page.getByRole("option", { name: "In 90 days" }).click();
		await sheet.getByRole("button", { name: "Save changes" }).click();
		await sheet.waitFor({ state: "detached" });
		await note.waitFor({ state: "detached" });
		await page.locator("[data-matter=replacement]").getByText("This key is to be replaced in 5 days").waitFor();
		assertNoPageErrors(at.context);
	});

	test("an expired key keeps its last use, shows who still presents it, and works again with a later expiry", async () => {
		const at = await there();
		const { page, tenant_id } = at;
		const key = await makeKey(dashboard.server, tenant_id, { name: "prod-over", expires_at: new Date(Date.now() + SHORT_LIFE_MS).toISOString() });
		equal(await use(key.raw_key, "order-server-1"), 200);
		while ((await use(key.raw_key, "order-server-1")) !== 401) await sleep(POLL_MS);
		await namePlace(at, key, "order-server-1", "Order server");
		await seen(at, key, "order-server-1", { dead: 1 });
		await openList(at);
		const row = page.getByRole("row").filter({ hasText: "prod-over" });
		await eventually(async () => equal(await row.locator("[data-due]").getAttribute("data-due"), "over"));
		await assertCount(page.locator("[data-ending]"), 0);
		await openKey(at, key);
		const note = page.locator("[data-matter=end]");
		await eventually(async () => match((await note.textContent()) ?? "", /This key expired .*every request with it is refused since\./s));
		await eventually(async () =>
			match((await page.getByRole("region", { name: "Figures" }).textContent()) ?? "", /Last used(just now|\d+ s ago).*Ended/s),
		);
		await openRefusals(page);
		const dead = page.locator("[data-dead=expired]");
		await eventually(async () =>
			match((await dead.textContent()) ?? "", /Expired….{4}It has expired\. Give this key a later end.*Order server.*Once today/s),
		);
		await forEverybody(page, "ending-expired");
		await page.goBack();
		await note.getByRole("button", { name: "Give it a later end" }).click();
		const sheet = page.getByRole("dialog", { name: "Edit this key" });
		await sheet.getByLabel("Last day").fill(inDays(60).slice(0, 10));
		await sheet.getByRole("button", { name: "Save changes" }).click();
		await sheet.waitFor({ state: "detached" });
		equal(await use(key.raw_key, "order-server-1"), 200);
		await openRefusals(page);
		await assertCount(dead, 0);
		assertNoPageErrors(at.context);
	});
});

describe("ended keys that are still presented", () => {
	test("a presented revoked key is shown with source, count and what to do", async () => {
		const at = await there();
		const { page, tenant_id } = at;
		const key = await makeKey(dashboard.server, tenant_id, { name: "prod-leaked" });
		equal(await use(key.raw_key, "order-server-1"), 200);
		await namePlace(at, key, "order-server-1", `Order ${HOSTILE}`);
		expectStatus(await dashboard.server.management(tenant_id, "POST", `/api-keys/${key.id}/revoke`, { reason: "other" }), 200);
		await openKey(at, key);
		await openRefusals(page);
		await assertCount(page.getByRole("region", { name: "Still presented" }), 0, "no section without presented keys");
		equal(await use(key.raw_key, "order-server-1", 14), 401);
		equal(await use(key.raw_key, "a-stranger", 1), 401);
		await seen(at, key, "order-server-1", { dead: 14 });
		await seen(at, key, "a-stranger", { dead: 1 });
		await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}`);
		await page.locator(`[data-key="${key.id}"]`).getByText("Still presented").waitFor();
		await openKey(at, key);
		await page.locator("[data-matter^=dead]").getByRole("link", { name: "Show who presents it" }).click();
		const section = page.getByRole("region", { name: "Still presented" });
		const places = section.locator("[data-dead=revoked]").getByRole("listitem");
		await places.nth(1).waitFor();
		await assertCount(places, 2);
		await eventually(async () =>
			match((await places.filter({ hasText: `Order ${HOSTILE}` }).textContent()) ?? "", /14 times todayLast (just now|\d)/),
		);
		await eventually(async () => match((await places.filter({ hasText: "a-stranger" }).textContent()) ?? "", /Once todayLast /));
		await section.getByText("the key has leaked", { exact: false }).waitFor();
		await assertCount(page.locator("img[src=x]"), 0);
		await forEverybody(page, "ending-dead-revoked");
		assertNoPageErrors(at.context);
	});

	test("the same holds for the old secret of an active key, also for a viewer", async () => {
		const at = await there({}, "viewer");
		const { page, tenant_id } = at;
		const key = await makeKey(dashboard.server, tenant_id, { name: "prod-replaced" });
		equal(await use(key.raw_key, "order-server-1"), 200);
		const answer = await dashboard.server.management(tenant_id, "POST", `/api-keys/${key.id}/rotate`, { overlap_seconds: 0 });
		const { raw_key } = expectStatus(answer, 201).as<{ raw_key: string }>();
		equal(await use(raw_key, "order-server-2"), 200);
		equal(await use(key.raw_key, "order-server-1", 2), 401);
		await seen(at, key, "order-server-1", { dead: 2 });
		await openKey(at, key);
		await page.locator("[data-matter^=dead]").getByText("Old key", { exact: false }).waitFor();
		await openRefusals(page);
		const dead = page.locator("[data-dead]");
		await dead.first().waitFor();
		await assertCount(dead, 1);
		const words = `Replaced…${key.raw_key.slice(-4)}It was replaced, and these clients still use the old one. Give them the new key …${raw_key.slice(-4)}, or stop them.`;
		await eventually(async () => ok((await dead.textContent())?.includes(words), (await dead.textContent()) ?? ""));
		await eventually(async () => match((await dead.getByRole("listitem").textContent()) ?? "", /order-server-1.*2 times today/s));
		ok(!(await page.content()).includes(key.raw_key), "the raw key is in the page");
		await forEverybody(page, "ending-dead-replaced");
		assertNoPageErrors(at.context);
	});
});
