/** Key limits in the dashboard, descriptions of capabilities, and opt-in limits. */
import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { assertProblem, getRemaining } from "../problem.ts";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
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

let dashboard: Dashboard;
let browser: TestBrowser;
let made = 0;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	for (const [name, description] of [
		["orders", "Orders: read and change orders"],
		["exports", "Exports: everything as one file"],
	])
		expectStatus(await dashboard.server.operator("PUT", `/capabilities/${name}`, { description }), 200);
	for (const [name, description, capability] of [
		["orders:read", "Read orders", "orders"],
		["orders:write", "Change orders", "orders"],
		["exports:create", "Export all orders", "exports"],
		["faxes:send", "Send faxes", "faxes"],
	])
		expectStatus(await dashboard.server.operator("PUT", `/permissions/${name}`, { description, capability }), 200);
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

const PLAN = {
	name: "Team",
	capabilities: ["m2m_api", "orders", "exports"],
	rate_limits: [
		{ name: "burst", requests: 600, window_seconds: 60, per: "key" },
		{ name: "exports", requests: 10, window_seconds: 3_600, per: "tenant", named_only: true },
	],
};

async function there(plan: object = PLAN): Promise<There> {
	made += 1;
	const { id: tenant_id } = await makeTenant(dashboard.server, { plan_id: await makePlan(dashboard.server, { ...plan }) });
	const who = { name: "Olivia Owner", email: `limits-${made}@example.com`, password: "a lamp, a boat, a fork" };
	return { tenant_id, ...(await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" })) };
}

async function open({ page, tenant_id }: There, path: string): Promise<void> {
	await page.goto(`${dashboard.url}${path}?tenant=${tenant_id}`);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await waitUntilLoaded(page);
}

interface KeyNow {
	readonly id: string;
	readonly permissions: readonly string[];
	readonly rate_limits: readonly { readonly name: string; readonly requests: number; readonly window_seconds: number }[];
	readonly budgets: readonly { readonly name: string; readonly unit: string; readonly amount: number; readonly per: string }[];
}

async function newestKey(tenant_id: string): Promise<KeyNow> {
	const { data } = expectStatus(await dashboard.server.management(tenant_id, "GET", "/api-keys"), 200).as<{ data: KeyNow[] }>();
	const [key] = data;
	if (!key) throw new Error("the tenant has no key");
	return key;
}

/** The key's allowed requests of the last 24 hours. */
async function countAllowed(tenant_id: string, key_id: string): Promise<number> {
	const answer = expectStatus(await dashboard.server.management(tenant_id, "GET", `/api-keys/${key_id}/usage`), 200);
	const { data } = answer.as<{ data: readonly { readonly code: string; readonly requests: number }[] }>();
	return data.filter(({ code }) => code === "allowed").reduce((sum, { requests }) => sum + requests, 0);
}

test("a key is created with its own limits and a budget: the effective limits are shown before, and they apply to its first request", async () => {
	const at = await there();
	const { page } = at;
	await open(at, "/settings/api-access");
	await page.getByRole("button", { name: "Create your first key" }).click();
	const sheet = page.getByRole("dialog").first();
	await sheet.getByRole("combobox", { name: "What is it for?" }).fill("Trial bot");
	await page.keyboard.press("Escape");
	await sheet.getByRole("button", { name: /^More/ }).click();
	await sheet.getByText("Your plan allows 600 requests in a minute for each key").waitFor();
	await sheet.getByRole("radio", { name: "Fewer" }).check();
	await sheet.getByRole("radio", { name: /^Show it to me once/ }).click();
	const make = sheet.getByRole("button", { name: "Create the key and show it once" });
	await make.click();
	await sheet.getByRole("alert").getByText("Say how many requests").waitFor();
	const number = sheet.getByRole("textbox", { name: "Requests of limit 1" });
	await number.fill("600");
	await make.click();
	await sheet.getByText("Your plan allows 600 requests in a minute anyway: choose fewer").waitFor();
	await eventually(async () => equal(await number.getAttribute("aria-invalid"), "true"));
	await number.fill("3");
	await sheet.getByRole("button", { name: "Add a limit" }).click();
	await sheet.getByRole("textbox", { name: "Requests of limit 2" }).fill("1000");
	await assertCount(sheet.getByRole("button", { name: "Add a limit" }), 0, "there is one for each time");
	await make.click();
	await sheet.getByText("The limit of 3 requests in a minute is reached first: choose fewer than 180").waitFor();
	await sheet.getByRole("textbox", { name: "Requests of limit 2" }).fill("100");
	await sheet.getByRole("radio", { name: "Only a budget" }).check();
	await sheet.getByRole("combobox", { name: "Unit of budget 1" }).fill("2 credits");
	await make.click();
	await sheet.getByRole("alert").getByText("Say how much").waitFor();
	await sheet.getByRole("textbox", { name: "Amount of budget 1" }).fill("5000");
	await make.click();
	await sheet.getByRole("alert").getByText("Write the unit in Latin letters").waitFor();
	await sheet.getByRole("combobox", { name: "Unit of budget 1" }).fill("credits");
	await axe(page);
	await picture(page, "limits-create");
	await eventually(async () =>
		match(
			(await page.locator("[data-sentence]").textContent()) ?? "",
			/, at most 3 requests in a minute and 100 requests in an hour, spends at most 5,000 credits a day, ends on /,
		),
	);
	await make.click();
	await page.getByRole("button", { name: "Copy key" }).click();
	const raw_key = String(await page.evaluate("navigator.clipboard.readText()"));
	deepEqual((await newestKey(at.tenant_id)).rate_limits, [
		{ name: "own-minute", requests: 3, window_seconds: 60 },
		{ name: "own-hour", requests: 100, window_seconds: 3_600 },
	]);
	deepEqual((await newestKey(at.tenant_id)).budgets, [{ name: "credits-day", unit: "credits", amount: 5_000, per: "day" }]);
	deepEqual(getRemaining(await dashboard.server.keyed(raw_key, "GET", "/whoami")), {
		"credits-day": 4_999,
		burst: 599,
		"own-minute": 2,
		"own-hour": 99,
	});
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("permissions are grouped by the operator's capability names and described; a missing capability is mentioned once", async () => {
	const at = await there();
	const { page } = at;
	await page.setViewportSize(PHONE);
	await open(at, "/settings/api-access");
	await page.getByRole("button", { name: "Create your first key" }).click();
	await page.getByRole("radio", { name: /^Choose/ }).click();
	const groups = page.getByRole("dialog").locator("[data-capability]");
	await groups.nth(4).waitFor();
	const found = await groups.evaluateAll((elements) => elements.map((element) => element.getAttribute("data-capability")));
	deepEqual(found, ["m2m_api", "exports", "orders", "documents", "faxes"]);
	const orders = page.getByRole("group", { name: "Orders", exact: true });
	await eventually(async () =>
		match((await orders.innerText()).replaceAll("\n", " "), /Orders.*Read orders.*orders:read.*Change orders.*orders:write/),
	);
	const faxes = page.getByRole("group", { name: "Faxes", exact: true });
	await faxes.getByText("Not included in your plan; see Plan and limits").waitFor();
	await eventually(async () => equal(await faxes.getByRole("checkbox").isDisabled(), true));
	await assertNoSidewaysScrolling(page);
	equal(await orders.getByRole("checkbox", { name: /Change orders/ }).isChecked(), false, "nothing above reading is chosen beforehand");
	await page.getByRole("checkbox", { name: /exports:create/ }).check();
	await page.getByRole("radio", { name: /^Show it to me once/ }).click();
	await page.getByRole("combobox", { name: "What is it for?" }).fill("Reader");
	await page.keyboard.press("Escape");
	await axe(page);
	await orders.scrollIntoViewIfNeeded();
	await picture(page, "limits-permissions");
	await page.getByRole("button", { name: "Create the key and show it once" }).click();
	await page.getByRole("button", { name: "Copy key" }).waitFor();
	deepEqual([...(await newestKey(at.tenant_id)).permissions].sort(), ["exports:create", "orders:read", "sites:read", "tenant:read", "usage:read"]);
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("a key's limits and budgets are shown and changed on its page, with what the last 30 days say; they keep existing names, and apply to the next request", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	const key = await makeKey(dashboard.server, tenant_id, {
		name: "prod-trial-bot",
		permissions: ["orders:read", "tenant:read"],
		rate_limits: [{ name: "trial", requests: 20, window_seconds: 10 }],
	});
	await open(at, `/settings/api-access/${key.id}`);
	await page.getByRole("region", { name: "Facts" }).getByText("at most 20 requests in 10 seconds").waitFor();
	await page.getByRole("link", { name: "All settings" }).click();
	const facts = page.getByRole("region", { name: "Settings" });
	await facts.getByText("At most 20 requests in 10 seconds").waitFor();
	await facts.getByText("Its own, besides the limits of your plan").waitFor();
	await eventually(async () =>
		match((await page.locator('[data-group="Orders"]').innerText()).replaceAll("\n", " "), /Orders.*Read orders.*orders:read/),
	);
	await facts.getByRole("button", { name: "Edit" }).click();
	const sheet = page.getByRole("dialog", { name: "Edit this key" });
	await eventually(async () => equal(await sheet.getByRole("combobox", { name: "Time of limit 1" }).inputValue(), "10 seconds"));
	await sheet.getByRole("textbox", { name: "Requests of limit 1" }).fill("1");
	await sheet.getByRole("button", { name: "Add a limit" }).click();
	await sheet.getByRole("textbox", { name: "Requests of limit 2" }).fill("50");
	await sheet.getByRole("combobox", { name: "Time of limit 2" }).click();
	await page.getByRole("option", { name: "an hour" }).click();
	await axe(page);
	await picture(page, "limits-edit");
	await sheet.getByRole("button", { name: "Save changes" }).click();
	await sheet.waitFor({ state: "detached" });
	await facts.getByText("At most 50 requests in an hour").waitFor();
	deepEqual((await newestKey(tenant_id)).rate_limits, [
		{ name: "trial", requests: 1, window_seconds: 10 },
		{ name: "own-hour", requests: 50, window_seconds: 3_600 },
	]);
	expectStatus(await dashboard.server.keyed(key.raw_key, "GET", "/whoami"), 200);
	assertProblem(await dashboard.server.keyed(key.raw_key, "GET", "/whoami"), "rate_limited");
	await axe(page);
	await picture(page, "limits-key");

	await facts.getByRole("button", { name: "Edit" }).click();
	await sheet.getByRole("radio", { name: "As many as the plan allows" }).check();
	await sheet.getByRole("button", { name: "Save changes" }).click();
	await sheet.waitFor({ state: "detached" });
	await facts.getByText("As many as your plan allows").waitFor();
	deepEqual((await newestKey(tenant_id)).rate_limits, []);
	expectStatus(await dashboard.server.keyed(key.raw_key, "GET", "/whoami"), 200);

	await eventually(async () => equal(await countAllowed(tenant_id, key.id), 2));
	await facts.getByRole("button", { name: "Edit" }).click();
	await sheet.getByRole("radio", { name: "Only a budget" }).check();
	await sheet.getByRole("textbox", { name: "Amount of budget 1" }).fill("1");
	await sheet
		.locator("[data-budget-preview]")
		.getByText(/ of the last 30 days it would have been refused; the largest day spent 2\./)
		.waitFor();
	await sheet.getByRole("button", { name: "Add a budget" }).click();
	await sheet.getByRole("textbox", { name: "Amount of budget 2" }).fill("1000");
	await sheet.getByRole("combobox", { name: "Unit of budget 2" }).fill("credits");
	await sheet.getByText("If each request spends 1 of credits: over the last").waitFor();
	await axe(page);
	await picture(page, "budgets-edit");
	await sheet.getByRole("button", { name: "Save changes" }).click();
	await sheet.waitFor({ state: "detached" });
	deepEqual((await newestKey(tenant_id)).budgets, [
		{ name: "requests-day", unit: "requests", amount: 1, per: "day" },
		{ name: "credits-week", unit: "credits", amount: 1_000, per: "week" },
	]);
	expectStatus(await dashboard.server.keyed(key.raw_key, "GET", "/whoami"), 200);
	assertProblem(await dashboard.server.keyed(key.raw_key, "GET", "/whoami"), "quota_exceeded");
	await open(at, `/settings/api-access/${key.id}`);
	await page.getByRole("region", { name: "Facts" }).getByText("used up: 1 of 1 request a day and 1 more").waitFor();
	await page.getByRole("link", { name: "All settings" }).click();
	await facts.getByText("1 of 1,000").waitFor();
	await facts.getByText("Used up. What would spend more is refused until it refills. Refills in").waitFor();
	await axe(page);
	await picture(page, "budgets-key");
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("the plan page lists capabilities by the operator's names, and the separately counted requests", async () => {
	const at = await there();
	const { page } = at;
	await open(at, "/plan");
	await page.locator("[data-capability] > p:first-child").nth(2).waitFor();
	await eventually(async () =>
		deepEqual(await page.locator("[data-capability] > p:first-child").allTextContents(), ["API access", "Exports", "Orders"]),
	);
	await page.getByText("Everything as one file").waitFor();
	await page.locator('[data-rates="named"] li').first().waitFor();
	await eventually(async () =>
		deepEqual(await page.locator('[data-rates="always"] li').allTextContents(), ["600 requests in a minute for each key"]),
	);
	await eventually(async () =>
		deepEqual(await page.locator('[data-rates="named"] li').allTextContents(), ["Exports: 10 in an hour for all keys together"]),
	);
	await picture(page, "limits-plan");
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("with many permissions the form shows groups with their numbers and a search, and keeps what is chosen", async () => {
	const at = await there();
	const { page } = at;
	for (let index = 0; index < 25; index += 1)
		expectStatus(
			await dashboard.server.operator("PUT", `/permissions/orders:do_${index}`, { description: `Do ${index}`, capability: "orders" }),
			200,
		);
	await open(at, "/settings/api-access");
	await page.getByRole("button", { name: "Create your first key" }).click();
	await page.getByRole("radio", { name: /^Choose/ }).click();
	const orders = page.getByRole("button", { name: /^Orders/ });
	await orders.and(page.locator("[aria-expanded=false]")).waitFor();
	await assertCount(page.getByRole("checkbox"), 0);
	await orders.press("Enter");
	await page.getByRole("checkbox", { name: "Do 3 (orders:do_3)" }).check();
	await page.getByLabel("Search the permissions").fill("do_24");
	await page.getByRole("checkbox", { name: "Do 24 (orders:do_24)" }).check();
	await assertCount(page.getByRole("checkbox"), 1);
	await page.getByLabel("Search the permissions").fill("");
	await orders.getByText(/^3 of \d+$/).waitFor();
	await page.getByRole("combobox", { name: "What is it for?" }).fill("Reader");
	await page.keyboard.press("Escape");
	await axe(page);
	await page.getByRole("radio", { name: /^Show it to me once/ }).click();
	await page.getByRole("button", { name: "Create the key and show it once" }).click();
	await page.getByRole("button", { name: "Copy key" }).waitFor();
	const { permissions } = await newestKey(at.tenant_id);
	deepEqual(permissions.filter((name) => name.startsWith("orders:")).sort(), ["orders:do_24", "orders:do_3", "orders:read"]);
	assertNoPageErrors(at.context);
	await at.context.close();
});
