/** A key is revealed, paused, replaced and revoked by keyboard alone; the focus never falls to the body, and results are read aloud. */
import { equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { expectStatus, type MadeKey, makeKey, makeTenant } from "../things.ts";
import { assertNoPageErrors, type Dashboard, memberIn, OLIVIA, openBrowser, startDashboard, type TestBrowser } from "./browser.ts";
import { assertFocusKept, tabTo } from "./keyboard.ts";

const NAMES = ["prod-handed", "prod-paused", "prod-replaced", "prod-first", "prod-second"] as const;

let dashboard: Dashboard;
let browser: TestBrowser;
let context: BrowserContext;
let page: Page;
let tenant_id: string;
const keys = new Map<string, MadeKey>();

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	tenant_id = (await makeTenant(dashboard.server)).id;
	for (const name of NAMES) keys.set(name, await makeKey(dashboard.server, tenant_id, { name }));
	({ context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id, role: "owner" }));
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

const idOf = (name: (typeof NAMES)[number]): string => keys.get(name)?.id ?? "";
const ofKey = (name: (typeof NAMES)[number], method: string, rest: string, body?: unknown) =>
	dashboard.server.management(tenant_id, method, `/api-keys/${idOf(name)}${rest}`, body);
const check = async (name: (typeof NAMES)[number]) => (await dashboard.server.keyed(keys.get(name)?.raw_key ?? "", "GET", "/whoami")).status;
const focused = (control: Locator): Promise<void> => control.and(control.page().locator(":focus")).waitFor();

async function openKey(name: (typeof NAMES)[number]): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access/${idOf(name)}?tenant=${tenant_id}`);
	await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Waits for a message that screen readers read aloud. */
const said = (message: RegExp): Promise<void> => page.getByRole("alert").filter({ hasText: message }).waitFor();

/** Tabs to the control and presses the key; something has the focus after it. */
async function press(control: Locator, key = "Enter"): Promise<void> {
	await tabTo(control.page(), control);
	await control.page().keyboard.press(key);
	await assertFocusKept(control.page());
}

/** Says where the shown key is stored, which closes it. */
async function store(on: Page): Promise<void> {
	await press(on.getByRole("button", { name: "I have stored the key" }));
	await on.getByRole("heading", { name: "Where is the key stored now?" }).waitFor();
	await press(on.getByRole("radio", { name: /^Secret manager/ }), "Space");
	await press(on.getByRole("button", { name: "It is stored, close" }));
}

test("a key is revealed from its link by keyboard alone", async () => {
	const link = expectStatus(await ofKey("prod-handed", "POST", "/handovers", {}), 201).as<{ handover_url: string }>().handover_url;
	const colleague = await browser.person();
	const there = await colleague.newPage();
	await there.goto(link);
	await there.getByRole("heading", { level: 1, name: / hands a key over to you$/ }).waitFor();
	const name = there.getByRole("textbox", { name: "Your name" });
	await press(there.getByRole("button", { name: "Reveal the key" }));
	await focused(name);
	match((await name.getAttribute("aria-invalid")) ?? "", /true/);
	await there.keyboard.type("Tom");
	await there.keyboard.press("Enter");
	const copy = there.getByRole("button", { name: "Copy key" });
	await focused(copy);
	await there.keyboard.press("Enter");
	await focused(there.getByRole("button", { name: "Copied key" }));
	match(String(await there.evaluate("navigator.clipboard.readText()")), /^kw_prod_/);
	await store(there);
	await there.getByRole("status").getByRole("heading", { name: "The key is yours to look after" }).waitFor();
	await assertFocusKept(there);
	assertNoPageErrors(colleague);
	await colleague.close();
});

test("a key is paused and resumed by keyboard alone; Escape closes the question once and returns to its button", async () => {
	await openKey("prod-paused");
	const pause = page.getByRole("group", { name: "Actions" }).getByRole("button", { name: "Pause this key" });
	const dialog = page.getByRole("dialog", { name: "Pause this key" });
	await press(pause);
	await focused(dialog.getByRole("button", { name: "Pause this key" }));
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	await focused(pause);
	equal(await check("prod-paused"), 200);
	await page.keyboard.press("Enter");
	await focused(dialog.getByRole("button", { name: "Pause this key" }));
	await page.keyboard.press("Enter");
	await said(/^prod-paused is paused: it is refused until it is resumed\./);
	await dialog.waitFor({ state: "detached" });
	await assertFocusKept(page);
	equal(await check("prod-paused"), 403);
	await press(page.getByRole("button", { name: "Resume this key" }).first());
	await said(/^prod-paused works again\./);
	await pause.waitFor();
	await assertFocusKept(page);
	equal(await check("prod-paused"), 200);
	assertNoPageErrors(context);
});

test("a key is replaced by keyboard alone, and both keys work until everything has moved", async () => {
	await openKey("prod-replaced");
	const opener = page.getByRole("group", { name: "Actions" }).getByRole("link", { name: "Replace this key" });
	await press(opener);
	const sheet = page.getByRole("dialog", { name: "Replace prod-replaced" });
	await sheet.waitFor();
	await page.keyboard.press("Escape");
	await sheet.waitFor({ state: "detached" });
	await focused(opener);
	await page.keyboard.press("Enter");
	await sheet.waitFor();
	await tabTo(page, sheet.getByRole("radio", { name: /^Hand it over/ }));
	await page.keyboard.press("ArrowRight");
	await press(sheet.getByRole("button", { name: "Make the new key and show it once" }));
	await focused(page.getByRole("button", { name: "Copy key" }));
	await page.keyboard.press("Enter");
	await page.getByRole("button", { name: "Copied key" }).waitFor();
	const raw_key = String(await page.evaluate("navigator.clipboard.readText()"));
	await store(page);
	await page.getByRole("heading", { level: 1, name: "Replacing prod-replaced" }).waitFor();
	await assertFocusKept(page);
	equal(await check("prod-replaced"), 200);
	expectStatus(await dashboard.server.keyed(raw_key, "GET", "/whoami"), 200);
	assertNoPageErrors(context);
});

test("several keys are revoked by keyboard alone; Escape keeps what was chosen", async () => {
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant_id}`);
	for (const name of ["prod-first", "prod-second"]) await press(page.getByRole("checkbox", { name: `Choose ${name}` }), "Space");
	const opener = page.getByRole("button", { name: "Revoke these keys" });
	await tabBackTo(opener);
	await page.keyboard.press("Enter");
	const dialog = page.getByRole("dialog");
	await dialog.getByText("prod-second").first().waitFor();
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	await focused(opener);
	await page.getByText("2 keys chosen").waitFor();
	await page.keyboard.press("Enter");
	await press(dialog.getByRole("combobox", { name: "Why?" }));
	const reason = page.getByRole("option", { name: "The integration is retired" });
	await reason.waitFor();
	while ((await reason.getAttribute("data-combobox-selected")) === null) await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await press(dialog.getByRole("button", { name: "Revoke 2 keys for good" }));
	await said(/^2 keys are revoked\./);
	await dialog.waitFor({ state: "detached" });
	await assertFocusKept(page);
	for (const name of ["prod-first", "prod-second"] as const) equal(await check(name), 401);
	assertNoPageErrors(context);
});

/** The bar of what is chosen stands above the rows. */
async function tabBackTo(control: Locator): Promise<void> {
	const has_focus = control.and(page.locator(":focus"));
	for (let tabs = 0; tabs < 40 && (await has_focus.count()) === 0; tabs += 1) await page.keyboard.press("Shift+Tab");
	await focused(control);
}
