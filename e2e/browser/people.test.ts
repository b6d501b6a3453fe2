/** Joining, signing in and out, the team, portal links, and attacks on them, in real browsers on a real server. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { makeOneTimeToken } from "../../server/src/core/one-time-token.ts";
import { getPort, type MailTrap, mailTrap } from "../../server/testing/mail-trap.ts";
import { Database } from "../database.ts";
import { makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Credentials,
	type Dashboard,
	eventually,
	inviteTo,
	joinBy,
	memberIn,
	OLIVIA,
	openBrowser,
	PHONE,
	picture,
	portalLink,
	signIn,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

const NEW_PASSWORD = "three other wooden spoons";
const HOSTILE_NAME = `<img src=x onerror=alert(1)>\u05D8\u05E7\u05E1\u05D8 "'&`;
const LONG_NAME = "W".repeat(200);
const API_ACCESS = /\/settings\/api-access\?tenant=/;

let dashboard: Dashboard;
let browser: TestBrowser;
let mails: MailTrap;
let made = 0;

before(async () => {
	mails = await mailTrap();
	dashboard = await startDashboard({
		env: { KEYWRIGHT_SMTP_URL: `smtp://127.0.0.1:${mails.port}`, KEYWRIGHT_MAIL_FROM: "Keywright <no-reply@example.com>" },
	});
	browser = await openBrowser();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
	await mails?.close();
});

/** Credentials of a new person. */
function newPerson(name = "Sam Sample"): Credentials {
	made += 1;
	return { name, email: `person-${made}@example.com`, password: "a lamp, a boat, a fork" };
}

async function newTenant(fields: Record<string, unknown> = {}): Promise<string> {
	return (await makeTenant(dashboard.server, fields)).id;
}

function heading(page: Page, name: string | RegExp): Promise<void> {
	return page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Waits for a mail to `address` and returns the text of the last one. */
async function mailTo(address: string): Promise<string> {
	for (let waited = 0; waited < 200; waited += 1) {
		const found = mails.mails.findLast(({ to }) => to.includes(address));
		if (found) return found.text;
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	throw new Error(`no mail came to ${address}`);
}

/** Presses Tab until the focused element has this accessible name. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
	for (let presses = 0; presses < 40; presses += 1) {
		const focused = page.locator(":focus");
		if (await focused.count()) {
			const text = await focused.evaluate((element) => {
				const { ariaLabel, textContent, labels } = element as unknown as {
					ariaLabel: string | null;
					textContent: string;
					labels?: { textContent: string }[];
				};
				return ariaLabel ?? labels?.[0]?.textContent ?? textContent;
			});
			if (name.test(text)) return;
		}
		await page.keyboard.press("Tab");
	}
	throw new Error(`the keyboard does not reach ${name}`);
}

async function inDatabase(statement: string, values: unknown[]): Promise<void> {
	const database = await Database.open(dashboard.server.data_dir);
	await database.rows(statement, values);
	await database.close();
}

/** The sign-in link that is mailed when failed attempts of others lock an account. */
async function signInLink(email: string): Promise<string> {
	const { text, digest } = makeOneTimeToken("kwl");
	const columns = "token_digest, purpose, person_id, email, expires_at";
	const values = "$1, 'sign_in', id, email, now() + interval '15 minutes'";
	await inDatabase(`insert into sign_in_links (${columns}) select ${values} from people where email = $2`, [digest, email]);
	return `${dashboard.url}/sign-in-link#${text}`;
}

function tenantIn(page: Page): string {
	return new URL(page.url()).searchParams.get("tenant") ?? "";
}

test("the first owner gets from the printed link to API Access by keyboard alone", async () => {
	const context = await browser.person();
	const page = await context.newPage();
	await page.goto(dashboard.join_url);
	await heading(page, "Join Demo");
	await picture(page, "join");
	await tabTo(page, /^Your name/);
	await page.keyboard.type(OLIVIA.name);
	await page.keyboard.press("Tab");
	await page.keyboard.type(OLIVIA.email);
	await page.keyboard.press("Tab");
	await page.keyboard.type("short");
	await page.getByText("5 more characters.").waitFor();
	await page.keyboard.press("Enter");
	await page.getByText("A password has at least 10 characters.").waitFor();
	await axe(page);
	await page.keyboard.press("ControlOrMeta+A");
	await page.keyboard.type(OLIVIA.password);
	await page.getByText("Strong.").waitFor();
	await page.keyboard.press("Enter");
	await page.waitForURL(API_ACCESS);
	await heading(page, "API Access");
	ok(!page.url().includes("kwi_"), "the link's token is not in the address any more");
	await page.getByText("Dana Demo", { exact: true }).first().waitFor();
	await assertCount(page.getByText("You", { exact: true }), 0, "the demo key's responsible person is one, with a name");
	await page.goBack();
	ok(!page.url().includes("kwi_"), "nor in the history");
	assertNoPageErrors(context);
	await context.close();
});

test("the page of a used link says what to do", async () => {
	const context = await browser.person();
	const page = await context.newPage();
	for (const path of [new URL(dashboard.join_url).hash, "#kwi_short", ""]) {
		await page.goto("about:blank");
		await page.goto(`${dashboard.url}/join${path}`);
		await heading(page, "This invitation does not work");
	}
	assertNoPageErrors(context);
	await context.close();
});

test("a failed sign-in does not disclose which field is wrong; a successful one leads to the requested page", async () => {
	const context = await browser.person();
	const page = await context.newPage();
	await page.goto(`${dashboard.url}/team?tenant=demo`);
	await heading(page, "Sign in");
	await picture(page, "sign-in");
	const alerts: string[] = [];
	for (const [email, password] of [
		[OLIVIA.email, "not the right one"],
		["nobody@example.com", "not the right one"],
	] as const) {
		await page.getByLabel("E-mail address").fill(email);
		await page.getByLabel("Password", { exact: true }).fill(password);
		const answered = page.waitForResponse("**/api/auth/sign-in/email");
		await page.getByRole("button", { name: "Sign in" }).click();
		await answered;
		alerts.push(await page.getByRole("alert").innerText());
	}
	equal(alerts[0], alerts[1]);
	match(alerts[0] ?? "", /is incorrect/);
	await axe(page);
	await page.getByLabel("E-mail address").fill(OLIVIA.email.toUpperCase());
	await page.getByLabel("Password", { exact: true }).fill(OLIVIA.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await heading(page, "Team");
	await page.goto(`${dashboard.url}/sign-in`);
	await heading(page, "API Access");
	assertNoPageErrors(context);
	await context.close();
});

test("the redirect after sign-in never leads to another site", async () => {
	const context = await browser.person();
	const page = await context.newPage();
	for (const back of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]) {
		await context.clearCookies();
		await page.goto(`${dashboard.url}/sign-in?back=${encodeURIComponent(back)}`);
		await page.getByLabel("E-mail address").fill(OLIVIA.email);
		await page.getByLabel("Password", { exact: true }).fill(OLIVIA.password);
		await page.getByRole("button", { name: "Sign in" }).click();
		await heading(page, "API Access");
		equal(new URL(page.url()).origin, dashboard.url);
	}
	assertNoPageErrors(context);
	await context.close();
});

test("a mailed link resets a forgotten password once and ends all sessions", async () => {
	const tenant_id = await newTenant();
	const who = newPerson("Fran Forgetful");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "viewer" });
	const other = await browser.person();
	const asking = await other.newPage();
	await asking.goto(`${dashboard.url}/sign-in`);
	await asking.getByRole("link", { name: "Forgotten your password?" }).click();
	await heading(asking, "Set a new password");
	await picture(asking, "forgot-password");
	await asking.getByLabel("E-mail address").fill(who.email);
	await asking.getByRole("button", { name: "Send me a link" }).click();
	await heading(asking, "Look into your mail");
	await axe(asking);
	const link = /http\S+\/reset-password#\S+/.exec(await mailTo(who.email))?.[0] ?? "";
	await asking.goto(link);
	await asking.getByLabel("New password").fill(NEW_PASSWORD);
	await picture(asking, "reset-password");
	await axe(asking);
	await asking.getByRole("button", { name: "Set this password" }).click();
	await asking.getByText("Your new password is set").waitFor();
	await signIn(asking, dashboard.url, { email: who.email, password: NEW_PASSWORD });

	await asking.goto("about:blank");
	await asking.goto(link);
	await asking.getByLabel("New password").fill(`${NEW_PASSWORD} again`);
	await asking.getByRole("button", { name: "Set this password" }).click();
	await heading(asking, "This link does not work any more");
	await page.goto(`${dashboard.url}/team`);
	await heading(page, "Sign in");
	assertNoPageErrors(context, other);
	await context.close();
	await other.close();
});

test("a sign-in link works once, and a used, expired or truncated one says what to do instead", async () => {
	const tenant_id = await newTenant();
	const who = newPerson("Lina Locked-Out");
	await (await memberIn(browser, dashboard.server, who, { tenant_id, role: "viewer" })).context.close();
	const context = await browser.person();
	const page = await context.newPage();
	const link = await signInLink(who.email);
	await page.goto(link);
	await heading(page, "Sign in");
	await page.getByText("This link signs you in, once.").waitFor();
	await picture(page, "sign-in-link");
	await page.getByRole("button", { name: "Sign in by this link" }).click();
	await page.waitForURL(API_ACCESS);

	const late = newPerson("Lia Late");
	await (await memberIn(browser, dashboard.server, late, { tenant_id, role: "viewer" })).context.close();
	const expired = await signInLink(late.email);
	await inDatabase("update sign_in_links set expires_at = now() - interval '1 second' where email = $1", [late.email]);
	for (const [dead, name] of [
		[link, "sign-in-link-used"],
		[expired, "sign-in-link-expired"],
		[`${dashboard.url}/sign-in-link#kwl_short`, "sign-in-link-cut"],
	] as const) {
		await page.goto("about:blank");
		await page.goto(dead);
		await page.getByRole("button", { name: "Sign in by this link" }).click();
		await heading(page, "This link does not work any more");
		await page.getByRole("link", { name: "Sign in with your password" }).waitFor();
		await picture(page, name);
	}
	await page.getByRole("link", { name: "Set a new password" }).click();
	await heading(page, "Set a new password");
	assertNoPageErrors(context);
	await context.close();
});

test("an invitation is mailed, accepted in another browser, and creates a viewer with read access", async () => {
	const tenant_id = await newTenant();
	const { context: owners, page } = await memberIn(browser, dashboard.server, newPerson("Olga Owner"), { tenant_id, role: "owner" });
	await page.goto(`${dashboard.url}/team?tenant=${tenant_id}`);
	await page.getByRole("button", { name: "Invite a person" }).click();
	const dialog = page.getByRole("dialog");
	await picture(page, "team-invite");
	await dialog.getByLabel("Their e-mail address").fill("not an address");
	await dialog.getByRole("button", { name: "Send the invitation" }).click();
	await dialog.getByText("Write the whole address").waitFor();
	const vera = newPerson("Vera Viewer");
	await dialog.getByLabel("Their e-mail address").fill(vera.email);
	await dialog.getByRole("radio", { name: /^Viewer/ }).click();
	await dialog.getByRole("button", { name: "Send the invitation" }).click();
	await dialog.getByText("A mail is on its way").waitFor();
	await picture(page, "team-invited");
	await axe(page);
	const link = await dialog.getByLabel("Link of the invitation").inputValue();
	const mailed = /http\S+\/join#\S+/.exec(await mailTo(vera.email))?.[0] ?? "";
	ok(mailed !== "" && mailed !== link, "the mail has a link of its own, which proves the address");
	await dialog.getByRole("button", { name: "Copy link" }).click();
	equal(await page.evaluate("navigator.clipboard.readText()"), link);
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	equal(await page.getByRole("button", { name: "Invite a person" }).evaluate((button) => button.matches(":focus")), true);
	await page.getByText(vera.email).waitFor();
	ok(!(await page.content()).includes(link), "the link is shown once");

	const hers = await browser.person();
	const there = await hers.newPage();
	await there.goto(mailed);
	await heading(there, /^Join /);
	await eventually(async () => equal(await there.getByLabel("E-mail address").inputValue(), vera.email));
	await there.getByLabel("Your name").fill(vera.name);
	await there.getByLabel("Password", { exact: true }).fill(vera.password);
	await there.getByRole("button", { name: "Join" }).click();
	await there.waitForURL(API_ACCESS);
	equal(tenantIn(there), tenant_id);
	await there.goto(`${dashboard.url}/team`);
	await there.getByText("Only an owner can change the team").waitFor();
	await there.getByText("Olga Owner").first().waitFor();
	await assertCount(there.getByRole("button", { name: /Invite|Remove/ }), 0);
	await assertCount(there.getByRole("heading", { name: "Invitations" }), 0);
	await picture(there, "team-viewer");
	await axe(there);
	await there.goto(`${dashboard.url}/settings`);
	await heading(there, "Settings");
	await axe(there);
	assertNoPageErrors(owners, hers);
	await owners.close();
	await hers.close();
});

test("a person with an account joins with their password, also by a link without an email address", async () => {
	const [first, second, third] = [await newTenant(), await newTenant(), await newTenant()];
	const who = newPerson("Mary Many");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id: first, role: "admin" });
	await page.goto(await inviteTo(dashboard.server, second, "viewer", who.email));
	await page.getByRole("button", { name: "I have an account already" }).click();
	await axe(page);
	await page.getByLabel("Your password", { exact: true }).fill("not the right one");
	await page.getByRole("button", { name: "Join" }).click();
	await page.getByText("This is not the password of an account").waitFor();
	await page.getByLabel("Your password", { exact: true }).fill(who.password);
	await page.getByRole("button", { name: "Join" }).click();
	await page.waitForURL(API_ACCESS);
	equal(tenantIn(page), second);

	await page.goto(await inviteTo(dashboard.server, third, "owner"));
	await page.getByRole("button", { name: "I have an account already" }).click();
	await page.getByLabel("E-mail address").fill(who.email);
	await page.getByLabel("Your password", { exact: true }).fill(who.password);
	await page.getByRole("button", { name: "Join" }).click();
	await page.waitForURL(API_ACCESS);
	equal(tenantIn(page), third);

	await page.goto(`${dashboard.url}/settings`);
	await heading(page, "Settings");
	equal(tenantIn(page), third);
	const switcher = page.getByRole("combobox", { name: "Tenant" });
	await switcher.click();
	await page.getByRole("option", { name: `Tenant ${first}` }).click();
	await page.waitForURL(`**/settings/api-access?tenant=${first}`);
	await page.getByRole("navigation").first().getByRole("link", { name: "Settings" }).click();
	await page.getByText("Your role").waitFor();
	await page.locator("dd", { hasText: /^Admin$/ }).waitFor();
	await page.goto(`${dashboard.url}/settings`);
	await heading(page, "Settings");
	equal(tenantIn(page), first);
	assertNoPageErrors(context);
	await context.close();
});

/** Creates a key as the person who is signed in in the context. */
async function hisKey(context: BrowserContext, tenant_id: string, fields: Record<string, unknown>): Promise<void> {
	const data = { environment: "prod", owner: "Adam", ...fields };
	const answer = await context.request.post(`${dashboard.url}/api/v1/tenants/${tenant_id}/api-keys`, { data, headers: { origin: dashboard.url } });
	equal(answer.status(), 201, await answer.text());
}

test("a demotion or removal has a preview of what ends; it applies to the member's next request, and their page says so", async () => {
	const tenant_id = await newTenant();
	const elsewhere = await newTenant();
	const { context: owners, page: owner } = await memberIn(browser, dashboard.server, newPerson("Olga Owner"), { tenant_id, role: "owner" });
	const adam = newPerson("Adam Second-Owner");
	const { context: his, page } = await memberIn(browser, dashboard.server, adam, { tenant_id, role: "owner" });
	await page.goto(`${dashboard.url}/team`);
	await page.getByRole("button", { name: "Invite a person" }).click();

	await hisKey(his, tenant_id, { name: "prod-seen-by-adam" });
	await hisKey(his, tenant_id, { name: "prod-on-its-way", handover: {} });
	const invited = await his.request.post(`${dashboard.url}/api/v1/tenants/${tenant_id}/invitations`, {
		data: { role: "viewer" },
		headers: { origin: dashboard.url },
	});
	equal(invited.status(), 201, await invited.text());
	await owner.goto(`${dashboard.url}/team`);
	await owner.getByRole("button", { name: `Remove ${adam.name}` }).click();
	const removing = owner.getByRole("dialog");
	await removing.getByText("The one-time link to the key prod-on-its-way").waitFor();
	const replace = removing.getByRole("link", { name: "Replace prod-seen-by-adam" });
	match((await replace.getAttribute("href")) ?? "", /\/settings\/api-access\/key_[^?]+\?.*dialog=replace/);
	await assertCount(removing.getByRole("link", { name: "Replace prod-on-its-way" }), 0);
	await axe(owner);
	await picture(owner, "team-remove");
	await owner.getByRole("button", { name: "Keep on the team" }).click();

	const roleOf = owner.getByRole("combobox", { name: `Role of ${adam.name}` });
	const demoting = owner.getByRole("dialog", { name: "Give this person a lesser role?" });
	await roleOf.click();
	await owner.getByRole("option", { name: /^Admin/ }).click();
	await demoting.getByText("An invitation without an address").waitFor();
	await assertCount(demoting.getByText("prod-on-its-way"), 0);
	await demoting.getByRole("button", { name: "Keep as an owner" }).click();
	await demoting.waitFor({ state: "detached" });
	equal(await roleOf.inputValue(), "Owner");
	await roleOf.click();
	await owner.getByRole("option", { name: /^Viewer/ }).click();
	await demoting.getByText("The one-time link to the key prod-on-its-way").waitFor();
	await demoting.getByText("An invitation without an address").waitFor();
	await demoting.getByRole("link", { name: "Replace prod-seen-by-adam" }).waitFor();
	await axe(owner);
	await picture(owner, "team-demote");
	await demoting.getByRole("button", { name: "Make a viewer" }).click();
	await owner.getByText(`${adam.name} is a viewer now.`).waitFor();
	await picture(owner, "team-owner");

	await page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click();
	await page.getByRole("alert").filter({ hasText: /role/i }).first().waitFor();
	await page.keyboard.press("Escape");
	await page.getByText("Only an owner can change the team").waitFor();
	await assertCount(page.getByRole("button", { name: "Invite a person" }), 0);

	await owner.getByRole("button", { name: `Remove ${adam.name}` }).click();
	await removing.getByRole("link", { name: "Replace prod-seen-by-adam" }).waitFor();
	await assertCount(removing.getByText("The one-time link to the key prod-on-its-way"), 0);
	await owner.getByRole("button", { name: "Remove from the team" }).click();
	await owner.getByText(`${adam.name} is no longer on the team.`).waitFor();
	// The page reads the team every few seconds, so it says so by itself.
	await heading(page, "You are not a member of any team here");
	await axe(page);
	await joinBy(his, await inviteTo(dashboard.server, elsewhere, "viewer", adam.email), adam, false);
	await page.goto(`${dashboard.url}/team?tenant=${tenant_id}`);
	await heading(page, "You are not a member of this team");
	await picture(page, "no-tenant");
	await page.getByRole("button", { name: `Go to Tenant ${elsewhere}` }).click();
	await heading(page, "API Access");
	assertNoPageErrors(owners, his);
	await owners.close();
	await his.close();
});

test("the last owner cannot leave; with a second one an owner can step down and leave", async () => {
	const tenant_id = await newTenant();
	const { context, page } = await memberIn(browser, dashboard.server, newPerson("Olga Owner"), { tenant_id, role: "owner" });
	await page.goto(`${dashboard.url}/team`);
	await page.getByText("The team needs an owner.").waitFor();
	await eventually(async () => equal(await page.getByRole("button", { name: "Leave the team" }).isDisabled(), true));
	const second = await browser.person();
	await joinBy(second, await inviteTo(dashboard.server, tenant_id, "owner"), newPerson("Otto Owner"));
	await page.reload();
	await page.getByRole("combobox", { name: "Role of Olga Owner" }).click();
	await page.getByRole("option", { name: /^Admin/ }).click();
	await page.getByRole("dialog").getByText("You cannot take that back yourself").waitFor();
	await axe(page);
	await page.getByRole("button", { name: "Become an admin" }).click();
	await page.getByText("Only an owner can change the team").waitFor();
	await page.getByRole("button", { name: "Leave the team" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Leave the team" }).click();
	await heading(page, "You are not a member of any team here");
	assertNoPageErrors(context);
	await context.close();
	await second.close();
});

test("the responsible person is mailed a link when their key is due, reveals the new key by it, and the page says who began and for whom", async () => {
	const tenant_id = await newTenant();
	const olga = newPerson("Olga Owner");
	const { context, page } = await memberIn(browser, dashboard.server, olga, { tenant_id, role: "owner" });
	await inDatabase("update people set email_verified = true where email = $1", [olga.email]);
	const { id } = await makeKey(dashboard.server, tenant_id, { name: "prod-scheduled", owner: olga.name, rotate_every_days: 30 });
	await page.goto(`${dashboard.url}/settings/api-access/${id}/settings?tenant=${tenant_id}`);
	await page.getByText("a person replaces the key").waitFor();
	await page.getByRole("button", { name: "Edit", exact: true }).click();
	const sheet = page.getByRole("dialog", { name: "Edit this key" });
	await sheet.getByLabel("When it is due").first().click();
	await page.getByRole("option", { name: "Send the responsible person a link" }).click();
	await sheet.getByRole("button", { name: "Save changes" }).click();
	await sheet.getByText("handover needs a responsible person who is a member").waitFor();
	await picture(page, "schedule-edit");
	await sheet.getByLabel("Who is responsible?").fill("Olga");
	await page.getByRole("option", { name: olga.name }).click();
	await sheet.getByRole("button", { name: "Save changes" }).click();
	await sheet.waitFor({ state: "detached" });
	await page.getByText("is mailed a link that shows the new key once").waitFor();
	await inDatabase("update keys set rotation_due_at = now() where id = $1", [id]);
	const subject = "prod-scheduled is due to be replaced: reveal its new key";
	const link = () => /http\S+\/reveal#\S+/.exec(mails.mails.find(({ headers }) => headers.get("subject") === subject)?.text ?? "")?.[0] ?? "";
	// The schedule is looked at every ten seconds.
	for (let waited = 0; link() === "" && waited < 2_400; waited += 1) await new Promise((resolve) => setTimeout(resolve, 25));
	await page.getByRole("link", { name: "Overview" }).click();
	await page.getByRole("link", { name: "See who has moved" }).click();
	await page.getByText(`Begun by schedule, with a link for ${olga.email}.`).waitFor();
	await picture(page, "schedule-waiting");
	await page.goto(link());
	await page.getByLabel("Your name").fill(olga.name);
	await page.getByRole("button", { name: "Reveal the key" }).click();
	await page
		.getByText(/kw_prod_/)
		.first()
		.waitFor();
	assertNoPageErrors(context);
});

test("an invitation is sent again, shows that it expired, and a cancelled one is listed among the earlier ones and does not work", async () => {
	const tenant_id = await newTenant();
	const { context, page } = await memberIn(browser, dashboard.server, newPerson("Olga Owner"), { tenant_id, role: "owner" });
	const link = await inviteTo(dashboard.server, tenant_id, "admin");
	await page.goto(`${dashboard.url}/team`);
	const { email } = newPerson();
	await inviteTo(dashboard.server, tenant_id, "viewer", email);
	await page.getByRole("button", { name: `Invite again: ${email}` }).click();
	const again = page.getByRole("dialog", { name: "The invitation is ready" });
	await again.getByText("A mail is on its way").waitFor();
	await axe(page);
	await again.getByRole("button", { name: "Done" }).click();
	await inDatabase("update invitations set expires_at = now() - interval '1 hour' where email = $1", [email]);
	await page.getByText("Expired", { exact: true }).waitFor();
	await page.getByRole("button", { name: `Invite again: ${email}` }).waitFor();
	await picture(page, "team-invitations");
	await page.getByText(/joined .*, seen in the last hour/).waitFor();
	await page.getByRole("button", { name: "Cancel the invitation: Anyone with the link" }).click();
	await page.getByRole("button", { name: "Show earlier invitations (3)" }).click();
	await page.getByText("Cancelled", { exact: true }).first().waitFor();
	await page.getByText("Accepted", { exact: true }).waitFor();
	await axe(page);
	await page.goto(link);
	await heading(page, "This invitation does not work");
	assertNoPageErrors(context);
	await context.close();
});

test("an hour after sign-in an invitation requires the password, in a dialog above the invitation dialog", async () => {
	const tenant_id = await newTenant();
	const who = newPerson("Olga Owner");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" });
	const database = await Database.open(dashboard.server.data_dir);
	await database.rows(
		"update sign_in_sessions s set confirmed_at = now() - interval '61 minutes' from people p where p.id = s.person_id and p.email = $1 returning s.id",
		[who.email],
	);
	await database.close();
	await page.goto(`${dashboard.url}/team`);
	await page.getByRole("button", { name: "Invite a person" }).click();
	await page.getByRole("button", { name: "Make a link" }).click();
	const asked = page.getByRole("dialog", { name: "Is it still you?" });
	await asked.waitFor();
	await picture(page, "confirm");
	await axe(page);
	await page.keyboard.press("Escape");
	await asked.waitFor({ state: "detached" });
	await page.getByText("Nothing was changed", { exact: true }).waitFor();
	await page.getByRole("button", { name: "Make a link" }).click();
	await asked.getByLabel("Your password").fill("not the right one");
	await page.keyboard.press("Enter");
	await asked.getByText("This is not your password").waitFor();
	await asked.getByLabel("Your password").fill(who.password);
	await page.keyboard.press("Enter");
	await page.getByRole("dialog", { name: "The invitation is ready" }).waitFor();
	assertNoPageErrors(context);
	await context.close();
});

test("an unconfirmed portal owner sees why they cannot invite and is not asked for a password; an owner ends the session and a pending link", async () => {
	const tenant_id = await newTenant();
	const { server, url } = dashboard;
	const come = { external_user_id: "u-78", name: "Petra Portal", email: "petra@example.com", role: "owner" } as const;
	const visit = await browser.person();
	const anonymous = await visit.newPage();
	await anonymous.goto(await portalLink(server, tenant_id, come));
	await anonymous.waitForURL(API_ACCESS);
	const waiting = await portalLink(server, tenant_id, { external_user_id: "u-79", name: LONG_NAME, role: "viewer" });
	await anonymous.goto(`${url}/team`);
	await anonymous.getByRole("button", { name: "Invite a person" }).click();
	await anonymous.getByRole("button", { name: "Make a link" }).click();
	await anonymous.getByRole("alert").getByText("did not confirm your identity").waitFor();
	await assertCount(anonymous.getByRole("dialog"), 1);
	await picture(anonymous, "team-portal-refused");
	await axe(anonymous);

	const context = await browser.person();
	const page = await context.newPage();
	await joinBy(context, await inviteTo(server, tenant_id, "owner"), newPerson());
	await page.goto(`${url}/team?tenant=${tenant_id}`);
	const endVisit = page.getByRole("button", { name: "End the visit of Petra Portal" });
	await endVisit.waitFor();
	await picture(page, "team-portal");
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	await endVisit.click();
	await endVisit.waitFor({ state: "detached" });
	await page.getByRole("button", { name: `Cancel the link for ${LONG_NAME}` }).click();
	await page.getByRole("heading", { name: "Here by a link" }).waitFor({ state: "detached" });
	await anonymous.goto(`${url}/team`);
	await heading(anonymous, /Sign in|Your visit here is over/);
	await anonymous.goto(waiting);
	await heading(anonymous, "This link does not work any more");
	assertNoPageErrors(context, visit);
	await context.close();
	await visit.close();
});

test("a portal link works once, for its person and role, and a used one says what to do", async () => {
	const tenant_id = await newTenant();
	const link = await portalLink(dashboard.server, tenant_id, { external_user_id: "u-77", name: "Petra Portal", role: "owner", confirmed: true });
	const context = await browser.person();
	const page = await context.newPage();
	await page.goto(link);
	await page.waitForURL(API_ACCESS);
	await heading(page, "API Access");
	ok(!page.url().includes("kwp_"));
	await page.goto(`${dashboard.url}/settings`);
	await page.getByText("You came with a link from").waitFor();
	await assertCount(page.getByRole("heading", { name: "Password" }), 0);
	await picture(page, "settings-portal");
	await axe(page);
	await page.goto(`${dashboard.url}/team`);
	await page.getByRole("button", { name: "Invite a person" }).click();
	await page.getByRole("button", { name: "Make a link" }).click();
	await page.getByRole("dialog", { name: "The invitation is ready" }).waitFor();
	await page.getByRole("button", { name: "Done" }).click();

	const thief = await browser.person();
	const elsewhere = await thief.newPage();
	await elsewhere.goto(link);
	await heading(elsewhere, "This link does not work any more");
	await elsewhere.getByText("a new one is made each time that you open API Access from there").waitFor();
	await elsewhere.getByText(/^Go back to .*, where you are signed in, and open API Access from there again\.$/).waitFor();
	await picture(elsewhere, "portal-used");
	const late = await portalLink(dashboard.server, tenant_id, { external_user_id: "u-78", name: "Late Portal", role: "viewer" });
	await inDatabase("update portal_sessions set expires_at = now() - interval '1 second' where external_user_id = $1", ["u-78"]);
	await elsewhere.goto(late);
	await heading(elsewhere, "This link does not work any more");
	await elsewhere.getByText(/^Go back to /).waitFor();
	await page.getByRole("button", { name: /account menu/ }).click();
	await page.getByRole("menuitem", { name: "End this visit" }).click();
	await heading(page, "Your visit here is over");
	await page.goBack();
	await heading(page, /Sign in|Your visit here is over/);
	assertNoPageErrors(context, thief);
	await context.close();
	await thief.close();
});

test("after signing out neither Back nor Reload nor another tab shows any data", async () => {
	const tenant_id = await newTenant({ name: "Confidential GmbH" });
	const who = newPerson("Olga Owner");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" });
	await page.goto(`${dashboard.url}/team`);
	await page.getByText(who.email).waitFor();
	const tab = await context.newPage();
	await tab.goto(`${dashboard.url}/settings`);
	await heading(tab, "Settings");
	await page.getByRole("navigation").first().getByRole("link", { name: "Settings" }).click();
	await heading(page, "Settings");
	await page.getByRole("button", { name: "Sign out" }).click();
	await heading(page, "Sign in");
	for (const step of [() => page.goBack(), () => page.reload(), () => page.goBack()]) {
		await step();
		await waitUntilLoaded(page);
		const text = await page.locator("body").innerText();
		ok(!text.includes("Confidential") && !text.includes(who.email), text);
	}
	await tab.getByRole("navigation").first().getByRole("link", { name: "Team" }).click();
	await tab.getByText("Your session has ended").waitFor();
	await tab.getByLabel("E-mail address").fill(who.email);
	await tab.getByLabel("Password", { exact: true }).fill(who.password);
	await tab.getByRole("button", { name: "Sign in" }).click();
	await heading(tab, /Team|Settings/);
	assertNoPageErrors(context);
	await context.close();
});

test("a changed password keeps this session and ends the others", async () => {
	const tenant_id = await newTenant();
	const who = newPerson("Olga Owner");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" });
	const other = await browser.person();
	const elsewhere = await other.newPage();
	await signIn(elsewhere, dashboard.url, who);
	await page.goto(`${dashboard.url}/settings`);
	await page.getByRole("button", { name: "Sign out everywhere else" }).waitFor();
	await picture(page, "settings");
	await page.getByRole("button", { name: "Change password" }).click();
	await page.getByLabel("Password that you have now", { exact: true }).and(page.locator(":focus")).fill("not the right one");
	await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
	await page.getByRole("button", { name: "Change password" }).click();
	await page.getByText("This is not your password. Nothing was changed.").waitFor();
	await axe(page);
	await page.getByLabel("Password that you have now", { exact: true }).fill(who.password);
	await page.getByRole("button", { name: "Change password" }).click();
	await page.getByText("Your password is changed").waitFor();
	await page.getByRole("button", { name: "Change password" }).and(page.locator(":focus")).waitFor();
	await page.reload();
	await heading(page, "Settings");
	await elsewhere.reload();
	await heading(elsewhere, "Sign in");
	await signIn(elsewhere, dashboard.url, { email: who.email, password: NEW_PASSWORD });
	assertNoPageErrors(context, other);
	await context.close();
	await other.close();
});

test("a person ends their other sessions, changes their name, and their address by a link that is mailed to the new one", async () => {
	const tenant_id = await newTenant();
	const who = newPerson("Olga Owner");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" });
	const other = await browser.person();
	const elsewhere = await other.newPage();
	await signIn(elsewhere, dashboard.url, who);
	await page.goto(`${dashboard.url}/settings`);
	const sessions = page.getByRole("region", { name: "Where you are signed in" });
	await sessions.getByText("This browser").waitFor();
	await sessions.getByRole("button", { name: "Sign out: Chrome on Linux" }).click();
	await assertCount(sessions.getByRole("button"), 0);
	await elsewhere.reload();
	await heading(elsewhere, "Sign in");
	await signIn(elsewhere, dashboard.url, who);
	await page.reload();
	await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
	await page.getByText("You are signed out in one other place").waitFor();
	await elsewhere.reload();
	await heading(elsewhere, "Sign in");

	await page.getByRole("button", { name: "Change name" }).click();
	await page.getByRole("textbox", { name: "Your name" }).fill("Olga Önning");
	await page.getByRole("button", { name: "Save" }).click();
	await page.locator("dd", { hasText: "Olga Önning" }).waitFor();

	const { email } = newPerson();
	await page.getByRole("button", { name: "Change address" }).click();
	const dialog = page.getByRole("dialog", { name: "Change your e-mail address" });
	await dialog.getByRole("button", { name: "Mail me the link" }).click();
	await dialog.getByText("Write the whole address").waitFor();
	await dialog.getByLabel("New e-mail address").fill(email);
	await dialog.getByLabel("Your password", { exact: true }).fill("not the right one");
	await dialog.getByRole("button", { name: "Mail me the link" }).click();
	await dialog.getByText("This is not your password. No mail was sent.").waitFor();
	await picture(page, "settings-address");
	await axe(page);
	await page.keyboard.press("Escape");
	await page.getByText("No mail has been sent, and your address stays as it is.").waitFor();
	await page.keyboard.press("Escape");
	await dialog.getByLabel("Your password", { exact: true }).fill(who.password);
	await dialog.getByRole("button", { name: "Mail me the link" }).click();
	await page.getByText("A mail with a link is on its way").waitFor();
	const link = /https?:\S+#kwe_\S+/.exec(await mailTo(email))?.[0] ?? "";
	await elsewhere.goto(link);
	await elsewhere.getByRole("button", { name: "Use this address" }).click();
	await elsewhere.getByText("Nothing is changed yet").waitFor();
	await axe(elsewhere);
	await page.goto(link);
	await page.getByRole("button", { name: "Use this address" }).click();
	await heading(page, "Your new address is in use");
	await axe(page);
	await page.getByRole("button", { name: "Go to your settings" }).click();
	await page.locator("dd", { hasText: email }).waitFor();
	match(await mailTo(who.email), /Olga Önning .* has a new e-mail address/s);
	await page.goBack();
	await page.goto(link);
	await page.reload();
	await page.getByRole("button", { name: "Use this address" }).click();
	await heading(page, "This link does not work any more");
	await signIn(elsewhere, dashboard.url, { email, password: who.password });
	assertNoPageErrors(context, other);
	await context.close();
	await other.close();
});

test("hostile and very long names are shown as text without overflow on every page, also on a phone", async () => {
	const tenant_id = await newTenant({ name: HOSTILE_NAME });
	const plan_id = await makePlan(dashboard.server, { name: "W".repeat(100) });
	const second = await newTenant({ name: LONG_NAME, plan_id });
	const who: Credentials = { ...newPerson(), name: HOSTILE_NAME };
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: "owner" });
	await joinBy(context, await inviteTo(dashboard.server, second, "owner", who.email), who, false);
	const long = await browser.person();
	await joinBy(long, await inviteTo(dashboard.server, second, "admin"), { ...newPerson(), name: LONG_NAME });
	await joinBy(long, await inviteTo(dashboard.server, tenant_id, "admin"), { ...newPerson(), name: LONG_NAME });
	await dashboard.server.operator("PUT", "/api-profile", {
		product_name: HOSTILE_NAME,
		api_base_url: "https://api.example.com",
		support_url: "https://help.example.com/",
	});
	const address = `${"x".repeat(60)}@${"y".repeat(60)}.${"z".repeat(60)}.com`;
	const link = await inviteTo(dashboard.server, tenant_id, "viewer", address);
	for (const size of [PHONE, { width: 1_280, height: 800 }]) {
		await page.setViewportSize(size);
		for (const tenant of [tenant_id, second]) {
			for (const path of ["/team", "/plan", "/settings", "/settings/api-access"]) {
				await page.goto(`${dashboard.url}${path}?tenant=${tenant}`);
				await page.getByRole("heading", { level: 1 }).waitFor();
				await waitUntilLoaded(page);
				await assertNoSidewaysScrolling(page);
				await assertCount(page.locator('img[src="x"]'), 0);
			}
		}
		await page.goto(`${dashboard.url}/team?tenant=${tenant_id}`);
		await picture(page, "team-hostile");
		await page.getByRole("button", { name: "Remove W" }).click();
		await page.getByRole("dialog").waitFor();
		await assertNoSidewaysScrolling(page);
		await page.goto("about:blank");
		await page.goto(link);
		await heading(page, /^Join <img/);
		await picture(page, "join-hostile");
		await assertNoSidewaysScrolling(page);
	}
	await dashboard.server.operator("PUT", "/api-profile", {});
	assertNoPageErrors(context);
	await context.close();
	await long.close();
});

const foreign = new Set<Server>();
after(() => {
	for (const server of foreign) server.close();
});

test("pages show the operator's colour, name and logo", async () => {
	const tenant_id = await newTenant();
	const { context, page } = await memberIn(browser, dashboard.server, newPerson("Olga Owner"), { tenant_id, role: "owner" });
	const logo_url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
	await dashboard.server.operator("PUT", "/api-profile", { product_name: "Orderly", accent_color: "#0f766e", logo_url });
	await page.goto(`${dashboard.url}/team`);
	const button = page.getByRole("button", { name: "Invite a person" });
	await button.waitFor();
	await page.getByText("Orderly", { exact: true }).first().waitFor();
	equal(await button.evaluate((element) => element.computedStyleMap().get("background-color")?.toString()), "rgb(15, 118, 110)");
	await eventually(async () => equal(await page.locator('img[src^="data:image/png"]').first().isVisible(), true));
	await axe(page);
	await picture(page, "team-branded");
	await page.goto(`${dashboard.url}/settings`);
	await dashboard.server.operator("PUT", "/api-profile", {});
	assertNoPageErrors(context);
	await context.close();
});

/** A page on another port of this machine: the same site for a browser, but another origin. */
async function foreignPage(context: BrowserContext): Promise<Page> {
	const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<!doctype html><title>elsewhere</title>"));
	foreign.add(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const page = await context.newPage();
	await page.goto(`http://127.0.0.1:${getPort(server.address())}/`);
	return page;
}

test("a page of another origin changes nothing, by form or by script, though the browser sends the cookie", async () => {
	const tenant_id = await newTenant();
	const { context, page: own } = await memberIn(browser, dashboard.server, newPerson("Olga Owner"), { tenant_id, role: "owner" });
	const page = await foreignPage(context);
	const target = `${dashboard.url}/api/v1/tenants/${tenant_id}/invitations`;
	const seen: { status: number; cookie: boolean; origin: string | undefined }[] = [];
	context.on("response", async (response) => {
		if (response.url() !== target || response.request().method() !== "POST") return;
		const headers = await response.request().allHeaders();
		seen.push({ status: response.status(), cookie: /kw_session=/.test(headers.cookie ?? ""), origin: headers.origin });
	});
	const tries = [
		`fetch(${JSON.stringify(target)}, { method: "POST", mode: "no-cors", credentials: "include", headers: { "content-type": "text/plain" }, body: '{"role":"owner"}' })`,
		`fetch(${JSON.stringify(target)}, { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body: '{"role":"owner"}' })`,
	];
	for (const script of tries) await page.evaluate(`${script}.then(() => "answered", () => "blocked")`);
	await page.evaluate(`{
		const form = document.createElement("form");
		form.method = "POST"; form.enctype = "text/plain"; form.action = ${JSON.stringify(target)};
		const field = document.createElement("input"); field.name = '{"role":"owner","x":"'; field.value = '"}';
		form.append(field); document.body.append(form); form.submit();
	}`);
	await page.waitForURL(target);
	await own.goto(`${dashboard.url}/team`);
	await own.getByText("No invitation is waiting").waitFor();
	const posted = seen.filter(({ cookie }) => cookie);
	ok(posted.length >= 1 && seen.length >= 2, JSON.stringify(seen));
	deepEqual([...new Set(seen.map(({ status }) => status))], [403]);
	ok(seen.every(({ origin }) => origin !== dashboard.url));
	await context.close();
});

test("the sign-in page cannot be framed by a page of another origin", async () => {
	const context = await browser.person();
	const page = await foreignPage(context);
	const blocked = page.waitForEvent("requestfailed", { predicate: (request) => request.url().startsWith(dashboard.url) }).catch(() => null);
	await page.evaluate(
		`{ const frame = document.createElement("iframe"); frame.src = ${JSON.stringify(`${dashboard.url}/sign-in`)}; document.body.append(frame); }`,
	);
	await blocked;
	const [, frame] = page.frames();
	ok(frame === undefined || !(await frame.content().catch(() => "")).includes("root"), "the sign-in page is not in a frame");
	await context.close();
});
