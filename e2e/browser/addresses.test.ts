/** Dialogs have addresses: a link opens one, a reload keeps it, Back closes it, and only for a person who may use it. */
import { equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { DIALOGS } from "../../dashboard/src/ui/dialog/names.ts";
import { expectStatus, makeKey, makePlan, makeService, makeSite } from "../things.ts";
import {
	assertNoPageErrors,
	type Dashboard,
	joinBy,
	memberIn,
	OLIVIA,
	openBrowser,
	startDashboard,
	type TestBrowser,
	VERA,
	waitUntilLoaded,
} from "./browser.ts";

let dashboard: Dashboard;
let browser: TestBrowser;
let olivia: BrowserContext;
let page: Page;
let tenant_id: string;
let key_id: string;
/** Path and query of each dialog that is about one thing. */
const OF: Record<string, string> = {};

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	olivia = await browser.person();
	tenant_id = await joinBy(olivia, dashboard.join_url, OLIVIA);
	const { server } = dashboard;
	key_id = (await makeKey(server, tenant_id, { name: "prod-order-bot" })).key.id;
	const { id: site_id } = await makeSite(server, tenant_id);
	const plan_id = await makePlan(server);
	const { id: service_id } = await makeService(server);
	OF["/settings/api-access revoke"] = key_id;
	OF["/settings/api-access transfer"] = key_id;
	OF["/settings/api-access revoke-leaked"] = key_id;
	OF["/sites edit"] = site_id;
	OF["/sites delete"] = site_id;
	OF["/operator/plans edit"] = plan_id;
	OF["/operator/plans retire"] = plan_id;
	OF["/operator/services revoke"] = service_id;
	page = await olivia.newPage();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

function addressOf(path: string, dialog: string): string {
	const address = new URL(path.replace("$key_id", key_id), dashboard.url);
	if (!path.startsWith("/operator")) address.searchParams.set("tenant", tenant_id);
	address.searchParams.set("dialog", dialog);
	const of = OF[`${path} ${dialog}`];
	if (of !== undefined) address.searchParams.set("of", of);
	return address.href;
}

const open = (on: Page, dialog: string) => on.locator(`[data-dialog="${dialog}"]`).getByRole("dialog");

/** The pages whose dialogs all open on the tenant of the demo; the others need a rotation, a delivery or a tenant. */
const PATHS = [
	"/settings/api-access",
	"/settings/api-access/$key_id",
	"/sites",
	"/checklist",
	"/settings",
	"/operator/plans",
	"/operator/services",
] as const;

for (const path of PATHS) {
	test(`each dialog of ${path} is opened by its address`, async () => {
		for (const dialog of DIALOGS[path]) {
			await page.goto(addressOf(path, dialog));
			await open(page, dialog).waitFor();
			equal(await page.getByRole("dialog").count(), 1, `${path} ${dialog}`);
		}
		assertNoPageErrors(olivia);
	});
}

test("a dialog that a person opens is closed by Back, kept by a reload and gone after Escape", async () => {
	await page.goto(`${dashboard.url}/settings/api-access/${key_id}?tenant=${tenant_id}`);
	await page.getByRole("button", { name: "Pause this key" }).click();
	await open(page, "pause").waitFor();
	await page.reload();
	await open(page, "pause").waitFor();
	await page.goBack();
	await open(page, "pause").waitFor({ state: "detached" });
	await page.getByRole("button", { name: "Pause this key" }).click();
	await open(page, "pause").waitFor();
	await page.keyboard.press("Escape");
	await open(page, "pause").waitFor({ state: "detached" });
	ok(!page.url().includes("dialog="), page.url());
	await page.getByRole("button", { name: "Pause this key" }).and(page.locator(":focus")).waitFor();
});

test("a form that was saved closes without a question, and its entry of the history has no dialog", async () => {
	await page.goto(`${dashboard.url}/settings?tenant=${tenant_id}`);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await page.goto(addressOf("/settings", "name"));
	await open(page, "name").getByLabel("Your name").fill("Olivia Owner");
	await open(page, "name").getByRole("button", { name: "Save" }).click();
	await open(page, "name").waitFor({ state: "detached" });
	equal(await page.getByRole("dialog").count(), 0);
	ok(!page.url().includes("dialog="), page.url());
	assertNoPageErrors(olivia);
});

test("Back out of a filled form that a link of another page opened asks first, then leads to that page", async () => {
	await page.goto(`${dashboard.url}/sites?tenant=${tenant_id}`);
	await page.getByRole("button", { name: "Add a site" }).waitFor();
	const link = addressOf("/settings/api-access/$key_id", "edit");
	// As the router does for a link of the dashboard itself.
	await page.evaluate(`history.pushState({ key: "l", __TSR_key: "l", __TSR_index: history.state.__TSR_index + 1 }, "", ${JSON.stringify(link)})`);
	const name = open(page, "edit").getByRole("textbox", { name: "Name", exact: true });
	await name.fill("another name");
	await page.goBack();
	await open(page, "question").getByRole("button", { name: "Back to the form" }).last().click();
	await open(page, "question").waitFor({ state: "detached" });
	equal(await name.inputValue(), "another name");
	await page.waitForURL("**dialog=edit**");
	await page.goBack();
	await open(page, "question").getByRole("button", { name: "Drop it" }).click();
	await page.getByRole("button", { name: "Add a site" }).waitFor();
	equal(new URL(page.url()).pathname, "/sites");
	equal(await page.getByRole("dialog").count(), 0);
	assertNoPageErrors(olivia);
});

test("Back closes a filled form after a question, on the page that opened it", async () => {
	await page.goto(`${dashboard.url}/sites?tenant=${tenant_id}`);
	await page.getByRole("button", { name: "Add a site" }).click();
	await open(page, "add").getByLabel("Name", { exact: true }).fill("Shop in Ghent");
	await page.goBack();
	await open(page, "question").getByRole("button", { name: "Drop it" }).click();
	await open(page, "add").waitFor({ state: "detached" });
	const at = new URL(page.url());
	equal(`${at.pathname}${at.search}`, `/sites?tenant=${tenant_id}`);
	await page.getByRole("button", { name: "Add a site" }).click();
	equal(await open(page, "add").getByLabel("Name", { exact: true }).inputValue(), "");
	await page.keyboard.press("Escape");
	await open(page, "add").waitFor({ state: "detached" });
	assertNoPageErrors(olivia);
});

test("Back opens neither a dialog nor the panel of a tenant that was closed", async () => {
	await page.goto(`${dashboard.url}/operator/tenants`);
	await page.locator(`tr[data-tenant="${tenant_id}"] button`).first().click();
	await page.getByRole("button", { name: "Change plan" }).click();
	await open(page, "plan").waitFor();
	await page.keyboard.press("Escape");
	await open(page, "plan").waitFor({ state: "detached" });
	await page.goBack();
	await page.getByRole("button", { name: "Change plan" }).waitFor();
	equal(await page.getByRole("dialog").count(), 0);
	await page.getByRole("button", { name: "Close the panel" }).click();
	await page.getByRole("button", { name: "Change plan" }).waitFor({ state: "detached" });
	await page.goBack();
	await waitUntilLoaded(page);
	equal(await page.getByRole("button", { name: "Change plan" }).count(), 0, page.url());
	assertNoPageErrors(olivia);
});

test("keys that were selected are not in the address: a reload selects none and opens nothing", async () => {
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}`);
	await page.getByLabel("Choose prod-order-bot").check();
	await page.getByRole("button", { name: "Revoke these keys" }).click();
	await open(page, "bulk-revoke").getByText("prod-order-bot").first().waitFor();
	ok(!page.url().includes(key_id), page.url());
	await page.reload();
	await page.getByRole("link", { name: "prod-order-bot" }).waitFor();
	await waitUntilLoaded(page);
	equal(await page.getByRole("dialog").count(), 0);
	assertNoPageErrors(olivia);
});

test("a viewer's address opens no dialog that changes something", async () => {
	const { context, page: hers } = await memberIn(browser, dashboard.server, VERA, { tenant_id, role: "viewer" });
	for (const path of ["/settings/api-access", "/settings/api-access/$key_id", "/sites"] as const) {
		for (const dialog of DIALOGS[path]) {
			await hers.goto(addressOf(path, dialog));
			await hers.getByRole("heading", { level: 1 }).waitFor();
			await waitUntilLoaded(hers);
			equal(await hers.getByRole("dialog").count(), 0, `${path} ${dialog}`);
		}
	}
	assertNoPageErrors(context);
	await context.close();
});

test("the address of a dialog changes nothing by itself, and opens none about a revoked key", async () => {
	const { server } = dashboard;
	const { key } = await makeKey(server, tenant_id, { name: "gone" });
	const before_it = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${key_id}`), 200).as<{ status: string }>();
	equal(before_it.status, "active", "every dialog above was only opened");
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/revoke`, { reason: "integration_retired" }), 200);
	for (const dialog of DIALOGS["/settings/api-access/$key_id"]) {
		await page.goto(addressOf("/settings/api-access/$key_id", dialog).replace(key_id, key.id));
		await page.getByRole("heading", { level: 1 }).waitFor();
		await waitUntilLoaded(page);
		equal(await page.getByRole("dialog").count(), 0, dialog);
	}
});
