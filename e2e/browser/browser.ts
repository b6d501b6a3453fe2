/** Chromium on a real server for the dashboard's tests: sign-in, page checks for errors, accessibility and overflow. */
import { AssertionError, deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getTestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result, RunOptions } from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { type Server, type StartOptions, startServer } from "../server.ts";
import { expectStatus } from "../things.ts";
import { type LaunchOptions, launchChromium } from "./chromium.ts";

/** Enough for a busy machine. */
const PATIENCE_MS = 15_000;
/** The folder for screenshots; none are taken if it is not set. */
const PICTURES = process.env.KEYWRIGHT_E2E_PICTURES;
const SERIOUS = ["serious", "critical"];

export const DESKTOP = { width: 1_280, height: 800 } as const;
export const PHONE = { width: 375, height: 800 } as const;

export interface Credentials {
	readonly name: string;
	readonly email: string;
	readonly password: string;
}

export const OLIVIA: Credentials = { name: "Olivia Owner", email: "olivia@example.com", password: "correct horse battery" };
export const ADAM: Credentials = { name: "Adam Admin", email: "adam@example.com", password: "staple gun on a shelf" };
export const VERA: Credentials = { name: "Vera Viewer", email: "vera@example.com", password: "seven quiet windows" };

/** A server with the demo tenant, as `npm start` runs it. */
export interface Dashboard {
	readonly server: Server;
	readonly url: string;
	/** The link with which the first owner joins the demo tenant. */
	readonly join_url: string;
	readonly operator_token: string;
	stop(): Promise<void>;
}

const JOIN_LINK = /Open the dashboard: (\S+\/join#kwi_\S+)/;

/** Starts a server with the demo tenant, which has no owner yet. The caller must stop it. */
export async function startDashboard(options: StartOptions = {}): Promise<Dashboard> {
	const server = await startServer({ demo: true, ...options });
	const join_url = JOIN_LINK.exec(server.logs.stderr)?.[1] ?? "";
	const { url, operator_token } = server;
	return { server, url, join_url, operator_token, stop: async () => void (await server.stop()) };
}

/** Errors of a page that a user would not see: script errors, and violations of the Content Security Policy. */
const errorsOf = new WeakMap<BrowserContext, string[]>();

function recordErrors(context: BrowserContext): void {
	const errors: string[] = [];
	errorsOf.set(context, errors);
	context.on("weberror", (error) => errors.push(`${error.page()?.url() ?? ""}: ${error.error().message}`));
	context.on("console", (message) => {
		// The browser logs each refused request, and many tests cause some.
		if (message.type() === "error" && !/^Failed to load resource/.test(message.text()))
			errors.push(`${message.page()?.url() ?? ""}: ${message.text()}`);
	});
	context.on("dialog", (dialog) => {
		errors.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
}

/** Fails if a script of a page threw, logged an error, opened a dialog or violated the Content Security Policy. */
export function assertNoPageErrors(...contexts: readonly BrowserContext[]): void {
	for (const context of contexts) deepEqual(errorsOf.get(context) ?? [], []);
}

export interface TestBrowser {
	readonly browser: Browser;
	/** A separate browser context, with its own cookies and storage; closed at the end of the test or the suite that opens it. */
	person(options?: BrowserContextOptions): Promise<BrowserContext>;
	close(): Promise<void>;
}

export async function openBrowser(how: Omit<LaunchOptions, "timeout"> = {}): Promise<TestBrowser> {
	const browser = await launchChromium({ timeout: PATIENCE_MS * 2, ...how });
	async function person(options: BrowserContextOptions = {}): Promise<BrowserContext> {
		const context = await browser.newContext({
			viewport: DESKTOP,
			reducedMotion: "reduce",
			colorScheme: "light",
			locale: "en-GB",
			permissions: ["clipboard-read", "clipboard-write"],
			...options,
		});
		context.setDefaultTimeout(PATIENCE_MS);
		recordErrors(context);
		// Pages that stay open ask the server for news every few seconds, during all later tests of a file.
		const opened_in = getTestContext();
		if (opened_in !== undefined && "after" in opened_in) opened_in.after(() => context.close());
		return context;
	}
	return { browser, person, close: () => browser.close() };
}

/** Signs in by the form, and waits for the next page. */
export async function signIn(page: Page, url: string, { email, password }: Pick<Credentials, "email" | "password">): Promise<void> {
	await page.goto(`${url}/sign-in`);
	await page.getByLabel("E-mail address").fill(email);
	await page.getByLabel("Password", { exact: true }).fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.waitForURL("**/settings/api-access?**");
}

function getToken(link: string): string {
	return new URL(link).hash.slice(1);
}

/** Accepts an invitation through the API, which signs the context in. Returns the tenant's id. */
export async function joinBy(context: BrowserContext, link: string, who: Credentials, with_email = true): Promise<string> {
	const { origin } = new URL(link);
	const { email, ...rest } = who;
	const data = { token: getToken(link), ...rest, ...(with_email ? { email } : {}) };
	const answer = await context.request.post(`${origin}/api/v1/invitations/accept`, { data, headers: { origin } });
	equal(answer.status(), 200, await answer.text());
	const { tenant_id } = await answer.json();
	return String(tenant_id);
}

/** Creates an invitation as the operator; returns its link. */
export async function inviteTo(server: Server, tenant_id: string, role: "owner" | "admin" | "viewer", email?: string): Promise<string> {
	const answer = await server.management(tenant_id, "POST", "/invitations", { role, ...(email === undefined ? {} : { email }) });
	return expectStatus(answer, 201).as<{ url: string }>().url;
}

/** Adds a member to the tenant, signed in in a new browser context; `page` is still blank. */
export async function memberIn(
	browser: TestBrowser,
	server: Server,
	who: Credentials,
	options: { tenant_id: string; role: "owner" | "admin" | "viewer" } & BrowserContextOptions,
): Promise<{ context: BrowserContext; page: Page }> {
	const { tenant_id, role, ...of_context } = options;
	const context = await browser.person(of_context);
	await joinBy(context, await inviteTo(server, tenant_id, role), who);
	return { context, page: await context.newPage() };
}

/** Creates a portal link, like the back end of a SaaS. */
export async function portalLink(
	server: Server,
	tenant_id: string,
	person: { external_user_id: string; name: string; email?: string; role: "owner" | "admin" | "viewer"; confirmed?: boolean },
): Promise<string> {
	const answer = await server.operator("POST", `/tenants/${tenant_id}/portal-sessions`, person);
	return expectStatus(answer, 201).as<{ url: string }>().url;
}

/** Waits until the page has loaded everything. */
export async function waitUntilLoaded(page: Page): Promise<void> {
	await page.waitForLoadState("networkidle");
	await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
}

/** Repeats an assertion until it passes, and rethrows its last failure at the deadline. A single read would race with the page. */
export async function eventually(assertion: () => Promise<void>): Promise<void> {
	for (const until = performance.now() + PATIENCE_MS; ; await sleep(50)) {
		try {
			return await assertion();
		} catch (error) {
			if (!(error instanceof AssertionError) || performance.now() > until) throw error;
		}
	}
}

/** Waits until nothing is loading and `things` has the expected count. */
export function assertCount(things: Locator, expected: number, message = "as many as expected"): Promise<void> {
	return eventually(async () => {
		equal(await things.page().locator("[aria-busy=true]").count(), 0, "something is loading");
		equal(await things.count(), expected, message);
	});
}

const TRANSITIONS_OVER =
	"Promise.all(document.getAnimations().filter((running) => running instanceof CSSTransition).map((running) => running.finished.catch(() => null))).then(() => true)";

/** Switches the page to light or dark, and waits for the end of colour transitions. */
async function setColorScheme(page: Page, colorScheme: "light" | "dark"): Promise<void> {
	await page.emulateMedia({ colorScheme });
	await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: "attached" });
	await page.evaluate(TRANSITIONS_OVER);
}

const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** Options of axe: no passes in the report, and no rules that fetch media or style sheets again. */
const AXE_OPTIONS = { resultTypes: ["violations"], preload: false } as const satisfies RunOptions;
/** The colour rules of axe: in dark mode only these are repeated, because nothing else differs. */
const COLOUR_RULES = { type: "rule" as const, values: ["color-contrast", "link-in-text-block"] };

/** Rules that find nothing serious would run in vain. */
const SERIOUS_RULES = `axe.configure({ rules: axe._audit.rules.filter(({ impact }) => !${JSON.stringify(SERIOUS)}.includes(impact)).map(({ id }) => ({ id, enabled: false })) })`;

/** The findings of axe for a part of the current page. Axe is injected into the page once and reused. */
async function violationsIn(page: Page, within: string, options: RunOptions): Promise<Result[]> {
	if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(`${AXE};${SERIOUS_RULES}`);
	return page.evaluate<Result[]>(`axe.run(${JSON.stringify(within)}, ${JSON.stringify(options)}).then(({ violations }) => violations)`);
}

/** Fails if axe finds a serious or critical problem in the current page, or in the part of it that the selector names, in light or dark mode. */
export async function axe(page: Page, within = "html"): Promise<void> {
	await waitUntilLoaded(page);
	for (const colorScheme of ["dark", "light"] as const) {
		await setColorScheme(page, colorScheme);
		const found = (await violationsIn(page, within, colorScheme === "dark" ? { ...AXE_OPTIONS, runOnly: COLOUR_RULES } : AXE_OPTIONS))
			.filter(({ impact }) => SERIOUS.includes(impact ?? ""))
			.flatMap(({ id, nodes }) => nodes.map((node) => `${colorScheme} ${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
		deepEqual(found, [], page.url());
	}
}

/** Charts follow a new width of their container with a delay. */
const REDRAWN_MS = 3_000;

/** Fails if the page scrolls horizontally at its current width. */
export async function assertNoSidewaysScrolling(page: Page): Promise<void> {
	for (const until = performance.now() + REDRAWN_MS; ; await sleep(50)) {
		const [content = 0, window_width = 0] = await page.evaluate<number[]>("[document.documentElement.scrollWidth, window.innerWidth]");
		if (content <= window_width) return;
		ok(performance.now() < until, `${page.url()}: ${content} px in a window of ${window_width} px`);
	}
}

/** Takes screenshots of the page in light, dark and narrow if a folder is set. Restores the page's size. */
export async function picture(page: Page, name: string): Promise<void> {
	if (PICTURES === undefined) return;
	mkdirSync(PICTURES, { recursive: true });
	const before = page.viewportSize() ?? DESKTOP;
	await waitUntilLoaded(page);
	const views = [
		{ view: "dark", size: before, colorScheme: "dark" },
		{ view: "narrow", size: PHONE, colorScheme: "light" },
		{ view: "light", size: before, colorScheme: "light" },
	] as const;
	for (const { view, size, colorScheme } of views) {
		await page.setViewportSize(size);
		await setColorScheme(page, colorScheme);
		await page.screenshot({ path: join(PICTURES, `${name}-${view}.png`), fullPage: view === "narrow" });
	}
	await page.setViewportSize(before);
}
