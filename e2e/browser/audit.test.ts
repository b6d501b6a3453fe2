/** The audit log on screen: sentences by day, what each change was before, filters with addresses, and exports. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { BrowserContext, Locator, Page } from "playwright-core";
import type { Fields } from "../client.ts";
import { Database } from "../database.ts";
import { expectStatus, makeKey, makePlan, makeSite, makeTenant } from "../things.ts";
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
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = [`<img src=x onerror="alert(1)">`, "מפתח ההזמנות של תל אביב", "🪴🧵👩‍👩‍👧‍👦 Emoji & Söhne", "W".repeat(200)];
/** More than one page of the list. */
const SITES = 55;
const NARROW = { width: 390, height: 800 } as const;
const DANA = { name: "Dana", email: "dana@example.com", password: "three green umbrellas" };

let dashboard: Dashboard;
let browser: TestBrowser;
let operator: BrowserContext;
let dana: BrowserContext;
let page: Page;
let tenant_id: string;
let key_id: string;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	operator = await browser.person();
	await joinBy(operator, dashboard.join_url, OLIVIA);
	const plan_id = await makePlan(dashboard.server);
	tenant_id = (await makeTenant(dashboard.server, { plan_id, name: "Northwind" })).id;
	({ context: dana, page } = await memberIn(browser, dashboard.server, DANA, { tenant_id, role: "admin" }));
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}`);
	await page.getByRole("link", { name: "Audit" }).first().waitFor();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

/** A change by Dana herself. */
async function change(method: string, path: string, data: Fields): Promise<Fields> {
	const headers = { origin: dashboard.url };
	const answer = await dana.request.fetch(`${dashboard.url}/api/v1/tenants/${tenant_id}${path}`, { method, data, headers });
	ok(answer.ok(), await answer.text());
	return answer.json();
}

const rows = (on = page): Locator => on.locator("[data-entry]");
const row = (text: string, on = page): Locator => rows(on).filter({ hasText: text }).first();
const panel = (name: string, on = page): Locator => on.getByRole("complementary", { name });

async function openLog(): Promise<void> {
	await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Audit" }).first().click();
	await page.getByRole("heading", { name: "Audit", level: 1 }).waitFor();
	await waitUntilLoaded(page);
}

async function choose(name: string, option: string, on = page): Promise<void> {
	await on.getByRole("combobox", { name, exact: true }).click();
	await on.getByRole("option", { name: option, exact: true }).click();
	await waitUntilLoaded(on);
}

test("each change is a sentence, and opens what it was before, for eyes and for a screen reader", async () => {
	const site = await makeSite(dashboard.server, tenant_id, { name: "Berlin shop" });
	const permissions = ["documents:read", "documents:write", "sites:read"];
	const made = await change("POST", "/api-keys", { name: "prod-order-bot", environment: "prod", owner: "Dana", permissions, expires_at: null });
	key_id = (made.key as { id: string }).id;
	const expires_at = "2099-11-29T00:00:00.000Z";
	await change("PATCH", `/api-keys/${key_id}`, {
		permissions: permissions.slice(0, 1),
		allowed_ips: ["203.0.113.0/24", "2001:db8:40::/48"],
		expires_at,
		site_ids: [site.id],
	});
	await openLog();
	await row("Dana changed prod-order-bot").getByText("4 changes").waitFor();
	await row("The operator created the site Berlin shop").waitFor();
	await row("Dana created prod-order-bot").getByText("Production").waitFor();
	await page
		.getByRole("rowgroup")
		.getByText(/^Today, /)
		.waitFor();
	await row("Dana changed prod-order-bot").getByRole("button").click();

	const open = panel("Dana changed prod-order-bot");
	await page.getByText(/^✓ The log is whole\. None of \d+ entries was edited/).waitFor();
	await open.getByText("Berlin shop").waitFor();
	const spoken = (sign: string, text: string) => [
		"- definition:",
		`  - text: "${sign}:"`,
		`  - ${sign === "before" ? "deletion" : "insertion"}: ${text}`,
	];
	const tree = (await open.getByLabel("What changed").ariaSnapshot()).split("\n");
	// The last line has the zone of the machine.
	deepEqual(tree.slice(0, -1), [
		"- term: May permissions",
		'- definition: "unchanged: List and download documents"',
		...spoken("before", "Upload and delete documents"),
		...spoken("before", "List sites and read one"),
		"- term: Sites site_ids",
		...spoken("before", "all sites"),
		...spoken("after", "Berlin shop"),
		"- term: Addresses allowed_ips",
		...spoken("before", "from anywhere"),
		...spoken("after", "203.0.113.0/24"),
		...spoken("after", "2001:db8:40::/48"),
		"- term: Ends expires_at",
		...spoken("before", "never"),
		...spoken("after", "").slice(0, -1),
	]);
	await open.getByText("Dana · member").waitFor();
	await open.getByText("Earlier on").waitFor();
	await picture(page, "audit-diff");
	await axe(page);

	await open.getByRole("button", { name: "Show as JSON" }).click();
	await open.getByText('"allowed_ips": null').waitFor();
	await page.keyboard.press("Escape");
	await open.waitFor({ state: "detached" });
	await row("Dana changed prod-order-bot").getByRole("button").and(page.locator(":focus")).waitFor();
});

test("a link opens its entry however old it is, and the target's page is one click away", async () => {
	await row("Dana created prod-order-bot").getByRole("button").click();
	const open = panel("Dana created prod-order-bot");
	await open.getByRole("button", { name: "Copy a link to this entry" }).click();
	await page.getByText("The link to this entry is in the clipboard.").waitFor();
	const link = await page.evaluate<string>("navigator.clipboard.readText()");
	for (let index = 0; index < SITES; index += 1) await makeSite(dashboard.server, tenant_id, { name: `Shop ${index}` });
	await page.goto(link);
	await open.waitFor();
	equal(await rows().first().getAttribute("data-open"), "true");
	await open.getByRole("link", { name: "Open the key" }).click();
	await page.getByRole("heading", { name: "prod-order-bot", level: 1 }).waitFor();
	await page.getByRole("navigation", { name: "Parts of this key" }).getByRole("link", { name: "Audit" }).click();
	await page.waitForURL((url) => url.searchParams.get("target") === key_id);
	await assertCount(rows(), 2);
});

test("filters are in the address, pages follow a cursor, and an export has everything that matches", async () => {
	await openLog();
	await assertCount(rows(), 50);
	await page.getByRole("button", { name: "Show earlier entries" }).click();
	await page.getByText("These are all entries.").waitFor();
	ok((await rows().count()) > SITES);
	await choose("Who", "Dana");
	await page.waitForURL((url) => url.searchParams.get("actor")?.startsWith("mem_") === true);
	await choose("What", "Changed");
	await page.waitForURL((url) => url.searchParams.get("action") === "key.updated");
	await assertCount(rows(), 1);
	await page.reload();
	await assertCount(rows(), 1);

	await page.getByRole("button", { name: "Export" }).click();
	await page.getByText("All entries that match").waitFor();
	const saved = page.waitForEvent("download");
	await page.getByRole("menuitem", { name: /^JSON Lines/ }).click();
	const file = await saved;
	match(file.suggestedFilename(), /^audit-\d{4}-\d\d-\d\d\.jsonl$/);
	const lines = readFileSync(await file.path(), "utf8")
		.trimEnd()
		.split("\n");
	deepEqual(
		lines.map((line) => JSON.parse(line).action),
		["key.updated"],
	);
	await choose("What", "Document deleted");
	await page.getByRole("heading", { name: "No entry matches" }).waitFor();
	await picture(page, "audit-none");
	await axe(page);
	await page.getByRole("button", { name: "Show all entries" }).last().click();
	await assertCount(rows(), 50);
	await picture(page, "audit-many");
	await choose("Time", "Last 24 hours");
	await page.waitForURL((url) => url.searchParams.get("period") === "day");
});

test("hostile names and a phone do not break the page, and an entry without details says so", async () => {
	for (const name of HOSTILE) {
		const made = await makeKey(dashboard.server, tenant_id, { name, environment: "staging" });
		await change("PATCH", `/api-keys/${made.id}`, { owner: name });
	}
	await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Audit" }).first().click();
	await row("W".repeat(200)).waitFor();
	await row(`created ${HOSTILE[0]}`).waitFor();
	await assertNoSidewaysScrolling(page);
	await row(`Dana changed ${"W".repeat(200)}`)
		.getByRole("button")
		.click();
	await panel(`Dana changed ${"W".repeat(200)}`).waitFor();
	await picture(page, "audit-hostile");
	const before_size = page.viewportSize();
	await page.setViewportSize(NARROW);
	await assertNoSidewaysScrolling(page);
	await axe(page);
	await page.keyboard.press("Escape");
	await assertNoSidewaysScrolling(page);
	await axe(page);
	await picture(page, "audit-list");
	if (before_size !== null) await page.setViewportSize(before_size);
});

test("the operator sees all tenants, also an erased one; a viewer learns who can look", async () => {
	const other = await makeTenant(dashboard.server, { plan_id: await makePlan(dashboard.server), name: "Gone" });
	await makeKey(dashboard.server, other.id, { name: "prod-lost-bot" });
	expectStatus(await dashboard.server.operator("DELETE", `/tenants/${other.id}`), 204);
	const all = await operator.newPage();
	await all.goto(`${dashboard.url}/operator/audit`);
	await row("Dana changed", all).waitFor();
	await row("created the plan", all).waitFor();
	await all.getByText(/^✓ The log of the instance itself is whole\. None of [\d,]+ entries was edited/).waitFor();
	await all.goto(`${dashboard.url}/operator/audit?of=${other.id}`);
	await row("Someone who was erased created a key", all).getByRole("button").click();
	await panel("Someone who was erased created a key", all).getByText("were erased with its tenant").waitFor();
	await eventually(async () => equal(await rows(all).filter({ hasText: "Dana" }).count(), 0));
	await all.getByText(/^✓ The log is whole\. None of 3 entries was edited/).waitFor();
	await picture(all, "audit-operator");
	await axe(all);

	const edited = await makeTenant(dashboard.server, { name: "Edited" });
	await makeKey(dashboard.server, edited.id, { name: "prod-edited-bot" });
	const database = await Database.open(dashboard.server.data_dir);
	await database.rows("update audit_entries set action = 'key.updated' where chain = $1 and action = 'key.created'", [edited.id]);
	await database.close();
	await all.goto(`${dashboard.url}/audit?tenant=${edited.id}`);
	await all.getByRole("alert").getByText("The log is not whole from its entry 2 on: the entry was edited.").waitFor();
	await picture(all, "audit-edited");
	await axe(all);

	const vera = { name: "Vera", email: "vera-audit@example.com", password: "seven quiet windows" };
	const { context, page: hers } = await memberIn(browser, dashboard.server, vera, { tenant_id, role: "viewer" });
	await hers.goto(`${dashboard.url}/audit?tenant=${tenant_id}`);
	await hers.getByText("Owners and admins see who changed what here.").waitFor();
	equal(await hers.getByRole("link", { name: "Audit" }).count(), 0);
	assertNoPageErrors(dana, operator, context);
});
