/** The page of the checklist on real keys: filled by use, turned by what its buttons do, with its history and its runbook; large and hostile. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { Database } from "../database.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Credentials,
	type Dashboard,
	DESKTOP,
	eventually,
	inviteTo,
	joinBy,
	openBrowser,
	picture,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'"\\ מספרה ${"a-name-without-a-space-".repeat(6)}`;
const NARROW = { width: 390, height: 844 };
const MANY = 500;

let dashboard: Dashboard;
let browser: TestBrowser;
let database: Database;
let made = 0;

before(async () => {
	dashboard = await startDashboard();
	database = await Database.open(dashboard.server.data_dir);
	browser = await openBrowser();
});
after(async () => {
	await browser?.close();
	await database?.close();
	await dashboard?.stop();
});

interface There {
	readonly tenant_id: string;
	readonly context: BrowserContext;
	readonly page: Page;
}

async function personIn(tenant_id: string, role: "owner" | "viewer"): Promise<There> {
	made += 1;
	const who: Credentials = { name: "Olivia Owner", email: `checklist-${made}@example.com`, password: "a lamp, a boat, a fork" };
	const context = await browser.person();
	await joinBy(context, await inviteTo(dashboard.server, tenant_id, role, who.email), who);
	return { tenant_id, context, page: await context.newPage() };
}

async function there(): Promise<There> {
	const { id } = await makeTenant(dashboard.server, { name: "Northwind", plan_id: await makePlan(dashboard.server) });
	return personIn(id, "owner");
}

async function open({ page, tenant_id }: There, query = ""): Promise<void> {
	await page.goto(`${dashboard.url}/checklist?tenant=${tenant_id}${query}`);
	await page.locator("main").getByRole("heading", { level: 1, name: "Checklist" }).waitFor();
	await page.locator("[data-item]").first().waitFor();
	await waitUntilLoaded(page);
}

async function use({ raw_key }: MadeKey, agent: string): Promise<void> {
	expectStatus(await dashboard.server.keyed(raw_key, "GET", "/whoami", undefined, { "user-agent": agent }), 200);
}

const item = (page: Page, name: string) => page.locator(`[data-item=${name}]`);

test("a fresh tenant has twelve unknown or unmet items; use and the buttons meet some of them, and the history says so", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	await open(at);
	equal(await page.locator("[data-item]").count(), 12);
	equal(await page.locator("[data-item][data-status=met]").count(), 0);
	await picture(page, "checklist-empty");
	const key = await makeKey(dashboard.server, tenant_id, { name: "prod-order-bot", expires_at: null });
	await use(key, "order-bot/1.2");
	await eventually(async () => {
		await open(at);
		equal(await item(page, "integrations_separate").getAttribute("data-status"), "met");
	});
	match((await item(page, "expiry_set").textContent()) ?? "", /prod-order-bot has no end/);
	await axe(page);
	await picture(page, "checklist");

	await item(page, "expiry_set").getByRole("link", { name: "Set an end: An end is set" }).click();
	const sheet = page.locator('[data-dialog="later-end"]').getByRole("dialog");
	await sheet.waitFor();
	const in_a_year = new Date(Date.now() + 365 * 86_400_000).toISOString();
	expectStatus(await dashboard.server.management(tenant_id, "PATCH", `/api-keys/${key.id}`, { expires_at: in_a_year }), 200);
	await open(at);
	equal(await item(page, "expiry_set").getAttribute("data-status"), "met");
	await page.getByRole("button", { name: "History" }).press("Enter");
	const turn = page.locator("[data-turn=expiry_set]");
	await turn.getByText("from not met to met", { exact: false }).waitFor();
	await axe(page);
	await picture(page, "checklist-history");
	await page.keyboard.press("Escape");
	await page.getByRole("button", { name: "History" }).and(page.locator(":focus")).waitFor();
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("a revocation is rehearsed and confirmed by the keyboard, and the runbook names keys, people and the rehearsal", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	await makeKey(dashboard.server, tenant_id, { name: "prod-order-bot" });
	await open(at);
	await item(page, "revocation_rehearsed").getByRole("link", { name: "Rehearse: Revocation rehearsed" }).press("Enter");
	const dialog = page.locator('[data-dialog="rehearse"]').getByRole("dialog");
	await dialog.getByRole("button", { name: "Rehearse", exact: true }).press("Enter");
	await dialog.locator("[data-rehearsed]").waitFor();
	await axe(page);
	await picture(page, "checklist-rehearsed");
	await dialog.getByRole("checkbox").press("Space");
	await dialog.getByRole("button", { name: "Confirm the rehearsal" }).press("Enter");
	await dialog.waitFor({ state: "detached" });
	await eventually(async () => equal(await item(page, "revocation_rehearsed").getAttribute("data-status"), "met"));
	const [row] = await database.rows("select revoked_at is not null as revoked, canary from keys where tenant_id = $1 and canary", [tenant_id]);
	deepEqual(row, { revoked: true, canary: true });

	await page.getByRole("link", { name: "Runbook" }).click();
	await page.getByRole("heading", { level: 1, name: "Revoking a key" }).waitFor();
	await page.getByRole("cell", { name: "prod-order-bot" }).waitFor();
	await page.getByText("Olivia Owner (owner", { exact: false }).waitFor();
	await page.getByText("every node had confirmed after", { exact: false }).waitFor();
	await waitUntilLoaded(page);
	await axe(page);
	await picture(page, "checklist-runbook");
	await page.emulateMedia({ media: "print" });
	equal(await page.getByRole("navigation").first().isVisible(), false, "only the runbook is printed");
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("with 500 keys and hostile names the page stays whole on a phone and in the dark, and one key is chosen by its name", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	await database.rows(
		`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by, created_at)
		select $1, 'key_' || $1 || '_' || i, 'prod-bot-' || i, 'prod', '{"name":"Dana"}', '{}', '{"kind":"operator","name":"Operator"}', now() from generate_series(1, $2::integer) as i`,
		[tenant_id, MANY],
	);
	await database.rows(
		`insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4)
		select left('kid' || i || md5($1), 12), $1, 'key_' || $1 || '_' || i, '', 1, 'none', 'abcd' from generate_series(1, $2::integer) as i`,
		[tenant_id, MANY],
	);
	const key = await makeKey(dashboard.server, tenant_id, {
		name: HOSTILE.slice(0, 200),
		owner: HOSTILE.slice(0, 100),
		expires_at: null,
		rotate_every_days: null,
	});
	await use(key, "order-bot/1");
	await use(key, "export-job/1");
	await eventually(async () => {
		await open(at);
		equal(await item(page, "integrations_separate").getAttribute("data-status"), "not_met");
	});
	for (const scheme of ["light", "dark"] as const)
		for (const size of [DESKTOP, NARROW]) {
			await page.emulateMedia({ colorScheme: scheme });
			await page.setViewportSize(size);
			await waitUntilLoaded(page);
			await assertNoSidewaysScrolling(page);
			await axe(page);
			await picture(page, `checklist-many-${scheme}-${size.width}`);
		}
	await page.setViewportSize(DESKTOP);
	await page.getByRole("combobox", { name: "Key" }).fill("prod-bot-499");
	await page.getByRole("option", { name: "prod-bot-499" }).click();
	await page.waitForURL("**key=key_**");
	await eventually(async () => equal(await page.locator("[data-item]").count(), 10));
	await page
		.getByRole("radiogroup", { name: "Status" })
		.getByText(/^Not met/)
		.click();
	await eventually(async () => ok((await page.locator("[data-item]").count()) === (await page.locator("[data-item][data-status=not_met]").count())));

	await page.goto(`${dashboard.url}/settings/api-access/${key.id}?tenant=${tenant_id}`);
	const card = page.getByRole("region", { name: "Checklist" });
	await card.locator("[data-item=integrations_separate]").waitFor();
	await waitUntilLoaded(page);
	await axe(page);
	await picture(page, "checklist-of-key");
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("the keys of a person who has left are taken over in one step from the checklist, and its item turns", async () => {
	const at = await there();
	const { page, tenant_id } = at;
	const mia: Credentials = { name: "Mia Left", email: `mia-${tenant_id}@example.com`, password: "a lamp, a boat, a fork" };
	const hers = await browser.person();
	await joinBy(hers, await inviteTo(dashboard.server, tenant_id, "admin", mia.email), mia);
	await hers.close();
	const members = expectStatus(await dashboard.server.management(tenant_id, "GET", "/members"), 200).as<{ data: { id: string; name: string }[] }>()
		.data;
	const member_id = members.find(({ name }) => name === mia.name)?.id ?? "";
	const owner = { name: mia.name, email: mia.email, member_id };
	for (const name of [HOSTILE, "dev-orders", "prod-orders"]) {
		const key = await makeKey(dashboard.server, tenant_id, { name, owner, environment: "dev" });
		if (name === "prod-orders") await use(key, "order-bot/1.2");
	}

	// Who is removed: the dialog leads to the same step.
	await page.goto(`${dashboard.url}/team?tenant=${tenant_id}&dialog=remove&of=${member_id}`);
	const removing = page.locator('[data-dialog="remove"]').getByRole("dialog");
	await removing.getByRole("link", { name: "name another one" }).click();
	const sheet = page.locator('[data-dialog="transfer"]').getByRole("dialog");
	await sheet.getByText("prod-orders").waitFor();
	await page.keyboard.press("Escape");
	await sheet.waitFor({ state: "detached" });

	expectStatus(await dashboard.server.management(tenant_id, "DELETE", `/members/${member_id}`), 204);
	await open(at);
	equal(await item(page, "responsible_present").getAttribute("data-status"), "not_met");
	await item(page, "responsible_present").getByRole("link", { name: "Name another person" }).click();
	await sheet.getByRole("button", { name: "Take over these 3 keys" }).waitFor();
	equal(await sheet.getByLabel("Who is responsible from now on?").and(page.locator("input")).inputValue(), "Olivia Owner (you)");
	equal(await sheet.getByRole("row").count(), 4);
	await axe(page);
	await picture(page, "keys-transfer");
	await sheet.getByRole("button", { name: "Take over these 3 keys" }).click();
	await page.getByText("Olivia Owner is responsible for 3 keys now.").waitFor();
	await sheet.waitFor({ state: "detached" });
	await open(at);
	equal(await item(page, "responsible_present").getAttribute("data-status"), "met");
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("a viewer reads the checklist and is offered nothing that they may not do", async () => {
	const { id } = await makeTenant(dashboard.server, { name: "Contoso", plan_id: await makePlan(dashboard.server) });
	const at = await personIn(id, "viewer");
	await open(at, "&dialog=rehearse");
	equal(await at.page.getByRole("dialog").count(), 0);
	equal(await at.page.locator("[data-item] a[href*='dialog=']:not([href*='dialog=check'])").count(), 0);
	assertNoPageErrors(at.context);
	await at.context.close();
});
