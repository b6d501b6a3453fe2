import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { expectStatus, makeKey, makePlan, makeSite, makeTenant } from "../things.ts";
import {
	ADAM,
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Dashboard,
	eventually,
	memberIn,
	OLIVIA,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	VERA,
	waitUntilLoaded,
} from "./browser.ts";
import { tabTo } from "./keyboard.ts";

const RAW_KEY = /^kw_(?:prod|staging|dev)_[0-9A-Za-z]{12}/;
const HOSTILE = `<img src=x onerror="alert(1)">'"\\`;

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

interface Listed {
	readonly revoke_reason: string | null;
	readonly id: string;
	readonly name: string;
	readonly status: string;
	readonly owner: { readonly name: string; readonly email?: string };
	readonly permissions: readonly string[];
	readonly site_ids: readonly string[] | null;
	readonly allowed_ips: readonly string[] | null;
	readonly expires_at: string | null;
	readonly rotate_every_days: number | null;
	readonly secrets: readonly { readonly kid: string; readonly last4: string; readonly kept_in: { readonly place: string } | null }[];
}

async function getKeys(tenant_id: string): Promise<readonly Listed[]> {
	return expectStatus(await dashboard.server.management(tenant_id, "GET", "/api-keys?limit=100"), 200).as<{ data: Listed[] }>().data;
}

async function apiAccess(page: Page, tenant_id: string, query = ""): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}${query}`);
	await page.getByRole("heading", { name: "API Access", level: 1, exact: true }).waitFor();
	await waitUntilLoaded(page);
}

async function clipboard(page: Page): Promise<string> {
	return String(await page.evaluate("navigator.clipboard.readText()"));
}

async function createShown(page: Page, integration: string): Promise<void> {
	await page.getByRole("button", { name: /^Create (a|your first) key$/ }).click();
	await page.getByRole("combobox", { name: "What is it for?" }).fill(integration);
	await page.keyboard.press("Escape");
	await page.getByRole("radio", { name: /^Show it to me once/ }).click();
	await page.getByRole("button", { name: "Create the key and show it once" }).click();
	await page.getByRole("button", { name: "Copy key" }).waitFor();
}

async function copiedKey(page: Page): Promise<string> {
	await page.getByRole("button", { name: "Copy key" }).click();
	await page.getByRole("button", { name: "Copied key" }).waitFor();
	const raw_key = await clipboard(page);
	match(raw_key, RAW_KEY);
	return raw_key;
}

async function closeAsStored(page: Page): Promise<void> {
	await page.getByRole("button", { name: "I have stored the key" }).click();
	await page.getByRole("radio", { name: "Secret manager" }).check();
	await page.getByRole("button", { name: "It is stored, close" }).click();
	await page.getByRole("button", { name: "I have stored the key" }).waitFor({ state: "detached" });
}

describe("creating a key", () => {
	test("the first key is created by keyboard alone, works, turns the live line green, and shows its storage location", async () => {
		const tenant = await makeTenant(dashboard.server);
		await makeSite(dashboard.server, tenant.id, { name: "Shop", environment: "prod" });
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await apiAccess(page, tenant.id);
		await picture(page, "keys-first");
		await axe(page);

		await tabTo(page, page.getByRole("button", { name: "Create your first key" }));
		await page.keyboard.press("Enter");
		const what = page.getByRole("combobox", { name: "What is it for?" });
		await what.and(page.locator(":focus")).waitFor();
		await page.keyboard.type("Order bot");
		await page
			.getByText(/^prod-order-bot: production, at Shop, reads only, ends on .*, replaced every 90 days\. Responsible: Olivia Owner\.$/)
			.waitFor();
		await tabTo(page, page.getByRole("radio", { name: /^Hand it over/ }));
		await page.keyboard.press("ArrowRight");
		await tabTo(page, page.getByRole("button", { name: "Create the key and show it once" }));
		await page.keyboard.press("Enter");

		const copy = page.getByRole("button", { name: "Copy key" });
		await copy.waitFor();
		await tabTo(page, copy);
		await page.keyboard.press("Enter");
		await page.getByRole("button", { name: "Copied key" }).waitFor();
		const raw_key = await clipboard(page);
		match(raw_key, RAW_KEY);
		doesNotMatch(await page.content(), new RegExp(raw_key), "what is masked is not in the page");

		await page.getByText("Waiting for the first request", { exact: true }).first().waitFor();
		equal((await dashboard.server.keyed(raw_key, "GET", `/tenants/${tenant.id}/limits`)).status, 200);
		await page.locator('[data-live="authenticated"]').waitFor();
		await page.getByText(/^Authenticated .* from .* \(127\.0\.0\.0\/24\)$/).waitFor();

		await tabTo(page, page.getByRole("button", { name: "I have stored the key" }));
		await page.keyboard.press("Enter");
		await tabTo(page, page.getByRole("radio", { name: "Secret manager" }));
		await page.keyboard.press("Space");
		await tabTo(page, page.getByRole("button", { name: "It is stored, close" }));
		await page.keyboard.press("Enter");

		await page.getByRole("dialog").first().waitFor({ state: "detached" });
		await page.getByRole("link", { name: "prod-order-bot" }).waitFor();
		const [key] = await getKeys(tenant.id);
		equal(key?.name, "prod-order-bot");
		deepEqual(key?.owner, {
			name: "Olivia Owner",
			email: OLIVIA.email,
			...("member_id" in (key?.owner ?? {}) ? { member_id: Object(key?.owner).member_id } : {}),
		});
		equal(key?.secrets[0]?.kept_in?.place, "secret_manager");
		assertNoPageErrors(context);
		await context.close();
	});

	test("collapsed settings are applied, and invalid ones are reported at their field", async () => {
		const tenant = await makeTenant(dashboard.server, {
			plan_id: await makePlan(dashboard.server, { capabilities: ["m2m_api"], max_key_lifetime_days: 120 }),
		});
		const site = await makeSite(dashboard.server, tenant.id, { environment: "staging" });
		await makeSite(dashboard.server, tenant.id, { environment: "prod" });
		const { context, page } = await memberIn(browser, dashboard.server, ADAM, { tenant_id: tenant.id, role: "admin" });
		await apiAccess(page, tenant.id);
		await page.getByRole("button", { name: "Create your first key" }).click();
		await page.getByRole("button", { name: /^Create the key and/ }).click();
		await page.getByText("Say what will use this key, such as: order bot").waitFor();
		const what = page.getByRole("combobox", { name: "What is it for?" });
		await what.and(page.locator(":focus")).waitFor();

		await what.fill("CRM sync");
		await page.keyboard.press("Escape");
		await page.keyboard.press("Escape");
		await page.getByRole("dialog", { name: "Drop what you filled in?" }).getByRole("button", { name: "Back to the form" }).last().click();
		equal(await what.inputValue(), "CRM sync", "what was filled in is still there");
		await page.getByRole("radio", { name: /^Staging/ }).click();
		await page.getByText("staging-crm-sync", { exact: true }).first().waitFor();
		await page.getByRole("button", { name: "Change the name" }).click();
		await eventually(async () => equal(await page.getByRole("textbox", { name: "Name" }).inputValue(), "staging-crm-sync"));
		await page.getByRole("radio", { name: /^Choose/ }).click();
		const chosen = page.getByRole("group", { name: "Permissions" }).getByRole("checkbox", { checked: true });
		await eventually(async () =>
			ok((await chosen.evaluateAll((boxes) => boxes.map((box) => String(box.getAttribute("value"))))).every((name) => name.endsWith(":read"))),
		);
		await eventually(async () =>
			ok(await page.getByRole("checkbox", { name: "documents:read" }).isDisabled(), "what the plan lacks cannot be chosen"),
		);
		await page.getByText("Not included in your plan").first().waitFor();
		await page.getByRole("combobox", { name: "At which sites?" }).click();
		await assertCount(page.getByRole("option"), 2, "all sites, and only the site of the environment");
		await page.getByRole("option").last().click();
		await page.getByRole("radio", { name: /^Read only/ }).click();
		await page.getByRole("button", { name: /^More/ }).click();
		const addresses = page.getByRole("combobox", { name: "Addresses" });
		await addresses.fill("nowhere");
		await addresses.press("Enter");
		await page.getByRole("radio", { name: /^Show it to me once/ }).click();
		const make = page.getByRole("button", { name: "Create the key and show it once" });
		await make.click();
		await page.getByText(/"nowhere" is no address/).waitFor();
		await addresses.and(page.locator(":focus")).waitFor();
		await addresses.press("Backspace");
		await addresses.fill("127.0.0.0/8");
		await addresses.press("Enter");
		await axe(page);
		await picture(page, "keys-create");
		await make.click();
		await page.getByRole("button", { name: "Copy key" }).waitFor();
		await axe(page);
		await picture(page, "keys-shown");

		const [key] = await getKeys(tenant.id);
		equal(key?.name, "staging-crm-sync");
		deepEqual(key?.site_ids, [site.id]);
		deepEqual(key?.allowed_ips, ["127.0.0.0/8"]);
		ok(key?.permissions.every((permission) => permission.endsWith(":read")));
		ok(key?.expires_at !== null, "the plan asks for an end");
		await page.getByRole("button", { name: "I have stored the key" }).click();
		await axe(page);
		await page.getByRole("button", { name: "Go back to the key" }).click();
		await copiedKey(page);
		await closeAsStored(page);
		assertNoPageErrors(context);
		await context.close();
	});

	test("a lost unused key is reissued, and the previous secret is refused", async () => {
		const tenant = await makeTenant(dashboard.server);
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await apiAccess(page, tenant.id);
		await createShown(page, "Lost bot");
		const first = await copiedKey(page);
		await page.getByRole("button", { name: /^Lost it/ }).click();
		await page.getByRole("button", { name: "Issue another key" }).click();
		await page.getByRole("button", { name: "Issue another key" }).waitFor({ state: "detached" });
		const second = await copiedKey(page);
		ok(first !== second);
		equal((await dashboard.server.keyed(first, "GET", "/whoami")).status, 401);
		equal((await dashboard.server.keyed(second, "GET", "/whoami")).status, 200);
		await closeAsStored(page);
		await context.close();
	});
});

describe("a raw key is shown once", () => {
	test("after Back, reload and a new tab the key is gone, and leaving requires confirmation", async () => {
		const tenant = await makeTenant(dashboard.server);
		const { context, page: unused } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await unused.close();
		context.removeAllListeners("dialog");
		const page = await context.newPage();
		const asked: string[] = [];
		page.on("dialog", (dialog) => {
			asked.push(dialog.type());
			void dialog.accept();
		});
		await page.goto(`${dashboard.url}/team?tenant=${tenant.id}`);
		await waitUntilLoaded(page);
		await page.getByRole("link", { name: "API Access" }).click();
		await createShown(page, "Order bot");
		await page.getByRole("button", { name: "Show key" }).click();
		const raw_key = (await page.locator("[data-raw-key=shown]").textContent()) ?? "";
		match(raw_key, RAW_KEY);
		const containsKey = (text: string) => text.includes(raw_key);
		const kept = String(await page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state, location.href, document.cookie])"));
		ok(!containsKey(kept), "not in storage, history or address");

		await page.goBack();
		await page.getByRole("heading", { name: "Where is the key stored now?" }).waitFor();
		await page.getByRole("button", { name: "Go back to the key" }).click();
		await eventually(async () =>
			ok(containsKey((await page.locator("[data-raw-key=shown]").textContent()) ?? ""), "the key is still shown after cancelling the navigation"),
		);

		await page.reload();
		deepEqual(asked, ["beforeunload"]);
		await waitUntilLoaded(page);
		ok(!containsKey(await page.content()));
		await page.goBack();
		await page.goForward();
		await waitUntilLoaded(page);
		ok(!containsKey(await page.content()));
		const tab = await context.newPage();
		await tab.goto(page.url());
		await waitUntilLoaded(tab);
		ok(!containsKey(await tab.content()));
		await context.close();
	});

	test("the key is removed before the page enters the back/forward cache", async () => {
		const tenant = await makeTenant(dashboard.server);
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await apiAccess(page, tenant.id);
		await createShown(page, "Order bot");
		await page.getByRole("button", { name: "Show key" }).click();
		const raw_key = (await page.locator("[data-raw-key=shown]").textContent()) ?? "";
		await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
		ok(!(await page.content()).includes(raw_key));
		await page.getByText("The key is no longer shown").waitFor();
		await context.close();
	});

	test("a printed page does not contain the key", async () => {
		const tenant = await makeTenant(dashboard.server);
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await apiAccess(page, tenant.id);
		await createShown(page, "Order bot");
		await page.getByRole("button", { name: "Show key" }).click();
		const field = page.locator("[data-raw-key=shown]");
		await eventually(async () => ok(await field.isVisible()));
		await page.emulateMedia({ media: "print" });
		await eventually(async () => ok(!(await field.isVisible())));
		await context.close();
	});
});

test("from the tenant's first page the first key is in the clipboard after four clicks; a leaked one is found by its last four and revoked with three", async () => {
	const tenant = await makeTenant(dashboard.server);
	const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
	await page.goto(`${dashboard.url}/?tenant=${tenant.id}`);
	await page.getByRole("heading", { level: 1, name: "API Access" }).waitFor();
	await waitUntilLoaded(page);
	await page.evaluate("globalThis.clicks = 0; addEventListener('click', ({ isTrusted }) => { if (isTrusted) globalThis.clicks += 1; }, true)");
	const click = (role: "button" | "radio" | "menuitem", name: string | RegExp) => page.getByRole(role, { name }).click();
	await click("button", "Create your first key");
	await page.getByRole("combobox", { name: "What is it for?" }).and(page.locator(":focus")).waitFor();
	await page.keyboard.type("order bot");
	await click("radio", /^Show it to me once/);
	await click("button", "Create the key and show it once");
	await click("button", "Copy key");
	await page.getByRole("button", { name: "Copied key" }).waitFor();
	match(await clipboard(page), RAW_KEY);
	equal(await page.evaluate("globalThis.clicks"), 4);
	await closeAsStored(page);

	for (let at = 0; at < 30; at += 1) await makeKey(dashboard.server, tenant.id);
	const leaked = (await getKeys(tenant.id)).find(({ name }) => name === "prod-order-bot");
	await page.evaluate("globalThis.clicks = 0");
	await page.keyboard.press("/");
	await page.getByRole("textbox", { name: "Search by name" }).and(page.locator(":focus")).waitFor();
	await page.keyboard.type(leaked?.secrets[0]?.last4 ?? "");
	await page.getByText("1 key", { exact: true }).waitFor();
	await click("button", "Actions for prod-order-bot");
	await click("menuitem", "It leaked: revoke it");
	const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
	await dialog.getByRole("radio", { name: "It may have leaked", checked: true }).waitFor();
	await click("button", "Revoke for good");
	await page.getByText("prod-order-bot is revoked for good").waitFor();
	equal(await page.evaluate("globalThis.clicks"), 3);
	const revoked = (await getKeys(tenant.id)).find(({ id }) => id === leaked?.id);
	deepEqual([revoked?.status, revoked?.revoke_reason], ["revoked", "suspected_exposure"]);
	assertNoPageErrors(context);
	await context.close();
});

test("by keyboard alone a key is created, found by its last four and revoked; no shortcut while a field has the focus", async () => {
	const tenant = await makeTenant(dashboard.server);
	await makeKey(dashboard.server, tenant.id, { name: "prod-first" });
	const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
	await apiAccess(page, tenant.id);
	const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
	const focused = (role: "button" | "radio" | "textbox" | "combobox" | "link" | "menuitem", name: string | RegExp) =>
		page.getByRole(role, { name }).and(page.locator(":focus"));
	/** Moves the focus by Tab until the wanted control has it. */
	async function tabTo(role: "button" | "radio" | "textbox" | "link", name: string | RegExp): Promise<void> {
		for (let pressed = 0; pressed < 60; pressed += 1) {
			if ((await focused(role, name).count()) > 0) return;
			await page.keyboard.press("Tab");
		}
		throw new Error(`the keyboard does not reach ${name}`);
	}

	await press("?");
	const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
	await help.getByText("Create a key").waitFor();
	await press("c");
	await assertCount(page.getByRole("dialog"), 1, "no shortcut while a dialog is open");
	await press("Escape");
	await help.waitFor({ state: "detached" });
	await page.locator("main:focus").waitFor();
	await press("c");
	await page.getByRole("dialog", { name: "Create a key" }).waitFor();
	await press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await page.locator("main:focus").waitFor();
	await press("Control+c");
	await assertCount(page.getByRole("dialog"), 0, "no shortcut with a modifier");

	await press("c");
	await page.waitForURL(/dialog=create/);
	await focused("combobox", "What is it for?").waitFor();
	await page.keyboard.type("c/? gk");
	await eventually(async () => equal(await page.getByRole("combobox", { name: "What is it for?" }).inputValue(), "c/? gk"));
	await press("Escape");
	await tabTo("radio", /^Hand it over/);
	await press("ArrowRight");
	await tabTo("button", "Create the key and show it once");
	await press("Enter");
	await tabTo("button", "I have stored the key");
	await press("Enter");
	const gate = page.getByRole("heading", { name: "Where is the key stored now?" });
	await gate.waitFor();
	await tabTo("radio", /^Secret manager/);
	await press("Space");
	await tabTo("button", "It is stored, close");
	await press("Enter");
	await gate.waitFor({ state: "detached" });
	await page.waitForURL((url) => !url.searchParams.has("create"));
	const made = (await getKeys(tenant.id)).find(({ name }) => name !== "prod-first");

	await press("/");
	await focused("textbox", /^Search by name/).waitFor();
	await page.keyboard.type(made?.secrets[0]?.last4 ?? "");
	await page.getByText("1 key", { exact: true }).waitFor();
	await tabTo("link", made?.name ?? "");
	await press("Enter");
	await page.getByRole("heading", { level: 1, name: made?.name ?? "" }).waitFor();
	await tabTo("button", "More actions");
	await press("Enter");
	await focused("menuitem", "Edit this key").waitFor();
	await press("ArrowDown", "ArrowDown", "Enter");
	const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
	await dialog.waitFor();
	await tabTo("radio", "The integration is retired");
	await press("Space");
	await tabTo("button", "Revoke for good");
	await press("Enter");
	await page.locator("[data-revoked]").and(page.locator(":focus")).waitFor();
	equal((await getKeys(tenant.id)).find(({ id }) => id === made?.id)?.status, "revoked");
	await press("g", "k");
	await page.getByRole("heading", { level: 1, name: "API Access" }).waitFor();
	await page
		.getByRole("status")
		.filter({ hasText: /^API Access$/ })
		.waitFor({ state: "attached" });
	assertNoPageErrors(context);
	await context.close();
});

describe("without the right to create keys", () => {
	test("a viewer sees the keys, the missing role, and the owners with name and email address", async () => {
		const tenant = await makeTenant(dashboard.server);
		await makeKey(dashboard.server, tenant.id, { name: "prod-order-bot" });
		const owner = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		const { context, page } = await memberIn(browser, dashboard.server, VERA, { tenant_id: tenant.id, role: "viewer" });
		await apiAccess(page, tenant.id);
		await page.locator('[data-missing="role"]').waitFor();
		await eventually(async () =>
			equal(await page.getByRole("link", { name: OLIVIA.email }).first().getAttribute("href"), `mailto:${encodeURIComponent(OLIVIA.email)}`),
		);
		await page.getByRole("link", { name: "prod-order-bot" }).waitFor();
		await assertCount(page.getByRole("button", { name: /Create|Revoke/ }), 0);
		await axe(page);
		await picture(page, "keys-viewer");
		assertNoPageErrors(context);
		await Promise.all([context.close(), owner.context.close()]);
	});

	test("an owner whose plan lacks API access sees that, and no create button", async () => {
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: "demo-free", role: "owner" });
		await apiAccess(page, "demo-free");
		await page.locator('[data-missing="plan"]').getByText("not included in the plan Free").waitFor();
		await assertCount(page.getByRole("button", { name: /^Create/ }), 0);
		await axe(page);
		await picture(page, "keys-plan-lacks");
		assertNoPageErrors(context);
		await context.close();
	});
});

describe("the list", () => {
	test("filters and order are in the URL and restored from it; a row opens its key", async () => {
		const tenant = await makeTenant(dashboard.server);
		const names = ["prod-order-bot", "staging-crm-sync", "dev-support-prototype"];
		for (const name of names)
			await makeKey(dashboard.server, tenant.id, {
				name,
				environment: name.split("-")[0],
				integration: name.slice(name.indexOf("-") + 1),
				...(name.startsWith("dev") ? { expires_at: new Date(Date.now() + 10.2 * 86_400_000).toISOString() } : {}),
			});
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await apiAccess(page, tenant.id);
		const rows = page.locator("[data-key]");
		await assertCount(rows, 3);
		await page.getByRole("textbox", { name: "Search by name" }).fill("crm");
		await page.waitForURL(/search=crm/);
		await page.getByRole("link", { name: "prod-order-bot" }).waitFor({ state: "detached" });
		await page.reload();
		await page.getByRole("link", { name: "staging-crm-sync" }).waitFor();
		await assertCount(rows, 1);
		await page.getByRole("button", { name: "Show all keys" }).click();
		const { id, secrets } = (await getKeys(tenant.id)).find(({ name }) => name === "dev-support-prototype") ?? {};
		for (const text of ["support-prototype", id, secrets?.[0]?.kid, secrets?.[0]?.last4, `kw_dev_…${secrets?.[0]?.last4}`]) {
			await page.getByRole("textbox", { name: "Search by name" }).fill(text ?? "");
			await page.getByText("1 key", { exact: true }).waitFor();
			await rows.getByRole("link", { name: "dev-support-prototype" }).waitFor();
			await page.getByRole("button", { name: "Show all keys" }).click();
			await page.getByText("3 keys", { exact: true }).waitFor();
		}
		await page.getByRole("button", { name: /^Needs attention/ }).click();
		await page.waitForURL(/attention=true/);
		await page.getByText("1 key", { exact: true }).waitFor();
		await rows.getByText("Ends in 10 days").waitFor();
		await page.getByRole("button", { name: "Show all keys" }).click();
		await page.getByText("3 keys", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Status", exact: true }).click();
		await page.waitForURL(/sort=status/);
		await eventually(async () => match((await rows.first().textContent()) ?? "", /dev-support-prototype/));
		await page.getByRole("combobox", { name: "Environment" }).click();
		await page.getByRole("option", { name: "Development" }).click();
		await page.waitForURL(/environment=dev/);
		await page.getByRole("link", { name: "staging-crm-sync" }).waitFor({ state: "detached" });
		await page.getByRole("button", { name: "Show all keys" }).click();
		await page.getByRole("button", { name: "Name" }).click();
		await page.waitForURL(/sort=name/);
		await waitUntilLoaded(page);
		await page.getByRole("columnheader", { name: /Name/ }).and(page.locator("[aria-sort=ascending]")).waitFor();
		const sorted = page.locator("tr[data-key] a");
		await sorted.filter({ hasText: "dev-support-prototype" }).waitFor();
		await eventually(async () => deepEqual(await sorted.allTextContents(), [...names].sort()));
		await rows.first().getByText("Olivia Owner").click();
		await page.waitForURL(/\/settings\/api-access\/key_/);
		assertNoPageErrors(context);
		await context.close();
	});

	test("keys are shown page by page with their total, on a phone as cards that can be sorted", async () => {
		const tenant = await makeTenant(dashboard.server);
		await makeKey(dashboard.server, tenant.id, { integration: "the oldest", name: "n".repeat(200) });
		for (let count = 1; count < 30; count += 1) await makeKey(dashboard.server, tenant.id);
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner", viewport: PHONE });
		await apiAccess(page, tenant.id);
		const cards = page.locator("li[data-key]");
		await page.getByText("30 keys", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Next page" }).click();
		await page.getByText("13–24 of 30", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Next page" }).click();
		await page.getByText("25–30 of 30", { exact: true }).waitFor();
		await assertCount(cards, 6);
		await cards.nth(5).getByRole("img", { name: "No requests in 24 hours" }).waitFor();
		await assertNoSidewaysScrolling(page);
		await page.getByRole("button", { name: "Filters" }).click();
		await page.getByRole("combobox", { name: "Sort by" }).click();
		await page.getByRole("option", { name: "Name", exact: true }).click();
		await page.waitForURL(/sort=name/);
		await page.getByText("1–12 of 30", { exact: true }).waitFor();
		await page.getByRole("combobox", { name: "Integration" }).click();
		await page.getByRole("option", { name: "the oldest" }).click();
		await cards.nth(1).waitFor({ state: "detached" });
		await assertCount(cards, 1);
		await page.getByRole("button", { name: "Show all keys" }).click();
		await page.getByRole("button", { name: "Create a key" }).click();
		await page.getByRole("combobox", { name: "What is it for?" }).fill("an integration with quite a long name of many words");
		await assertNoSidewaysScrolling(page);
		await context.close();
	});

	test("several keys are revoked with one preview, which requires typing only if one was used", async () => {
		const tenant = await makeTenant(dashboard.server);
		const used = await makeKey(dashboard.server, tenant.id, { name: "staging-used", environment: "staging" });
		await makeKey(dashboard.server, tenant.id, { name: "staging-unused", environment: "staging" });
		await makeKey(dashboard.server, tenant.id, { name: "prod-stays" });
		equal((await dashboard.server.keyed(used.raw_key, "GET", "/whoami")).status, 200);
		const { context, page } = await memberIn(browser, dashboard.server, ADAM, { tenant_id: tenant.id, role: "admin" });
		await apiAccess(page, tenant.id);
		await assertCount(page.getByRole("button", { name: /^Revoke/ }), 0, "nothing to revoke several with until a key is chosen");
		await page.getByLabel("Choose staging-used").check();
		await page.getByRole("button", { name: "Revoke several by filter" }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByRole("combobox", { name: "Environment" }).click();
		await page.getByRole("option", { name: "Staging" }).click();
		await dialog.getByText("staging-unused").waitFor();
		await dialog.getByText("One key was used in the last day").waitFor();
		await assertCount(dialog.getByText("prod-stays"), 0);
		await dialog.getByRole("combobox", { name: "Why?" }).click();
		await page.getByRole("option", { name: "The integration is retired" }).click();
		const revoke = dialog.getByRole("button", { name: "Revoke 2 keys for good" });
		await eventually(async () => ok(await revoke.isDisabled()));
		await axe(page);
		await picture(page, "keys-bulk-revoke");
		await dialog.getByRole("textbox", { name: /^Type "revoke 2 keys"/ }).fill("revoke 2 keys");
		await revoke.click();
		await page.getByText("2 keys are revoked.").waitFor();
		equal((await dashboard.server.keyed(used.raw_key, "GET", "/whoami")).status, 401);
		deepEqual(
			(await getKeys(tenant.id)).filter((key) => key.status !== "revoked").map((key) => key.name),
			["prod-stays"],
		);
		assertNoPageErrors(context);
		await context.close();
	});

	test("hostile text is shown as text in the list, the sheet, the summary and the preview", async () => {
		const tenant = await makeTenant(dashboard.server, { name: `Shop ${HOSTILE}` });
		await makeSite(dashboard.server, tenant.id, { name: `Site ${HOSTILE}`, environment: "prod" });
		await makeKey(dashboard.server, tenant.id, { name: `key ${HOSTILE}`, owner: `Owner ${HOSTILE}`, integration: `bot ${HOSTILE}` });
		const { context, page } = await memberIn(
			browser,
			dashboard.server,
			{ ...OLIVIA, name: `Olivia ${HOSTILE}`, email: "hostile@example.com" },
			{ tenant_id: tenant.id, role: "owner" },
		);
		await apiAccess(page, tenant.id);
		await page.getByRole("link", { name: `key ${HOSTILE}` }).waitFor();
		await page.getByRole("button", { name: "Create a key" }).click();
		await page.getByRole("combobox", { name: "What is it for?" }).fill(HOSTILE);
		await page.keyboard.press("Escape");
		await page.getByRole("button", { name: "Change the name" }).click();
		await page.getByRole("textbox", { name: "Name", exact: true }).fill(`made ${HOSTILE}`);
		await page.getByRole("radio", { name: /^Show it to me once/ }).click();
		await page.getByRole("button", { name: "Create the key and show it once" }).click();
		await copiedKey(page);
		await closeAsStored(page);
		await page.getByLabel(`Choose key ${HOSTILE}`).check();
		await page.getByRole("button", { name: "Revoke these keys" }).click();
		await page.getByRole("dialog").getByText(`key ${HOSTILE}`).first().waitFor();
		await assertCount(page.locator("img"), 0);
		assertNoPageErrors(context);
		await context.close();
	});
});

describe("canary keys", () => {
	test("one click makes one for a wiki; its line is copied once, and its page shows who used it and nothing that makes no sense", async () => {
		const tenant = await makeTenant(dashboard.server);
		await makeKey(dashboard.server, tenant.id, { name: "prod-admin-export", environment: "prod" });
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await apiAccess(page, tenant.id);
		await page.getByRole("button", { name: "Make a canary key" }).click();
		await page.getByRole("button", { name: "Make one for a secret manager" }).waitFor();
		await picture(page, "canary-make");
		await page.getByRole("button", { name: "Make one for a wiki" }).click();
		const line = page.getByRole("group", { name: "The line, with the key masked" });
		await line.waitFor();
		doesNotMatch(await line.innerText(), /kw_prod_[0-9A-Za-z]{50}/);
		await axe(page);
		await picture(page, "canary-shown");
		await page.getByRole("button", { name: "Copy line" }).click();
		await page.getByRole("button", { name: "Copied line" }).waitFor();
		const raw_key = /kw_prod_[0-9A-Za-z]{50}$/.exec(await clipboard(page))?.[0] ?? "";
		match(await clipboard(page), /API, production: X-API-Key: kw_prod_/);
		await page.getByRole("button", { name: "It is there now" }).click();
		const row = page.getByRole("link", { name: "prod-admin-export-2" });
		await row.waitFor();
		await page.getByText("Canary key · Production").waitFor();
		expectStatus(await dashboard.server.keyed(raw_key, "GET", "/whoami", undefined, { "user-agent": "stolen-bot/1" }), 401);

		await row.click();
		await page.getByRole("listitem").filter({ hasText: "Used by stolen-bot from 127.0.0.0/24" }).waitFor();
		await page.getByText("Canary was used", { exact: true }).waitFor();
		await page.getByText("a wiki", { exact: true }).waitFor();
		for (const name of [/Replace/, /Pause/, /^Edit/]) await assertCount(page.getByRole("button", { name }), 0);
		await assertCount(page.getByRole("navigation", { name: "Parts of this key" }), 0);
		await picture(page, "canary-used");
		await page.getByRole("button", { name: "More actions" }).click();
		await page.getByRole("menuitem", { name: "Edit this key" }).click();
		await page.getByRole("textbox", { name: "Name" }).fill("prod-ledger-export");
		await page.getByRole("button", { name: "Save changes" }).click();
		await page.getByRole("heading", { name: "prod-ledger-export", level: 1 }).waitFor();
		await page.setViewportSize(PHONE);
		await assertNoSidewaysScrolling(page);
		await apiAccess(page, tenant.id);
		await page.getByText("Canary was used", { exact: true }).waitFor();
		await assertNoSidewaysScrolling(page);
		await picture(page, "canary-list-phone");
		assertNoPageErrors(context);
	});
});
