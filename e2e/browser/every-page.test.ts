/** Accessibility of every page and dialog, in light and dark: generated from the router and from `DIALOGS`, so that none is left out. */
import { ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { type MailTrap, mailTrap } from "../../server/testing/mail-trap.ts";
import { assertNoPageErrors, axe, type Dashboard, inviteTo, joinBy, OLIVIA, openBrowser, startDashboard, type TestBrowser } from "./browser.ts";
import { dialogVisits, openVisits, pageVisits, visit, watchRequests } from "./every-page.ts";
import { type Population, populate } from "./population.ts";

let dashboard: Dashboard;
let browser: TestBrowser;
let mails: MailTrap;
let population: Population;
let olivia: BrowserContext;
let page: Page;
let network: { waiting: () => number };

before(async () => {
	mails = await mailTrap();
	dashboard = await startDashboard({
		env: { KEYWRIGHT_SMTP_URL: `smtp://127.0.0.1:${mails.port}`, KEYWRIGHT_MAIL_FROM: "Keywright <no-reply@example.com>" },
	});
	browser = await openBrowser();
	population = await populate(dashboard.server);
	olivia = await browser.person();
	await joinBy(olivia, dashboard.join_url, OLIVIA);
	await joinBy(olivia, await inviteTo(dashboard.server, population.tenant_id, "owner"), OLIVIA);
	page = await olivia.newPage();
	network = watchRequests(page);
	await page.goto(`${dashboard.url}/sites?tenant=${population.tenant_id}`);
	await page.getByRole("heading", { level: 1, name: "Sites" }).waitFor();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
	await mails?.close();
});

test("every page behind the sign-in is accessible in light and dark", async () => {
	const visits = pageVisits(population);
	ok(visits.length >= 30, `${visits.length} pages`);
	for (const one of visits) {
		await visit(page, one, network);
		await axe(page);
	}
	assertNoPageErrors(olivia);
});

test("every dialog is opened by its address, alone, and is accessible in light and dark", async () => {
	const visits = dialogVisits(population);
	ok(visits.length >= 50, `${visits.length} dialogs`);
	for (const one of visits) {
		await visit(page, one, network);
		await axe(page, one.shown);
	}
	assertNoPageErrors(olivia);
});

test("every page that needs no session is accessible in light and dark, as a dead link and as one that works", async () => {
	const context = await browser.person();
	const open = await context.newPage();
	const requests = watchRequests(open);
	const invitation = await inviteTo(dashboard.server, population.tenant_id, "viewer");
	const visits = openVisits({
		"/join": new URL(invitation).hash,
		"/reset-password": "#a-token",
		"/sign-in-link": "#kwl_a-token",
		"/sign-in": "?ended=true",
		"/new-address": "#kwe_a-token",
		"/portal": "?ended=true",
		"/reveal": new URL(population.handover_url).hash,
	});
	await open.goto(`${dashboard.url}/sign-in?back=x`);
	await open.getByRole("heading", { level: 1 }).waitFor();
	for (const one of [...visits.slice(1), ...visits.slice(0, 1)]) {
		await visit(open, one, requests);
		await axe(open);
	}
	await visit(open, { route: "/reveal", address: `/reveal${new URL(population.handover_url).hash}`, shown: "h1:not([data-left])" }, requests);
	await open.getByRole("textbox", { name: "Your name" }).fill("Tom");
	await open.getByRole("button", { name: "Reveal the key" }).click();
	await open.getByRole("button", { name: "Copy key" }).waitFor();
	await axe(open);
	await open.getByRole("button", { name: "I have stored the key" }).click();
	await open.getByRole("radio", { name: "Secret manager" }).waitFor();
	await axe(open);
	assertNoPageErrors(context);
	await context.close();
});
