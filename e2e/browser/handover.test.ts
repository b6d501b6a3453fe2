import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Dashboard,
	memberIn,
	OLIVIA,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">`;

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

/** An owner with a new key and its handover link. */
async function handedOver(): Promise<{ page: Page; link: string; tenant_id: string }> {
	const tenant = await makeTenant(dashboard.server);
	const { page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant.id}`);
	await page.getByRole("button", { name: "Create your first key" }).click();
	await page.getByRole("combobox", { name: "What is it for?" }).fill("Order bot");
	await page.keyboard.press("Escape");
	await page.getByRole("button", { name: "Create the key and make the link" }).click();
	await page.getByRole("button", { name: "Copy link" }).click();
	await page.getByRole("button", { name: "Copied link" }).waitFor();
	return { page, link: String(await page.evaluate("navigator.clipboard.readText()")), tenant_id: tenant.id };
}

async function reveal(page: Page, link: string, name: string): Promise<void> {
	await page.goto(link);
	await page.getByRole("textbox", { name: "Your name" }).fill(name);
	await page.getByRole("button", { name: "Reveal the key" }).click();
}

test("a recipient without an account reveals the key on a phone, and the owner sees who, when, and that it works", async () => {
	const { page, link, tenant_id } = await handedOver();
	match(link, new RegExp(`^${dashboard.url}/reveal#kwh_[A-Za-z0-9_-]{43}$`));
	await page.locator('[data-handover="waiting"]').waitFor();
	await axe(page);
	await picture(page, "handover-waiting");

	const colleague = await browser.person({ viewport: PHONE });
	const phone = await colleague.newPage();
	for (const method of ["GET", "HEAD"]) equal((await colleague.request.fetch(link, { method })).status(), 200);
	await phone.goto(link);
	await phone.getByRole("heading", { name: "Olivia Owner hands a key over to you" }).waitFor();
	await phone.reload();
	await phone.getByText("prod-order-bot").waitFor();
	await phone.getByText("List and download documents").waitFor();
	await assertNoSidewaysScrolling(phone);
	await axe(phone);
	await picture(phone, "reveal");
	await phone.getByRole("button", { name: "Reveal the key" }).click();
	await phone.getByText("Say who you are").waitFor();
	await phone.getByRole("textbox", { name: "Your name" }).fill(`Tom ${HOSTILE}`);
	await phone.getByRole("button", { name: "Reveal the key" }).click();
	await phone.getByRole("button", { name: "Copy key" }).click();
	await phone.getByRole("button", { name: "Copied key" }).waitFor();
	const raw_key = String(await phone.evaluate("navigator.clipboard.readText()"));
	match(raw_key, /^kw_prod_/);
	await assertNoSidewaysScrolling(phone);
	await axe(phone);
	await picture(phone, "revealed");

	await page.locator('[data-handover="claimed"]').getByText(`by Tom ${HOSTILE}`).waitFor();
	equal((await dashboard.server.keyed(raw_key, "GET", `/tenants/${tenant_id}/limits`)).status, 200);
	await page.locator('[data-live="authenticated"]').waitFor();
	ok(!(await page.content()).includes(raw_key), "the owner never holds the key");

	await phone.getByRole("button", { name: "I have stored the key" }).click();
	await phone.getByRole("radio", { name: "Server environment variable" }).check();
	await phone.getByRole("button", { name: "It is stored, close" }).click();
	await phone.getByRole("heading", { name: "The key is yours to look after" }).waitFor();
	ok(!(await phone.content()).includes(raw_key));
	await phone.reload();
	await phone.getByRole("heading", { name: "This key was revealed already" }).waitFor();

	const second = await colleague.newPage();
	await second.goto(link);
	await second.getByRole("heading", { name: "This key was revealed already" }).waitFor();
	const token = new URL(link).hash.slice(1);
	const again = await colleague.request.post(`${dashboard.url}/api/v1/handovers/reveal`, { data: { token, name: "Tom" } });
	equal(again.status(), 409);
	equal((await again.json()).code, "secret_already_issued");
	await axe(second);
	assertNoPageErrors(colleague, page.context());
	await Promise.all([colleague.close(), page.context().close()]);
});

test("a cancelled link reveals nothing and names the contact; a new one works", async () => {
	const { page, link } = await handedOver();
	const colleague = await browser.person({ viewport: PHONE });
	const phone = await colleague.newPage();
	await phone.goto(link);
	await phone.getByRole("textbox", { name: "Your name" }).fill("Tom");
	await page.getByRole("button", { name: "Cancel this link" }).click();
	await page.locator('[data-handover="cancelled"]').waitFor();
	await phone.getByRole("button", { name: "Reveal the key" }).click();
	await phone.getByRole("heading", { name: "This link was cancelled" }).waitFor();
	await page.getByRole("button", { name: "Make a new link" }).click();
	await page.getByRole("button", { name: "Copy link" }).click();
	await page.getByRole("button", { name: "Copied link" }).waitFor();
	const next = String(await page.evaluate("navigator.clipboard.readText()"));
	ok(next !== link);
	// Only the fragment differs, so the browser does not reload the page.
	await phone.goto("about:blank");
	await reveal(phone, next, "Tom");
	await phone.getByRole("button", { name: "Copy key" }).waitFor();
	await Promise.all([colleague.close(), page.context().close()]);
});

test("a truncated link is reported as such, and is no oracle", async () => {
	const colleague = await browser.person();
	const page = await colleague.newPage();
	for (const hash of ["", "#kwh_short", `#kwh_${"A".repeat(43)}`, `#${HOSTILE}`]) {
		await page.goto("about:blank");
		await page.goto(`${dashboard.url}/reveal${hash}`);
		await page.getByRole("heading", { name: "This link leads to no key" }).waitFor();
	}
	await picture(page, "reveal-unknown");
	assertNoPageErrors(colleague);
	await colleague.close();
});

test("opening a link sends no part of its token to the server, and a revealed key is gone after Back and reload", async () => {
	const { page, link } = await handedOver();
	const context = await browser.browser.newContext({ viewport: PHONE });
	const phone = await context.newPage();
	const addresses: string[] = [];
	phone.on("request", (request) => addresses.push(request.url(), JSON.stringify(request.headers())));
	phone.on("dialog", (dialog) => void dialog.accept());
	await phone.goto(`${dashboard.url}/sign-in`);
	await waitUntilLoaded(phone);
	await reveal(phone, link, "Tom");
	await phone.getByRole("button", { name: "Show key" }).click();
	const raw_key = (await phone.locator("[data-raw-key=shown]").textContent()) ?? "";
	match(raw_key, /^kw_prod_/);
	await phone.reload();
	await phone.getByRole("heading", { name: "This key was revealed already" }).waitFor();
	await phone.goBack();
	await phone.goForward();
	await waitUntilLoaded(phone);
	ok(!(await phone.content()).includes(raw_key));
	deepEqual(
		addresses.filter((text) => text.includes("kwh_") && !text.startsWith("{")).map((text) => new URL(text).hash === ""),
		[],
		"the token stands in no address that was asked for",
	);
	await Promise.all([context.close(), page.context().close()]);
});
