/** The page of webhooks on a real receiver: added, tested, failing, sent again, replaced, disabled, deleted. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { EVENTS } from "../../server/src/outbox/events.ts";
import { isSignedBy, Receiver } from "../../server/testing/webhooks.ts";
import { Database } from "../database.ts";
import { ROOT } from "../server.ts";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Credentials,
	type Dashboard,
	eventually,
	joinBy,
	memberIn,
	OLIVIA,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'"\\ מספרה`;
const LONG_PATH = `/${"a-token-of-somebody-".repeat(20)}`;
const MANY = 19;
const MANY_DELIVERIES = 60;
const DESKTOP_SIZE = { width: 1_280, height: 800 };

let dashboard: Dashboard;
let browser: TestBrowser;
let receiver: Receiver;
let database: Database;
let made = 0;

before(async () => {
	receiver = await Receiver.start();
	dashboard = await startDashboard({ env: { KEYWRIGHT_OUTGOING_ALLOWED: "127.0.0.1" } });
	database = await Database.open(dashboard.server.data_dir);
	browser = await openBrowser();
});
after(async () => {
	await browser?.close();
	await database?.close();
	await dashboard?.stop();
	receiver?.close();
});

interface There {
	readonly tenant_id: string;
	readonly who: Credentials;
	readonly context: BrowserContext;
	readonly page: Page;
}

async function there(role: "owner" | "admin" | "viewer" = "admin", name = "Northwind"): Promise<There> {
	made += 1;
	const who: Credentials = { name: "Ada Admin", email: `hooks-${made}@example.com`, password: "a lamp, a boat, a fork" };
	const { id: tenant_id } = await makeTenant(dashboard.server, { name, plan_id: await makePlan(dashboard.server) });
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role });
	return { tenant_id, who, context, page };
}

async function open({ page, tenant_id }: There): Promise<void> {
	await page.goto(`${dashboard.url}/webhooks?tenant=${tenant_id}`);
	await page.locator("main").getByRole("heading", { level: 1, name: "Webhooks" }).waitFor();
	await waitUntilLoaded(page);
}

interface Made {
	readonly webhook: { readonly id: string };
	readonly secret: string;
}

async function newWebhook(tenant_id: string, path: string, events: readonly string[] | null = null): Promise<Made> {
	return expectStatus(await dashboard.server.management(tenant_id, "POST", "/webhooks", { url: receiver.url(path), events }), 201).as<Made>();
}

async function onAPhone(page: Page): Promise<void> {
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	await axe(page);
	await page.setViewportSize(DESKTOP_SIZE);
}

const receivedAt = (path: string) => receiver.received.filter((message) => message.path === path);
const deliveries = (page: Page): Locator => page.getByRole("list", { name: "Deliveries" }).getByRole("listitem");

async function choose(page: Page, item: string): Promise<void> {
	await page
		.getByRole("button", { name: /^Actions for / })
		.first()
		.click();
	await page.getByRole("menuitem", { name: item }).click();
}

/** Runs the snippet of the page on a message, as a receiver that has the secret in its environment; what it prints, or its error. */
async function runSnippet(snippet: string, secret: string, message: { headers: object; body: string }): Promise<string> {
	const given = `const request = ${JSON.stringify({ headers: message.headers })}; const body = ${JSON.stringify(message.body)};\n`;
	const child = spawn(process.execPath, ["--input-type=module", "-e", given + snippet], { cwd: ROOT, env: { WEBHOOK_SECRET: secret } });
	const [printed, errors] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
	return [...printed, ...errors].join("");
}

test("an admin adds a webhook after their password, sees its secret once, and its first event arrives and passes the check on the page", async () => {
	const at = await there();
	await open(at);
	const { page } = at;
	await page.getByRole("heading", { name: "No webhook yet" }).waitFor();
	const snippet = await page.locator("[data-snippet]").innerText();
	await axe(page);
	await picture(page, "webhooks-empty");
	await onAPhone(page);
	await database.rows(
		"update sign_in_sessions s set confirmed_at = now() - interval '61 minutes' from people p where p.id = s.person_id and p.email = $1",
		[at.who.email],
	);
	await page.locator("main").getByRole("button", { name: "Add a webhook" }).click();
	const sheet = page.getByRole("dialog", { name: "Add a webhook" });
	const add = sheet.getByRole("button", { name: "Add this webhook" });
	const address = sheet.getByLabel("Address", { exact: true });
	await add.click();
	await sheet.getByText("Write the address of your receiver", { exact: false }).waitFor();
	await address.and(page.locator(":focus")).waitFor();
	await sheet.getByRole("radio", { name: /^Only these types/ }).click();
	await address.fill("https://10.0.0.1/");
	await add.click();
	await sheet.getByText("Choose at least one type, or all events.").waitFor();
	await sheet.getByRole("checkbox", { name: "key.created" }).check();
	await picture(page, "webhooks-add");
	await axe(page);
	await add.click();
	const asked = page.getByRole("dialog", { name: "Is it still you?" });
	await asked.getByLabel("Your password").fill(at.who.password);
	await page.keyboard.press("Enter");
	await sheet.getByText("The address has a private or reserved address; use a public host.").waitFor();
	await address.fill(receiver.url("/added"));
	await add.click();
	const shown = page.getByRole("dialog", { name: "The secret, shown once" });
	const secret = await shown.locator("[data-secret]").innerText();
	match(secret, /^whsec_/);
	equal(await shown.locator("[data-snippet]").innerText(), snippet);
	await axe(page);
	await page.keyboard.press("Escape");
	await shown.getByRole("button", { name: "Copy secret" }).click();
	equal(await page.evaluate<string>("navigator.clipboard.readText()"), secret);
	await shown.getByRole("button", { name: "I have stored the secret" }).click();
	await shown.waitFor({ state: "detached" });
	doesNotMatch(await page.content(), /whsec_/);

	await page.getByText("Nothing was sent yet. The next event is the first.").waitFor();
	await picture(page, "webhooks-one");
	const { id: key_id } = await makeKey(dashboard.server, at.tenant_id);
	await deliveries(page).filter({ hasText: "key.created" }).filter({ hasText: "204" }).waitFor();
	const [message] = receivedAt("/added");
	ok(message && isSignedBy(secret, message.headers, message.body));
	equal(message.data.key_id, key_id);
	match(await runSnippet(snippet, secret, message), /^key\.created \{/);
	match(await runSnippet(snippet, secret, { ...message, body: message.body.replace(key_id, "key_other") }), /WebhookVerificationError/);
	await page.locator("[data-webhook] [data-state=Delivered]").waitFor();
	await page.reload();
	await deliveries(page).first().waitFor();
	doesNotMatch(await page.content(), /whsec_/);
	await axe(page);
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("a failed delivery says when it is attempted again; a test shows the receiver's answer; a delivered event is sent again", async () => {
	const at = await there("owner");
	const { page } = at;
	const { secret } = await newWebhook(at.tenant_id, "/failing");
	receiver.status = 503;
	await open(at);
	await makeKey(dashboard.server, at.tenant_id);
	const row = deliveries(page).filter({ hasText: "key.created" });
	await row.filter({ hasText: "503" }).filter({ hasText: /again/ }).waitFor();
	await page.locator("[data-webhook] [data-state=Failing]").waitFor();
	await page
		.locator("[data-webhook] [data-counts]")
		.filter({ hasText: /^\d+ waiting$/ })
		.waitFor();
	await picture(page, "webhooks-failing");
	await choose(page, "Send a test event");
	const dialog = page.getByRole("dialog", { name: "Send a test event" });
	await dialog.getByRole("button", { name: "Send it", exact: true }).click();
	await dialog.locator("[data-test-result=failed]").getByText("The receiver responded 503.", { exact: false }).waitFor();
	await axe(page);
	await picture(page, "webhooks-test");
	await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
	await dialog.waitFor({ state: "detached" });
	// The next attempt is 30 seconds away or more by now: the fact can be read without haste.
	await eventually(async () => ok(receivedAt("/failing").filter(({ type }) => type === "key.created").length >= 2));
	await row.getByRole("button").click();
	const sheet = page.getByRole("dialog", { name: "key.created" });
	await sheet
		.locator("[data-next]")
		.getByText(/^again in \d+ s$/)
		.waitFor();
	equal(await sheet.locator("[data-response]").innerText(), "503");
	await sheet.locator("[data-error]").getByText("Only a status of 2xx accepts an event.").waitFor();
	await sheet.getByText("It is attempted again by itself.").waitFor();
	ok(await sheet.getByRole("button", { name: "Send it again" }).isDisabled());
	await axe(page);
	await picture(page, "webhooks-delivery");
	receiver.status = 204;
	await database.rows("update webhook_deliveries set next_attempt_at = now() where tenant_id = $1 and status = 'pending'", [at.tenant_id]);
	await database.rows("update webhook_queues set due_at = now() where tenant_id = $1", [at.tenant_id]);
	const again = sheet.getByRole("button", { name: "Send it again" }).and(page.locator(":enabled"));
	await again.click();
	await page.getByText("The event is sent again.").waitFor();
	const ids = () => receivedAt("/failing").filter(({ type }) => type === "key.created");
	await eventually(async () => ok(ids().length >= 4, "two failed, one accepted, one sent again"));
	equal(new Set(ids().map(({ headers }) => headers["webhook-id"])).size, 1, "every attempt has the same webhook-id");
	await again.waitFor();
	await sheet.getByRole("button", { name: "Close" }).click();
	await sheet.waitFor({ state: "detached" });
	await page.getByRole("combobox", { name: "Deliveries" }).click();
	await page.getByRole("option", { name: "Failed" }).click();
	await page.getByText("No delivery is in the state “Failed”.").waitFor();
	await page.getByRole("combobox", { name: "Deliveries" }).click();
	await page.getByRole("option", { name: "Delivered" }).click();
	await row.waitFor();
	await page
		.locator("[data-webhook] [data-counts]")
		.filter({ hasText: /^\d+ delivered in 24 hours/ })
		.waitFor();

	await choose(page, "Send a test event");
	await dialog.getByRole("button", { name: "Send it", exact: true }).click();
	await dialog.locator("[data-test-result=delivered]").getByText("The receiver responded 204 and accepted it.").waitFor();
	const sent = receivedAt("/failing").at(-1);
	ok(sent?.type === "webhook.test" && isSignedBy(secret, sent.headers, sent.body));
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("two secrets sign after one was replaced; a webhook is edited, disabled, enabled and deleted", async () => {
	const at = await there();
	const { page } = at;
	const { webhook, secret } = await newWebhook(at.tenant_id, "/replaced");
	await open(at);
	const stored = async () =>
		expectStatus(await dashboard.server.management(at.tenant_id, "GET", `/webhooks/${webhook.id}`), 200).as<{ status: string; events: string[] }>();
	const testEvent = async () => {
		expectStatus(await dashboard.server.management(at.tenant_id, "POST", `/webhooks/${webhook.id}/test`), 200);
		const { headers = {}, body = "" } = receivedAt("/replaced").at(-1) ?? {};
		return (by: string) => isSignedBy(by, headers, body);
	};
	await choose(page, "Replace its secret");
	const replace = page.getByRole("dialog", { name: "Replace the secret" });
	await axe(page);
	await picture(page, "webhooks-secret");
	await replace.getByRole("button", { name: "Replace the secret" }).click();
	const shown = page.getByRole("dialog", { name: "The secret, shown once" });
	const next = await shown.locator("[data-secret]").innerText();
	await shown.locator("[data-overlap]").waitFor();
	await picture(page, "webhooks-secret-shown");
	await shown.getByRole("button", { name: "I have stored the secret" }).click();
	await page.locator("[data-webhook]").getByText("two secrets sign", { exact: false }).waitFor();
	const isSigned = await testEvent();
	deepEqual([isSigned(secret), isSigned(next)], [true, true]);
	await choose(page, "Replace its secret");
	await replace.locator("[data-overlap]").waitFor();
	equal(await replace.getByRole("radio").count(), 1, "a third secret can only end both");
	await replace.getByRole("button", { name: "Replace the secret" }).click();
	const last = await shown.locator("[data-secret]").innerText();
	await shown.getByRole("button", { name: "I have stored the secret" }).click();
	const isSignedNow = await testEvent();
	deepEqual([isSignedNow(secret), isSignedNow(next), isSignedNow(last)], [false, false, true]);

	await choose(page, "Edit this webhook");
	const edit = page.getByRole("dialog", { name: "Edit this webhook" });
	await edit.getByRole("radio", { name: /^Only these types/ }).click();
	await edit.getByRole("checkbox", { name: "key.revoked" }).check();
	await edit.getByRole("button", { name: "Save changes" }).click();
	await edit.waitFor({ state: "detached" });
	await page.locator("[data-webhook]").getByText("key.revoked", { exact: false }).waitFor();
	deepEqual((await stored()).events, ["key.revoked"]);

	for (const [item, title, button, state] of [
		["Disable it", "Disable this webhook", "Disable it", "disabled"],
		["Enable it", "Enable this webhook", "Enable it", "active"],
	] as const) {
		await choose(page, item);
		const decide = page.getByRole("dialog", { name: title });
		await axe(page);
		await decide.getByRole("button", { name: button }).click();
		await decide.waitFor({ state: "detached" });
		equal((await stored()).status, state);
	}
	await choose(page, "Delete this webhook");
	const remove = page.getByRole("dialog", { name: "Delete this webhook" });
	await remove.getByRole("button", { name: "Delete for good" }).click();
	await page.getByRole("heading", { name: "No webhook yet" }).waitFor();
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("viewers are not offered the page; in a suspended tenant a webhook can only be deleted; many with hostile names fit a phone", async () => {
	const at = await there("owner", HOSTILE);
	const { page } = at;
	const { webhook } = await newWebhook(at.tenant_id, LONG_PATH, ["key.created", "rotation.started", "rotation.completed", "webhook.disabled"]);
	for (let index = 0; index < MANY; index += 1) await newWebhook(at.tenant_id, `/${index}/${encodeURIComponent(HOSTILE)}`, ["webhook.disabled"]);
	await makeKey(dashboard.server, at.tenant_id);
	await eventually(async () => equal(receivedAt(LONG_PATH).length, 1));
	const kinds = (["key.revoked", "rotation.reminder", "key.exposed"] as const).map((type) => ({ type, example: EVENTS[type].example }));
	await database.rows(
		`with events as (insert into outbox (id, tenant_id, type, data, distributed_at)
			select 'evt_many' || n, $1, $4::jsonb -> (n % 3) ->> 'type', $4::jsonb -> (n % 3) -> 'example', now() from generate_series(1, $3::int) n returning id)
		insert into webhook_deliveries (tenant_id, id, webhook_id, event_id, sequence, status, attempts, at, duration_ms, response_status, error)
		select $1, 'dlv_many' || n, $2, 'evt_many' || n, 1 + n, (array['delivered', 'failed', 'delivered', 'delivered'])[1 + n % 4],
			1 + 8 * (n % 4 = 1)::int, now() - n * interval '37 minutes', 60 + n * 7, case when n % 4 = 1 then null else 200 end,
			case when n % 4 = 1 then 'timed_out' end from generate_series(1, $3::int) n`,
		[at.tenant_id, webhook.id, MANY_DELIVERIES, JSON.stringify(kinds)],
	);
	await page.goto(`${dashboard.url}/webhooks?tenant=${at.tenant_id}&webhook=${webhook.id}`);
	await deliveries(page).nth(19).waitFor();
	await page.getByRole("button", { name: "Show more" }).click();
	await deliveries(page).nth(39).waitFor();
	equal(await page.locator("[data-webhook]").count(), MANY + 1);
	await axe(page);
	await picture(page, "webhooks-many");
	await onAPhone(page);
	await deliveries(page).filter({ hasText: "no response" }).first().getByRole("button").click();
	const sheet = page.getByRole("dialog");
	await sheet.getByText("The receiver did not respond within 10 seconds.", { exact: false }).waitFor();
	await onAPhone(page);
	await page.keyboard.press("Escape");
	await sheet.waitFor({ state: "detached" });

	const viewer = await memberIn(
		browser,
		dashboard.server,
		{ ...at.who, email: `viewer-of-${at.who.email}` },
		{ tenant_id: at.tenant_id, role: "viewer" },
	);
	await viewer.page.goto(`${dashboard.url}/webhooks?tenant=${at.tenant_id}`);
	await viewer.page.getByText("Only owners and admins see webhooks").waitFor();
	equal(await viewer.page.getByRole("navigation", { name: "Pages" }).getByText("Webhooks").count(), 0);
	await axe(viewer.page);
	assertNoPageErrors(viewer.context);
	await viewer.context.close();

	expectStatus(await dashboard.server.operator("PATCH", `/tenants/${at.tenant_id}`, { status: "suspended" }), 200);
	await page.reload();
	await page.getByText("Events are still sent.", { exact: false }).waitFor();
	equal(await page.getByRole("button", { name: "Add a webhook" }).count(), 0);
	await page
		.getByRole("button", { name: /^Actions for / })
		.first()
		.click();
	deepEqual(await page.getByRole("menuitem").allInnerTexts(), ["Delete this webhook"]);
	await page.keyboard.press("Escape");
	assertNoPageErrors(at.context);
	await at.context.close();
});

test("an operator adds a webhook that receives the events of every tenant", async () => {
	const context = await browser.person();
	await joinBy(context, dashboard.join_url, OLIVIA);
	const page = await context.newPage();
	await page.goto(`${dashboard.url}/operator/webhooks`);
	await page.locator("main").getByRole("button", { name: "Add a webhook" }).click();
	const sheet = page.getByRole("dialog", { name: "Add a webhook" });
	await sheet.getByLabel("Address", { exact: true }).fill(receiver.url("/operator"));
	await sheet.getByRole("button", { name: "Add this webhook" }).click();
	const shown = page.getByRole("dialog", { name: "The secret, shown once" });
	const secret = await shown.locator("[data-secret]").innerText();
	await shown.getByRole("button", { name: "I have stored the secret" }).click();
	const { id } = await makeTenant(dashboard.server);
	await makeKey(dashboard.server, id);
	await deliveries(page).filter({ hasText: "key.created" }).filter({ hasText: "204" }).first().waitFor();
	const message = receivedAt("/operator").find(({ data }) => data.tenant_id === id);
	ok(message && isSignedBy(secret, message.headers, message.body));
	await axe(page);
	await picture(page, "webhooks-operator");
	assertNoPageErrors(context);
	await context.close();
});
