/** The operator's area: forward-auth rules and their tester, imported keys, the catalogue, tenants and operators; and its access control. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	ADAM,
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
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	VERA,
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'"\\`;
const RULES = "/api/v1/operator/forward-auth-rules";

let dashboard: Dashboard;
let browser: TestBrowser;
/** The first owner of the demo tenant, who is also an operator. */
let olivia: BrowserContext;

before(async () => {
	dashboard = await startDashboard({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1" } });
	browser = await openBrowser();
	olivia = await browser.person();
	await joinBy(olivia, dashboard.join_url, OLIVIA);
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

async function open(path: string, context = olivia): Promise<Page> {
	const page = await context.newPage();
	await page.goto(`${dashboard.url}${path}`);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await waitUntilLoaded(page);
	return page;
}

interface Wire {
	readonly pattern: string;
	readonly methods: string[] | null;
	readonly permissions: string[];
	readonly cost: number;
	readonly note: string | null;
}

async function setRules(rules: object[]): Promise<void> {
	expectStatus(await dashboard.server.operator("PUT", "/forward-auth-rules", { rules }), 200);
}

async function savedRules(): Promise<Wire[]> {
	return expectStatus(await dashboard.server.operator("GET", "/forward-auth-rules"), 200).as<{ rules: Wire[] }>().rules;
}

function patternsShown(page: Page): Promise<(string | null)[]> {
	return page.locator("[data-pattern]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-pattern")));
}

/** Runs the tester for this request. */
async function forwarded(raw_key: string, method: string, uri: string): Promise<{ status: number; code: string }> {
	const headers = { "x-api-key": raw_key, "x-forwarded-method": method, "x-forwarded-uri": uri, "x-forwarded-for": "192.0.2.7" };
	const answer = await dashboard.server.send({ method: "GET", path: "/api/v1/forward-auth", headers });
	return { status: answer.status, code: answer.code };
}

async function tryRequest(page: Page, method: string, uri: string, raw_key = ""): Promise<void> {
	await page.getByRole("combobox", { name: "Method", exact: true }).fill(method);
	await page.getByRole("region", { name: "What would this request get?" }).getByLabel("Path").fill(uri);
	await page.getByLabel("Key", { exact: true }).fill(raw_key);
	await page.getByRole("button", { name: "Test this request" }).click();
	// Pressing the button removes the previous result.
	await page.getByRole("button", { name: "Test this request" }).and(page.locator(":not([data-loading])")).waitFor();
	await page.locator("[data-outcome]").waitFor();
}

test("without rules the page explains them, with a recipe for this instance's URL", async () => {
	await setRules([]);
	const page = await open("/operator");
	equal(new URL(page.url()).pathname, "/operator/tenants");
	await page.getByRole("link", { name: "Forwarded requests" }).click();
	await page.getByRole("heading", { name: "In front of an API that stays as it is" }).waitFor();
	await page.getByRole("button", { name: "Copy nginx configuration" }).click();
	await page.getByRole("button", { name: "Copied nginx configuration" }).waitFor();
	const copied = await page.evaluate<string>("navigator.clipboard.readText()");
	ok(copied.includes(`server ${new URL(dashboard.url).host};`) && copied.includes("auth_request"));
	await eventually(async () => ok(await page.locator(".kw-operator-edge").isVisible()));
	await picture(page, "operator-rules-empty");
	await axe(page);
	await page.close();
});

test("rules are edited as one draft, tested before they apply, and saved together; the tester shows the response to a proxy", async () => {
	await setRules([]);
	const { raw_key } = await makeKey(dashboard.server, "demo", { permissions: ["documents:read"], name: "prod-forwarded" });
	const page = await open("/operator/forward-auth");

	await page.getByRole("button", { name: "Add a rule" }).click();
	const sheet = page.getByRole("dialog", { name: "Add a rule" });
	await sheet.getByRole("button", { name: "Put into the draft" }).click();
	await sheet.getByText("Write the path, such as").waitFor();
	await sheet.getByLabel("Path").fill("/tenants/:tenant_id/reports/*");
	await sheet.getByRole("combobox", { name: "Methods" }).click();
	await page.getByRole("option", { name: "GET" }).click();
	await sheet.getByLabel("Permissions").fill("documents:read");
	await page.keyboard.press("Enter");
	await sheet.getByLabel("Cost").fill("5");
	await sheet.getByLabel("Note").fill("Reports are expensive");
	await waitUntilLoaded(page);
	await picture(page, "operator-rule-sheet");
	await sheet.getByRole("button", { name: "Put into the draft" }).click();
	await sheet.waitFor({ state: "detached" });
	deepEqual(await savedRules(), []);

	await page.getByRole("button", { name: "Add a rule" }).click();
	await sheet.getByLabel("Path").fill("/tenants/:tenant_id/*");
	await sheet.getByLabel("Permissions").fill("documents:write");
	await page.keyboard.press("Enter");
	await sheet.getByRole("button", { name: "Put into the draft" }).click();
	await page.getByText("2 changes are not saved yet").waitFor();
	await page.locator("[data-changes] li").nth(1).waitFor();
	deepEqual(
		await page
			.locator("[data-changes] li")
			.allInnerTexts()
			.then((lines) => lines.map((line) => line.replace(/\s+/g, " "))),
		["+ GET /tenants/:tenant_id/reports/* is added as rule 1", "+ Any method /tenants/:tenant_id/* is added as rule 2"],
	);

	await tryRequest(page, "GET", "/tenants/demo/reports/7", raw_key);
	await eventually(async () =>
		match(await page.locator("[data-outcome]").innerText(), /Let through[\s\S]*Rule 1: GET[\s\S]*demo[\s\S]*documents:read[\s\S]*prod-forwarded/),
	);
	await picture(page, "operator-rules-draft");
	await axe(page);
	await tryRequest(page, "POST", "/tenants/demo/reports/7", raw_key);
	await eventually(async () => match(await page.locator("[data-outcome]").innerText(), /Refused: 403 permission_missing[\s\S]*Rule 2/));
	await tryRequest(page, "GET", "/elsewhere", raw_key);
	await eventually(async () => match(await page.locator("[data-outcome]").innerText(), /Refused: 404 not_found[\s\S]*No rule fits/));
	await tryRequest(page, "GET", "/tenants/other/reports/7", raw_key);
	await eventually(async () => match(await page.locator("[data-outcome]").innerText(), /Refused: 404 not_found/));
	await tryRequest(page, "GET", "/tenants/demo/../x");
	await eventually(async () => match(await page.locator("[data-outcome]").innerText(), /Refused: 400 ambiguous_path/));
	await tryRequest(page, "GET", "/tenants/demo/reports/7");
	await eventually(async () => match(await page.locator("[data-outcome]").innerText(), /It depends on the key/));
	deepEqual(await forwarded(raw_key, "GET", "/elsewhere"), { status: 200, code: "" }, "the draft holds nowhere yet");

	await page.getByRole("button", { name: "Save these rules" }).click();
	await page.getByText("The rules are saved: 2 in all.").waitFor();
	await assertCount(page.getByText("not saved yet"), 0);
	deepEqual(
		(await savedRules()).map(({ pattern, methods, permissions, cost, note }) => [pattern, methods, permissions, cost, note]),
		[
			["/tenants/:tenant_id/reports/*", ["GET"], ["documents:read"], 5, "Reports are expensive"],
			["/tenants/:tenant_id/*", null, ["documents:write"], 1, null],
		],
	);
	for (const [method, uri] of [
		["GET", "/tenants/demo/reports/7"],
		["POST", "/tenants/demo/reports/7"],
		["GET", "/elsewhere"],
		["GET", "/tenants/other/reports/7"],
		["GET", "/tenants/demo/%2e%2e/x"],
	] as const) {
		await tryRequest(page, method, uri, raw_key);
		const outcome = await page.locator("[data-outcome]").innerText();
		const { status, code } = await forwarded(raw_key, method, uri);
		if (status === 200) match(outcome, /Let through/);
		else ok(outcome.includes(`Refused: ${status} ${code}`), `${method} ${uri}: ${outcome}`);
	}
	ok(!(await page.content()).includes(raw_key), "the key stands in no text of the page");
	await page.close();
});

test("a step can be undone, the draft discarded, and leaving requires confirmation", async () => {
	await setRules([{ pattern: "/a" }, { pattern: "/b" }, { pattern: "/c" }]);
	const page = await open("/operator/forward-auth");
	await page.getByRole("button", { name: "Remove: any method /b" }).click();
	await page.getByRole("button", { name: "Move down: any method /a" }).click();
	deepEqual(await patternsShown(page), ["/c", "/a"]);
	await page.getByRole("button", { name: "Take back the last step" }).click();
	deepEqual(await patternsShown(page), ["/a", "/c"]);
	await page.getByRole("link", { name: "Tenants" }).click();
	const asked = page.getByRole("dialog", { name: "Leave the changes behind?" });
	await asked.getByRole("button", { name: "Stay here" }).click();
	await asked.waitFor({ state: "detached" });
	deepEqual(await patternsShown(page), ["/a", "/c"]);
	await page.getByRole("button", { name: "Discard all changes" }).click();
	deepEqual(await patternsShown(page), ["/a", "/b", "/c"]);
	await page.getByText("Nothing differs from what is saved").waitFor();
	await page.getByRole("button", { name: "Take back the last step" }).click();
	deepEqual(await patternsShown(page), ["/a", "/c"]);
	await page.getByRole("link", { name: "Tenants" }).click();
	await asked.getByRole("button", { name: "Leave without saving" }).click();
	await page.getByRole("heading", { name: "Tenants", level: 1 }).waitFor();
	equal((await savedRules()).length, 3);
	await page.close();
});

test("a validation error is shown at the rule and in its sheet, and nothing is saved", async () => {
	await setRules([{ pattern: "/a" }]);
	const page = await open("/operator/forward-auth");
	await page.getByRole("button", { name: "Add a rule" }).click();
	const sheet = page.getByRole("dialog");
	await sheet.getByLabel("Path").fill("/a/:tenant/b");
	await sheet.getByRole("button", { name: "Put into the draft" }).click();
	await page.getByRole("button", { name: "Save these rules" }).click();
	const row = page.locator('[data-pattern="/a/:tenant/b"]');
	await row.getByText(":tenant_id").first().waitFor();
	await eventually(async () => match(await row.innerText(), /✕ Pattern .*:tenant_id/));
	await axe(page);
	await page.getByRole("button", { name: "Edit: any method /a/:tenant/b" }).click();
	await sheet.getByText(/to bind a tenant/).waitFor();
	await sheet.getByLabel("Path").fill("/a/:tenant_id/b");
	await sheet.getByRole("button", { name: "Put into the draft" }).click();
	await sheet.waitFor({ state: "detached" });
	await page.getByRole("button", { name: "Save these rules" }).click();
	await page.getByText("The rules are saved: 2 in all.").waitFor();
	await page.close();
});

test("rules that another operator saved meanwhile are not overwritten", async () => {
	await setRules([{ pattern: "/mine" }]);
	const page = await open("/operator/forward-auth");
	await setRules([{ pattern: "/theirs" }]);
	await page.getByRole("button", { name: "Remove: any method /mine" }).click();
	await page.getByRole("button", { name: "Save these rules" }).click();
	await page.getByText("Other rules were saved in the meantime").waitFor();
	deepEqual(
		(await savedRules()).map(({ pattern }) => pattern),
		["/theirs"],
	);
	await page.getByRole("button", { name: "Show their rules" }).click();
	await page.locator('[data-pattern="/theirs"]').waitFor();
	await page.close();
});

test("a rule is added, moved up, tested and saved by keyboard alone, and keeps the focus", async () => {
	await setRules([{ pattern: "/first" }, { pattern: "/second" }]);
	const page = await open("/operator/forward-auth");
	const focused = () => page.evaluate<string>("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''");
	async function tabTo(name: string): Promise<void> {
		for (let steps = 0; steps < 60 && (await focused()) !== name; steps += 1) await page.keyboard.press("Tab");
		equal(await focused(), name);
	}
	await tabTo("Add a rule");
	await page.keyboard.press("Enter");
	await page.getByRole("dialog").getByLabel("Path").waitFor();
	await page.keyboard.type("/third");
	await page.keyboard.press("Enter");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	equal(await focused(), "Add a rule");
	await tabTo("Move up: any method /third");
	await page.keyboard.press("Enter");
	deepEqual(await patternsShown(page), ["/first", "/third", "/second"]);
	equal(await focused(), "Move up: any method /third");
	await page.keyboard.press("Enter");
	deepEqual(await patternsShown(page), ["/third", "/first", "/second"]);
	equal(await focused(), "Move down: any method /third", "up is switched off at the top, so the focus goes to the next");
	await page.keyboard.press("Shift+Tab");
	for (let steps = 0; steps < 60 && (await focused()) !== "Save these rules"; steps += 1) await page.keyboard.press("Shift+Tab");
	await page.keyboard.press("Enter");
	await page.getByText("The rules are saved: 3 in all.").waitFor();
	equal(await focused(), "Add a rule");
	equal((await savedRules())[0]?.pattern, "/third");
	await page.close();
});

test("hostile text is shown as text everywhere in the area", async () => {
	await setRules([{ pattern: "/a/*", note: HOSTILE }]);
	const { id } = await makeTenant(dashboard.server, { name: HOSTILE });
	const page = await open("/operator/forward-auth");
	await page.getByText(HOSTILE).waitFor();
	await tryRequest(page, "GET", `/a/${encodeURIComponent(HOSTILE)}`);
	await page.getByRole("region", { name: "What would this request get?" }).getByLabel("Path").fill(HOSTILE);
	await page.getByRole("button", { name: "Test this request" }).click();
	await waitUntilLoaded(page);
	await page.getByRole("link", { name: "Tenants" }).click();
	await page.locator(`[data-tenant="${id}"]`).getByRole("button", { name: HOSTILE }).click();
	await page.getByRole("link", { name: "Open as its people see it" }).click();
	await page.waitForURL("**/settings/api-access?**");
	await waitUntilLoaded(page);
	assertNoPageErrors(olivia);
	await assertCount(page.locator("img[src=x]"), 0);
	await page.close();
});

test("a member who is no operator sees no link to the area, and its URL explains why", async () => {
	const { context, page } = await memberIn(browser, dashboard.server, VERA, { tenant_id: "demo", role: "owner" });
	await page.goto(`${dashboard.url}/settings/api-access?tenant=demo`);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await waitUntilLoaded(page);
	await assertCount(page.getByRole("combobox", { name: "Operator or tenant" }), 0);
	await assertCount(page.locator(".kw-operator-edge"), 0);
	for (const path of ["/operator", "/operator/forward-auth", "/operator/people"]) {
		await page.goto(`${dashboard.url}${path}`);
		await page.getByRole("heading", { name: "This part is for operators" }).waitFor();
		await page.getByText(VERA.email).waitFor();
	}
	const asked = await context.request.get(`${dashboard.url}${RULES}`);
	equal(asked.status(), 403);
	await picture(page, "operator-no-operator");
	await axe(page);
	await page.getByRole("button", { name: "Go to Demo" }).click();
	await page.waitForURL("**/settings/api-access?**");
	assertNoPageErrors(context);
	await context.close();
});

test("an operator opens a tenant without being a member and returns, and the frame shows the operator role", async () => {
	const { id, name } = await makeTenant(dashboard.server, { plan_id: "team" });
	const page = await open("/operator/tenants");
	await page.getByRole("button", { name, exact: true }).click();
	await page.getByRole("link", { name: "Open as its people see it" }).click();
	await page.getByRole("heading", { name: "API Access", level: 1 }).waitFor();
	await waitUntilLoaded(page);
	await eventually(async () => ok(await page.locator(".kw-operator-edge").isVisible()));
	await page.getByRole("button", { name: /Olivia Owner, Operator/ }).waitFor();
	await picture(page, "operator-in-a-tenant");
	await eventually(async () => equal(await page.getByRole("combobox", { name: "Operator or tenant" }).inputValue(), name));
	await page.getByRole("combobox", { name: "Operator or tenant" }).click();
	await page.getByRole("option", { name: "Demo", exact: true }).click();
	await page.waitForURL("**/settings/api-access?tenant=demo");
	await waitUntilLoaded(page);
	await assertCount(page.locator(".kw-operator-edge"), 0, "an owner is in their own tenant as its owner");
	await page.getByRole("combobox", { name: "Operator or tenant" }).click();
	await page.getByRole("option", { name: "Operator", exact: true }).click();
	await page.waitForURL("**/operator/tenants");
	await page.goto(`${dashboard.url}/settings/api-access?tenant=t-nobody`);
	await page.getByRole("heading", { name: "You are not a member of this team" }).waitFor();
	ok(id !== "");
	await page.close();
});

test("an operator invites another, who accepts by link, and removes them, after the dialog has listed what ends; the removed one loses access at once", async () => {
	const { context, page: theirs } = await memberIn(browser, dashboard.server, ADAM, { tenant_id: "demo", role: "viewer" });
	const page = await open("/operator/people");
	await page.getByRole("button", { name: "Invite an operator" }).click();
	const dialog = page.getByRole("dialog", { name: "Invite an operator" });
	await dialog.getByLabel("E-mail address").fill("not an address");
	await dialog.getByRole("button", { name: "Invite this operator" }).click();
	await dialog.getByText("Write the whole address").waitFor();
	await dialog.getByLabel("E-mail address").fill(ADAM.email);
	await dialog.getByRole("button", { name: "Invite this operator" }).click();
	const link = await dialog.getByLabel("Link of the invitation").inputValue();
	await dialog.getByRole("button", { name: "Done" }).click();
	await page.locator(`[data-invited="${ADAM.email}"]`).waitFor();
	await picture(page, "operator-people");
	await theirs.goto(link);
	await theirs.getByRole("heading", { name: "Become an operator" }).waitFor();
	await picture(theirs, "operator-join");
	await axe(theirs);
	await theirs.getByRole("button", { name: "I have an account already" }).click();
	await theirs.getByLabel("Your password", { exact: true }).fill(ADAM.password);
	await theirs.getByRole("button", { name: "Join" }).click();
	await theirs.getByRole("combobox", { name: "Operator or tenant" }).waitFor();
	await page.reload();
	await page.locator(`[data-operator="${ADAM.email}"]`).waitFor();
	equal(await page.locator(`[data-invited="${ADAM.email}"]`).count(), 0);
	const portal = `${dashboard.url}/api/v1/operator/tenants/demo/portal-sessions`;
	const data = { external_user_id: "paula", name: "Paula Portal", role: "viewer" };
	equal((await theirs.request.post(portal, { data, headers: { origin: dashboard.url } })).status(), 201);
	await page.getByRole("button", { name: `Remove ${ADAM.name}` }).click();
	await page.getByText("The portal link for Paula Portal in demo").waitFor();
	await picture(page, "operator-remove");
	await axe(page);
	await page.getByRole("button", { name: "Remove this operator" }).click();
	await page.locator(`[data-operator="${ADAM.email}"]`).waitFor({ state: "detached" });
	await theirs.goto(`${dashboard.url}/operator/forward-auth`);
	await theirs.getByRole("heading", { name: "This part is for operators" }).waitFor();
	await context.close();
	await page.close();
});

test("a format of imported keys is added with its import command, and can be deleted while it has no keys", async () => {
	const page = await open("/operator/legacy-formats");
	await page.getByRole("heading", { name: "No keys from elsewhere" }).waitFor();
	await picture(page, "operator-legacy-empty");
	await axe(page);
	await page.getByRole("button", { name: "Add a format" }).click();
	const dialog = page.getByRole("dialog", { name: "Add a format" });
	await dialog.getByLabel("Name").fill("old-system");
	await dialog.getByLabel("Prefix", { exact: true }).fill("kw_prod_");
	await dialog.getByRole("button", { name: "Add this format" }).click();
	await dialog
		.getByText(/begins with kw_prod_/)
		.first()
		.waitFor();
	await dialog.getByLabel("Prefix", { exact: true }).fill("sk_live_");
	await axe(page);
	await dialog.getByRole("button", { name: "Add this format" }).click();
	await page.locator('[data-format="old-system"]').waitFor();
	await eventually(async () => match(await page.locator('[data-format="old-system"]').innerText(), /sk_live_, then 32 characters/));
	await eventually(async () => match(await page.locator("[data-command]").innerText(), /^npx --no keywright-server import .*--format old-system/));
	await dialog.waitFor({ state: "detached" });
	await picture(page, "operator-legacy");
	await page.getByRole("button", { name: "Delete the format old-system" }).click();
	await page.getByRole("button", { name: "Delete this format" }).click();
	await page.getByRole("heading", { name: "No keys from elsewhere" }).waitFor();
	await page.close();
});

test("an empty catalogue explains itself; entries are described and moved, and one in use cannot be deleted", async () => {
	const { server } = dashboard;
	const page = await open("/operator/catalogue");
	await page.getByRole("heading", { name: "Nothing of your own API yet" }).waitFor();
	await page.locator('[data-capability="m2m_api"]').getByText("Comes with Keywright").waitFor();
	await assertCount(page.getByRole("button", { name: /^Delete|^Edit/ }), 0);
	await picture(page, "operator-catalogue-empty");
	await axe(page);

	await page.getByRole("button", { name: "Add a capability" }).click();
	const capability = page.getByRole("dialog", { name: "Add a capability" });
	await capability.getByRole("button", { name: "Add this capability" }).click();
	await capability.getByText("Begin with a small letter").waitFor();
	await capability.getByLabel("Name").fill("stamps");
	await capability.getByLabel("What people read").fill("Stamps: buy and print stamps");
	await capability.getByText("On the plan page: Stamps, Buy and print stamps").waitFor();
	await picture(page, "operator-catalogue-capability");
	await page.keyboard.press("Enter");
	await capability.waitFor({ state: "detached" });
	const group = page.locator('[data-capability="stamps"]');
	await group.getByText("It has no permissions").waitFor();
	await group.getByText("No plan includes it").waitFor();

	await page.getByRole("button", { name: "Add a permission" }).click();
	const permission = page.getByRole("dialog", { name: "Add a permission" });
	await permission.getByLabel("Name").fill("documents:read");
	await permission.getByRole("button", { name: "Add this permission" }).click();
	await permission.getByText("There is a permission of this name already").waitFor();
	await permission.getByLabel("Name").fill("stamps:buy");
	await permission.getByLabel("What people read").fill(HOSTILE);
	await permission.getByText(`People who create a key read: ${HOSTILE}`).waitFor();
	await permission.getByRole("combobox", { name: "Capability" }).click();
	await page.getByRole("option", { name: "Stamps (stamps)" }).click();
	await axe(page);
	await permission.getByRole("button", { name: "Add this permission" }).click();
	await permission.waitFor({ state: "detached" });
	const row = group.locator('[data-permission="stamps:buy"]');
	await row.getByText(HOSTILE).waitFor();

	await page.getByRole("button", { name: "Edit the permission stamps:buy" }).click();
	const edit = page.getByRole("dialog", { name: "Edit a permission" });
	await edit.getByLabel("What people read").fill("Buy stamps");
	await edit.getByRole("combobox", { name: "Capability" }).click();
	await page.getByRole("option", { name: "Documents (documents)" }).click();
	await edit.getByText("are refused it from the next request on").waitFor();
	await edit.getByRole("combobox", { name: "Capability" }).click();
	await page.getByRole("option", { name: "Stamps (stamps)" }).click();
	await edit.getByRole("button", { name: "Save this permission" }).click();
	await row.getByText("Buy stamps", { exact: true }).waitFor();
	await edit.waitFor({ state: "detached" });

	const plan_id = await makePlan(server, { name: "Post", capabilities: ["m2m_api", "stamps"] });
	const tenant = await makeTenant(server, { plan_id });
	const key = await makeKey(server, tenant.id, { permissions: ["stamps:buy"] });
	const others = Array.from({ length: 12 }, (_, index) => `stamps:count_${10 + index}`);
	for (const name of others)
		expectStatus(await server.operator("PUT", `/permissions/${name}`, { description: `Count stamps as ${name}`, capability: "stamps" }), 200);
	await page.reload();
	await row.waitFor();
	await assertCount(group.locator("[data-permission]"), 8);
	await group.getByRole("button", { name: "Show all 13 permissions" }).click();
	await assertCount(group.locator("[data-permission]"), 13);
	await page.getByRole("searchbox", { name: "Search the catalogue" }).fill("COUNT_21");
	await assertCount(page.locator("[data-permission]"), 1);
	await axe(page);
	await page.getByRole("searchbox").fill("nothing like this");
	await page.getByText("No permission and no capability matches.").waitFor();
	await page.getByRole("searchbox").fill("");
	for (const name of others) expectStatus(await server.operator("DELETE", `/permissions/${name}`), 204);
	await page.reload();
	await row.waitFor();
	await group.getByText("Included in the plan Post").waitFor();
	await page.getByRole("button", { name: "Delete the permission stamps:buy" }).click();
	const asked = page.getByRole("dialog");
	await asked.locator("[data-uses] li").nth(1).waitFor();
	await eventually(async () =>
		deepEqual(await asked.locator("[data-uses] li").allInnerTexts(), [
			`1 key of 1 tenant has it: ${tenant.name} (1)`,
			"New keys on the plan Post can have it",
		]),
	);
	await eventually(async () => equal(await asked.getByRole("button", { name: "Delete this permission" }).isDisabled(), true));
	await picture(page, "operator-catalogue-in-use");
	await axe(page);
	await asked.getByRole("button", { name: "Keep this permission" }).click();
	await asked.waitFor({ state: "detached" });
	await picture(page, "operator-catalogue");

	expectStatus(await server.management(tenant.id, "PATCH", `/api-keys/${key.id}`, { permissions: [] }), 200);
	await page.getByRole("button", { name: "Delete the permission stamps:buy" }).click();
	await asked.getByText("No key or rule uses it").waitFor();
	await asked.getByRole("button", { name: "Delete this permission" }).click();
	await row.waitFor({ state: "detached" });
	await asked.waitFor({ state: "detached" });
	await page.getByRole("button", { name: "Delete the capability stamps" }).click();
	await asked.getByText("It is included in the plan Post").waitFor();
	expectStatus(await server.operator("PUT", `/plans/${plan_id}`, { name: "Post", capabilities: ["m2m_api"] }), 200);
	await asked.getByRole("button", { name: "Keep this capability" }).click();
	await asked.waitFor({ state: "detached" });
	await page.getByRole("button", { name: "Delete the capability stamps" }).click();
	await asked.getByRole("button", { name: "Delete this capability" }).click();
	await page.getByRole("heading", { name: "Nothing of your own API yet" }).waitFor();
	assertNoPageErrors(olivia);
	await page.close();
});

test("on a phone nothing scrolls horizontally, and every action is available", async () => {
	await setRules([
		{
			pattern: "/tenants/:tenant_id/sites/:site_id/orders/:order_id/attachments/*",
			methods: ["GET", "POST", "PUT"],
			permissions: ["documents:read"],
		},
		{ pattern: "/b" },
	]);
	const context = await browser.person({ viewport: PHONE, storageState: await olivia.storageState() });
	for (const path of ["/operator/forward-auth", "/operator/people", "/operator/legacy-formats", "/operator/catalogue"]) {
		const page = await open(path, context);
		await assertNoSidewaysScrolling(page);
		await axe(page);
		if (path === "/operator/forward-auth") {
			await page.getByRole("button", { name: "Move up: any method /b" }).click();
			deepEqual((await patternsShown(page))[0], "/b");
			await page.getByRole("button", { name: "Edit: any method /b" }).click();
			await page.getByRole("dialog").getByLabel("Path").waitFor();
			await assertNoSidewaysScrolling(page);
		}
		await page.close();
	}
	assertNoPageErrors(context, olivia);
	await context.close();
});
