/** The operator's area by screen alone: tenants among 500, with previews before anything breaks. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { inParallel } from "../client.ts";
import { Database } from "../database.ts";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";
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

const TENANTS = 500;
/** Those of the demo, and the one that the first test makes. */
const OTHERS = 3;
const AT_ONCE = 16;
const NARROW = { width: 390, height: 800 } as const;
const HOSTILE = [`<img src=x onerror="alert(1)">`, "מספרה של שרה בתל אביב", "🪴🧵👩‍👩‍👧‍👦 Emoji & Söhne", "W".repeat(200)];

let dashboard: Dashboard;
let browser: TestBrowser;
let olivia: BrowserContext;
let page: Page;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	olivia = await browser.person();
	await joinBy(olivia, dashboard.join_url, OLIVIA);
	const { server } = dashboard;
	await makePlan(server, { id: "starter", name: "Starter", capabilities: ["m2m_api"], limits: { api_keys: 1 }, quota_requests_per_month: 10_000 });
	await makePlan(server, { id: "business", name: "Business", limits: { api_keys: 50, sites: 20 } });
	await inParallel(TENANTS - HOSTILE.length, AT_ONCE, (index) =>
		makeTenant(server, { id: `t-${index}`, name: `Customer ${index}`, plan_id: index % 3 === 0 ? "business" : "starter" }),
	);
	for (const name of HOSTILE) await makeTenant(server, { name, plan_id: "starter" });
	page = await olivia.newPage();
	await page.goto(`${dashboard.url}/operator`);
	await page.locator("[data-tenant]").first().waitFor();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

function panel(name: string): Locator {
	return page.getByRole("complementary", { name });
}

/** Waits for a message that screen readers read aloud; it stays for five seconds, so nothing is awaited before it. */
async function said(on: Page, message: string): Promise<void> {
	await on.getByRole("alert").filter({ hasText: message }).waitFor();
}

async function find(text: string, rows: number): Promise<void> {
	await page.getByRole("textbox", { name: "Search by name or id" }).fill(text);
	await page.waitForURL((url) => (url.searchParams.get("search") ?? "") === text.trim());
	await assertCount(page.locator("[data-tenant]"), rows);
}

test("an operator creates a tenant, changes its plan, suspends and reactivates it, all on screen", async () => {
	const { server } = dashboard;
	await page.keyboard.press("c");
	const create = page.getByRole("dialog", { name: "Create a tenant" });
	await create.getByRole("button", { name: "Create this tenant" }).click();
	await create.getByText("Write a name.").waitFor();
	await create.getByLabel("Name", { exact: true }).and(page.locator(":focus")).waitFor();
	await create.getByLabel("Name", { exact: true }).fill("Northwind");
	await create.getByRole("combobox", { name: "Plan" }).click();
	await page.getByRole("option", { name: "Business" }).click();
	await create.getByLabel("Id", { exact: true }).fill("northwind");
	await page.keyboard.press("Escape");
	const drop = page.getByRole("dialog", { name: "Drop what you filled in?" });
	await drop.getByText("The tenant has not been created.", { exact: false }).waitFor();
	await drop.getByRole("button", { name: "Back to the form" }).last().click();
	await drop.waitFor({ state: "detached" });
	equal(await create.getByLabel("Name", { exact: true }).inputValue(), "Northwind");
	await create.getByLabel("Name", { exact: true }).press("Enter");

	const northwind = panel("Northwind");
	await said(page, "Northwind is created. Invite its first owner.");
	await northwind.getByRole("heading", { name: "Plan: Business" }).waitFor();
	match(page.url(), /open=northwind/);
	await northwind.getByText("No one yet.").waitFor();
	const permissions = ["tenant:read", "documents:read"];
	const { raw_key } = await makeKey(server, "northwind", { permissions });
	await makeKey(server, "northwind", { permissions });
	const isAllowed = async () => (await server.keyed(raw_key, "GET", "/whoami")).status;
	equal(await isAllowed(), 200);

	await northwind.getByRole("button", { name: "Change plan" }).click();
	const move = page.getByRole("dialog", { name: "Change the plan" });
	await move.getByRole("combobox", { name: "New plan" }).click();
	await page.getByRole("option", { name: "Starter" }).click();
	await move.getByText("2 keys lose permissions: documents:read (2)").waitFor();
	await move.getByText(/^(Of \d requests? in|No request of) the last 30 days/).waitFor();
	await move.getByText("The tenant is above the new limit of keys").waitFor();
	await move.getByRole("table", { name: "What changes" }).getByRole("row", { name: "Keys 50 1", exact: true }).waitFor();
	await picture(page, "tenant-plan");
	await axe(page);
	await move.getByRole("button", { name: "Move to Starter" }).click();
	await said(page, "Northwind is on the plan Starter from the next request on.");
	await move.waitFor({ state: "detached" });
	await northwind.getByRole("heading", { name: "Plan: Starter" }).waitFor();

	await northwind.getByRole("button", { name: "Suspend" }).press("Enter");
	const suspend = page.getByRole("dialog", { name: "Suspend this tenant" });
	await suspend.getByText("2 keys are refused from the next request on.").waitFor();
	const typed = suspend.getByLabel("Type its name or id to confirm");
	await typed.and(page.locator(":focus")).waitFor();
	await picture(page, "tenant-suspend");
	equal(await suspend.getByRole("button", { name: "Suspend this tenant" }).isDisabled(), true);
	await page.keyboard.type("northwin");
	await page.keyboard.press("Enter");
	equal(await isAllowed(), 200, "its name is not whole");
	await page.keyboard.type("d");
	await page.keyboard.press("Enter");
	await said(page, "Northwind is suspended: its keys are refused.");
	await northwind.getByText("Suspended", { exact: true }).waitFor();
	equal(await isAllowed(), 403);
	await northwind.getByRole("button", { name: "Bring back" }).press("Enter");
	await said(page, "Northwind is back: its keys are accepted again.");
	await northwind.getByRole("button", { name: "Suspend" }).waitFor();
	equal(await isAllowed(), 200);
	assertNoPageErrors(olivia);
});

test("the panel has an address, follows the row, and Escape closes it and returns to the row", async () => {
	await page.reload();
	await panel("Northwind").getByRole("heading", { name: "Plan: Starter" }).waitFor();
	await panel("Northwind").getByText("2 of 1", { exact: true }).waitFor();
	await waitUntilLoaded(page);
	await picture(page, "tenants-panel");
	await page.keyboard.press("Escape");
	await panel("Northwind").waitFor({ state: "detached" });
	await find("northwind", 1);
	await page.getByRole("button", { name: "Northwind", exact: true }).click();
	await panel("Northwind").getByRole("heading", { name: "Plan: Starter" }).waitFor();
	await page.keyboard.press("Escape");
	await eventually(async () => equal(await page.evaluate("document.activeElement.textContent"), "Northwind"));
});

test("a tenant is found among 500 by its name or id, and the address keeps filters, order and page", async () => {
	await find("", 25);
	await page.getByText(`1–25 of ${TENANTS + OTHERS} tenants`).waitFor();
	await page.getByRole("button", { name: "Next page" }).click();
	await page.getByText(`26–50 of ${TENANTS + OTHERS} tenants`).waitFor();
	await page.getByRole("button", { name: "Tenant", exact: true }).click();
	await page.waitForURL("**/operator/tenants?sort=name&order=asc");
	await page.getByRole("combobox", { name: "Plan" }).click();
	await page.getByRole("option", { name: "Business" }).click();
	await eventually(async () => match(await page.locator("[role=status]").last().innerText(), /of 166 tenants/));
	await page.reload();
	await eventually(async () => match(await page.locator("[role=status]").last().innerText(), /of 166 tenants/));
	await page.getByRole("combobox", { name: "Plan" }).click();
	await page.getByRole("option", { name: "Every plan" }).click();
	await find("T-49", 10);
	await find("no such tenant", 0);
	await page.getByRole("button", { name: "Show all tenants" }).click();
	await eventually(async () => equal(await page.getByRole("textbox", { name: "Search by name or id" }).inputValue(), ""));
	for (const name of HOSTILE) {
		await find(name.slice(0, 12), 1);
		await page.locator("[data-tenant]").getByRole("button", { name, exact: true }).waitFor();
	}
	await assertCount(page.locator("img[src=x]"), 0);
	assertNoPageErrors(olivia);
});

test("a tenant with a name of 200 characters fits its row, its panel and a phone", async () => {
	const [row] = await page.locator("[data-tenant]").all();
	ok(row);
	const { height = 0 } = (await row.boundingBox()) ?? {};
	ok(height <= 46, `${height} px`);
	await row.getByRole("button").click();
	await panel("W".repeat(200)).getByRole("heading", { name: "Plan: Starter" }).waitFor();
	await assertNoSidewaysScrolling(page);
	await page.setViewportSize(NARROW);
	await waitUntilLoaded(page);
	await assertNoSidewaysScrolling(page);
	await axe(page);
	await page.getByRole("button", { name: "Close the panel" }).click();
	await find("", 25);
	await assertNoSidewaysScrolling(page);
	await axe(page);
	await page.setViewportSize({ width: 1_280, height: 800 });
	await picture(page, "tenants");
});

test("limits of a tenant's own replace the plan's, and deleting shows what goes and asks for the name", async () => {
	const { server } = dashboard;
	await find("northwind", 1);
	await page.getByRole("button", { name: "Northwind", exact: true }).click();
	const northwind = panel("Northwind");
	await northwind.getByRole("button", { name: "Set its own limits" }).click();
	const limits = page.getByRole("dialog", { name: "Limits of its own" });
	await limits.getByRole("combobox", { name: "Keys" }).click();
	await page.getByRole("option", { name: "A number of its own" }).click();
	await limits.getByRole("button", { name: "Save these limits" }).click();
	await limits.getByText("Write a number.").waitFor();
	await limits.getByLabel("Keys: keys").fill("9");
	await axe(page);
	await picture(page, "tenant-limits");
	await limits.getByRole("button", { name: "Save these limits" }).click();
	await northwind.getByText("2 of 9", { exact: true }).waitFor();
	deepEqual(expectStatus(await server.operator("GET", "/tenants/northwind"), 200).as<{ limits: unknown }>().limits, { api_keys: 9 });

	await northwind.getByRole("button", { name: "More actions" }).click();
	await page.getByRole("menuitem", { name: "Change name or own id" }).click();
	const details = page.getByRole("dialog", { name: "Name and own id" });
	await details.getByLabel("Your own id for it").fill("cus_northwind");
	await picture(page, "tenant-details");
	await details.getByRole("button", { name: "Save name and own id" }).click();
	await details.waitFor({ state: "detached" });
	equal(expectStatus(await server.operator("GET", "/tenants/northwind"), 200).as<{ external_id: string }>().external_id, "cus_northwind");

	await northwind.getByRole("button", { name: "Portal link" }).click();
	const portal = page.getByRole("dialog", { name: "Portal link" });
	await portal.getByRole("button", { name: "Make a portal link" }).click();
	await portal.getByText("Write the id that your product has for this person.").waitFor();
	await portal.getByLabel("Name of the person").fill("Pat");
	await portal.getByLabel("Your product's id for the person").fill("u-1");
	await picture(page, "tenant-portal-link");
	await portal.getByRole("button", { name: "Make a portal link" }).click();
	match(await portal.getByRole("textbox", { name: "Portal link" }).inputValue(), /\/portal#kw/);
	await portal.getByRole("button", { name: "Done" }).click();
	await portal.waitFor({ state: "detached" });

	await northwind.getByRole("button", { name: "Delete…" }).click();
	const remove = page.getByRole("dialog", { name: "Delete this tenant" });
	await remove.getByText("2 keys are revoked").waitFor();
	const go = remove.getByRole("button", { name: "Delete for good" });
	await remove.getByLabel("Type its name or id to confirm").fill("Northwin");
	equal(await go.isDisabled(), true);
	await remove.getByLabel("Type its name or id to confirm").fill("Northwind");
	await picture(page, "tenant-delete");
	await go.click();
	await northwind.waitFor({ state: "detached" });
	await assertCount(page.locator("[data-tenant]"), 0);
	expectStatus(await server.operator("GET", "/tenants/northwind"), 404);
	assertNoPageErrors(olivia);
});

test("a plan is edited after a preview of the tenants and keys that it touches, and only a plan without tenants is retired", async () => {
	const { server } = dashboard;
	const tenant = await makeTenant(server, { name: "Papaya Studio", plan_id: "business" });
	await makeKey(server, tenant.id, { permissions: ["documents:read"] });
	await page.getByRole("link", { name: "Plans", exact: true }).click();
	const search = page.getByRole("textbox", { name: "Search by name or id" });
	for (let made = 0; made < 6; made += 1)
		await makePlan(server, { id: `other-${made}`, name: `Other ${HOSTILE[made % HOSTILE.length]}`.slice(0, 200) });
	await page.reload();
	await search.waitFor();
	await page.keyboard.press("/");
	await search.and(page.locator(":focus")).waitFor();
	await page.keyboard.type("OTHER-4");
	await assertCount(page.locator("[data-plan]"), 1);
	await page.waitForURL("**/operator/plans?search=OTHER-4");
	await page.keyboard.type("none");
	await page.getByText("No plan matches").waitFor();
	await page.getByRole("button", { name: "Show all plans" }).click();
	await makePlan(server, { id: "nothing", name: "Nothing", capabilities: [] });
	await page.reload();
	await page.getByRole("row", { name: "Nothing nothing nothing – – none 0 Actions for the plan Nothing", exact: true }).waitFor();
	const row = page.locator('[data-plan="business"]');
	await row.getByRole("link", { name: "167 tenants of the plan Business" }).waitFor();
	await picture(page, "plans");
	await row.getByRole("button", { name: "Business", exact: true }).click();
	const edit = page.getByRole("dialog", { name: "Edit the plan Business" });
	await edit.getByText("167 tenants have this plan, with 1 key.").waitFor();
	match(page.url(), /\/operator\/plans\?dialog=edit&of=business$/);
	await edit.getByLabel("Sites", { exact: true }).fill("0");
	await edit.getByRole("button", { name: "Add a rate limit" }).click();
	await edit.getByRole("button", { name: "Show what changes" }).click();
	await edit.getByText("Lower case letters, digits, _ or -.").waitFor();
	await edit.getByRole("group", { name: "Rate limit 1" }).getByLabel("Name", { exact: true }).fill("burst");
	await edit.getByRole("combobox", { name: "Includes" }).focus();
	await page.keyboard.press("Backspace");
	await page.keyboard.press("Escape");
	await axe(page);
	await picture(page, "plan-edit");
	await edit.getByRole("button", { name: "Show what changes" }).click();
	await edit.getByText("167 tenants with 1 key are touched.").waitFor();
	await edit.getByText("1 key of 1 tenant loses permissions: documents:read (1)").waitFor();
	await edit.getByRole("row", { name: "Sites 20 0", exact: true }).waitFor();
	await axe(page);
	await picture(page, "plan-preview");
	await edit.getByRole("button", { name: "Save this plan" }).click();
	await edit.waitFor({ state: "detached" });
	const saved = expectStatus(await server.operator("GET", "/plans/business"), 200).as<{ capabilities: string[]; limits: { sites: number } }>();
	deepEqual([saved.capabilities, saved.limits.sites], [["m2m_api"], 0]);

	await page.getByRole("button", { name: "Create a plan" }).click();
	const create = page.getByRole("dialog", { name: "Create a plan" });
	await create.getByLabel("Name", { exact: true }).first().fill("Trial");
	await create.getByLabel("Id", { exact: true }).fill("trial");
	await create.getByLabel("Requests a month").fill("500");
	await create.getByRole("button", { name: "Create this plan" }).click();
	await create.waitFor({ state: "detached" });
	const trial = page.locator('[data-plan="trial"]');
	await trial.getByText("500", { exact: true }).waitFor();
	await trial.getByRole("button", { name: "Actions for the plan Trial" }).click();
	await page.getByRole("menuitem", { name: "Retire this plan" }).click();
	const retire = page.getByRole("dialog", { name: "Retire this plan" });
	await retire.getByText("nothing stops by that").waitFor();
	await retire.getByRole("button", { name: "Retire this plan" }).click();
	await trial.waitFor({ state: "detached" });
	await row.getByRole("button", { name: "Actions for the plan Business" }).click();
	await page.getByRole("menuitem", { name: "Retire this plan" }).click();
	await retire.getByText("167 tenants have the plan").waitFor();
	await axe(page);
	await retire.getByRole("link", { name: "See its tenants" }).click();
	await page.getByText("1–25 of 167 tenants").waitFor();
	assertNoPageErrors(olivia);
});

test("health says that everything works, with each node, its lease and the database, and names a node that is silent", async () => {
	await page.getByRole("link", { name: "Health", exact: true }).click();
	await page.getByText("Everything works.").or(page.locator("[data-finding=attention]")).first().waitFor();
	const node = page.locator('[data-node][data-state="holds"]');
	await node.getByText("Holds a lease").waitFor();
	await node.getByText("This one").waitFor();
	await page.getByText("PostgreSQL 18").waitFor();
	const database = await Database.open(dashboard.server.data_dir);
	const ago = (minutes: number) => `now() - interval '${minutes} minutes'`;
	// This node fences a silent one only after it has seen nothing of it for a whole lease.
	const lease_ms = 900_000;
	const row = (id: string, fenced: string) => `('${id}', '0.0.1', ${ago(90)}, ${ago(30)}, 0, ${lease_ms}, ${fenced})`;
	const columns = "id, version, started_at, renewed_at, applied_seq, lease_ms, fenced_at";
	await database.rows(`insert into nodes (${columns}) values ${row("node_silent", "null")}, ${row("node_fenced", ago(29))}`, []);
	await page.getByText("One node has not renewed its lease.").waitFor();
	await page.locator('[data-node="node_silent"][data-state="silent"]').getByText("30 minutes ago").and(page.locator(":visible")).first().waitFor();
	await page.locator('[data-node="node_fenced"][data-state="fenced"]').waitFor();
	await picture(page, "health");
	await axe(page);
	await page.setViewportSize(NARROW);
	await assertNoSidewaysScrolling(page);
	await page.locator('[data-node="node_silent"]').getByText("renewed 30 minutes ago").waitFor();
	await database.rows("delete from nodes where id in ('node_silent', 'node_fenced')", []);
	await database.close();
	await page.getByRole("button", { name: "More" }).click();
	await page.getByRole("menuitem", { name: "Password resets" }).waitFor();
	await page.keyboard.press("Escape");
	await page.setViewportSize({ width: 1_280, height: 800 });
	await page.getByRole("navigation").getByRole("link", { name: "Services", exact: true }).first().click();
	assertNoPageErrors(olivia);
});

test("a service's credential is shown once, works, and is refused once the service is revoked", async () => {
	const { server } = dashboard;
	await page.getByRole("heading", { name: "No service yet" }).waitFor();
	await axe(page);
	await page.getByRole("button", { name: "Create a service" }).click();
	const dialog = page.getByRole("dialog", { name: "Create a service" });
	await dialog.getByLabel("Name").fill("order-api");
	await dialog.getByRole("button", { name: "Create this service" }).click();
	const shown = page.getByRole("dialog", { name: "The credential, shown once" });
	const credential = await shown.locator("[data-credential]").innerText();
	match(credential, /^kws_/);
	await page.keyboard.press("Escape");
	equal(await shown.getByRole("button", { name: "Close, it is stored" }).isDisabled(), true);
	await axe(page);
	const verify = () =>
		server.send({ method: "POST", path: "/api/v1/verify", headers: { authorization: `Bearer ${credential}` }, body: { raw_key: "kw" } });
	equal((await verify()).status, 200);
	await shown.getByLabel("I have stored the credential").check();
	await shown.getByRole("button", { name: "Close, it is stored" }).click();
	await shown.waitFor({ state: "detached" });
	ok(!(await page.content()).includes(credential));
	await page.getByText(`kws_…${credential.slice(-4)}`).waitFor();
	await picture(page, "services");
	await page.getByRole("button", { name: "Revoke order-api" }).click();
	const revoke = page.getByRole("dialog", { name: "Revoke this service" });
	await revoke.getByLabel("Type its name or id to confirm").fill("order-api");
	await picture(page, "service-revoke");
	await revoke.getByRole("button", { name: "Revoke for good" }).click();
	await page.locator("[data-service]").getByText("Revoked", { exact: true }).waitFor();
	equal((await verify()).status, 401);
	assertNoPageErrors(olivia);
});

test("the API profile has a preview that follows each keystroke, and the server's errors are shown at their fields", async () => {
	await page.getByRole("link", { name: "API profile", exact: true }).click();
	const preview = page.getByRole("region", { name: "Preview" });
	await page.getByLabel("Name of your product").fill("Orderly");
	await preview.locator("[data-preview-name]").getByText("Orderly", { exact: true }).waitFor();
	await page.getByLabel("Where your API is").fill("https://api.orderly.example/v2");
	await page.getByLabel("Path of the check request").fill("/check/{tenant_id}");
	const example = preview.getByRole("region", { name: "curl example" });
	await example.getByText("'https://api.orderly.example/v2/check/acme'").waitFor();
	await preview.getByText("ORDERLY_API_KEY", { exact: true }).waitFor();
	await page.getByRole("textbox", { name: "Colour" }).fill("#ffff00");
	await page.getByRole("button", { name: "Save the API profile" }).click();
	await page.getByRole("textbox", { name: "Colour" }).and(page.locator("[aria-invalid=true]")).waitFor();
	await page.getByRole("alert").getByRole("listitem").filter({ hasText: "Colour" }).waitFor();
	await assertCount(page.getByText("`errors`", { exact: false }), 0, "a person does not see the response");
	await page.getByRole("textbox", { name: "Colour" }).fill("#0f766e");
	await picture(page, "api-profile");
	await axe(page);
	await page.setViewportSize(NARROW);
	await assertNoSidewaysScrolling(page);
	await page.setViewportSize({ width: 1_280, height: 800 });
	await page.getByRole("button", { name: "Save the API profile" }).click();
	await page.getByText("The API profile is saved.").waitFor();
	const saved = expectStatus(await dashboard.server.operator("GET", "/api-profile"), 200).as<{ product_name: string; accent_color: string }>();
	deepEqual([saved.product_name, saved.accent_color], ["Orderly", "#0f766e"]);
	expectStatus(await dashboard.server.operator("PUT", "/api-profile", {}), 200);
	assertNoPageErrors(olivia);
});

test("a password link for a person whom no mail reaches is made on screen, shown once, and sets the password", async () => {
	const { context } = await memberIn(browser, dashboard.server, VERA, { tenant_id: "demo", role: "viewer" });
	await page.getByRole("link", { name: "Password resets", exact: true }).click();
	await page.getByRole("button", { name: "Make a password link" }).click();
	const address = page.getByLabel("E-mail address of the account");
	await address.and(page.locator("[aria-invalid=true]")).waitFor();
	await address.fill(OLIVIA.email);
	await page.getByRole("button", { name: "Make a password link" }).click();
	await page.getByText("This person is an operator.").waitFor();
	await address.fill(VERA.email);
	await page.getByRole("button", { name: "Make a password link" }).click();
	const link = await page.getByLabel("Password link").inputValue();
	await picture(page, "password-resets");
	await axe(page);
	await page.getByRole("button", { name: "Done" }).click();
	await address.waitFor();
	ok(!(await page.content()).includes(link));
	const other = await context.newPage();
	await other.goto(link);
	await other.getByLabel("New password").fill("nine green umbrellas");
	await other.getByRole("button", { name: "Set this password" }).click();
	await other.waitForURL("**/sign-in?reset=true");
	assertNoPageErrors(olivia, context);
	await context.close();
});

test("an operator whose session was ended elsewhere is led from a page that asks for nothing to the sign-in, and back", async () => {
	await page.getByRole("link", { name: "Password resets", exact: true }).click();
	await page.getByLabel("E-mail address of the account").waitFor();
	const ended = await olivia.request.delete(`${dashboard.url}/api/v1/session`, { headers: { origin: dashboard.url } });
	equal(ended.status(), 204);
	await page.getByText("Your session has ended").waitFor();
	await page.getByLabel("E-mail address").fill(OLIVIA.email);
	await page.getByLabel("Password", { exact: true }).fill(OLIVIA.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.waitForURL("**/operator/password-resets");
	assertNoPageErrors(olivia);
});
