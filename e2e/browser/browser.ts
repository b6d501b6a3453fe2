/** A real Chromium on a real server, for the tests of the dashboard: who is there, what they see, and that nothing of it is wrong. */
import { AssertionError, deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result, RunOptions } from "axe-core";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { type Server, type StartOptions, startServer } from "../server.ts";
import { expectStatus } from "../things.ts";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];
/** Slow enough for a machine that does other things as well. */
const PATIENCE_MS = 15_000;
/** Where pictures go that somebody wants to look at; without it none are taken. */
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
	/** By which the first owner of the demo tenant joins. */
	readonly join_url: string;
	readonly operator_token: string;
	stop(): Promise<void>;
}

const JOIN_LINK = /Open the dashboard: (\S+\/join#kwi_\S+)/;

/** Starts a server with the demo tenant, and no owner yet. Whoever starts one stops it. */
export async function startDashboard(options: StartOptions = {}): Promise<Dashboard> {
	const server = await startServer({ demo: true, ...options });
	const join_url = JOIN_LINK.exec(server.logs.stderr)?.[1] ?? "";
	const { url, operator_token } = server;
	return { server, url, join_url, operator_token, stop: async () => void (await server.stop()) };
}

/** What went wrong in a page without anybody seeing it: errors of scripts, and what the page's own policy forbade. */
const complaints = new WeakMap<BrowserContext, string[]>();

function listen(context: BrowserContext): void {
	const heard: string[] = [];
	complaints.set(context, heard);
	context.on("weberror", (error) => heard.push(`${error.page()?.url() ?? ""}: ${error.error().message}`));
	context.on("console", (message) => {
		// A refused request is written to the console by the browser itself and is part of many tests.
		if (message.type() === "error" && !/^Failed to load resource/.test(message.text()))
			heard.push(`${message.page()?.url() ?? ""}: ${message.text()}`);
	});
	context.on("dialog", (dialog) => {
		heard.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
}

/** Fails when a script of a page threw, wrote an error, opened a dialog, or did what the page's policy forbids. */
export function assertQuiet(...contexts: readonly BrowserContext[]): void {
	for (const context of contexts) deepEqual(complaints.get(context) ?? [], []);
}

export interface TestBrowser {
	readonly browser: Browser;
	/** Somebody else's browser: its own cookies, its own storage. */
	person(options?: BrowserContextOptions): Promise<BrowserContext>;
	close(): Promise<void>;
}

export async function openBrowser(): Promise<TestBrowser> {
	const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, timeout: PATIENCE_MS * 2 });
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
		listen(context);
		return context;
	}
	return { browser, person, close: () => browser.close() };
}

/** Signs in by the form, and waits for the page that comes then. */
export async function signIn(page: Page, url: string, { email, password }: Pick<Credentials, "email" | "password">): Promise<void> {
	await page.goto(`${url}/sign-in`);
	await page.getByLabel("E-mail address").fill(email);
	await page.getByLabel("Password", { exact: true }).fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.waitForURL("**/settings/api-access?**");
}

function tokenOf(link: string): string {
	return new URL(link).hash.slice(1);
}

/** Accepts an invitation without its page, so that the context is signed in. Returns the tenant's id. */
export async function joinBy(context: BrowserContext, link: string, who: Credentials, with_email = true): Promise<string> {
	const { origin } = new URL(link);
	const { email, ...rest } = who;
	const data = { token: tokenOf(link), ...rest, ...(with_email ? { email } : {}) };
	const answer = await context.request.post(`${origin}/api/v1/invitations/accept`, { data, headers: { origin } });
	equal(answer.status(), 200, await answer.text());
	const { tenant_id } = await answer.json();
	return String(tenant_id);
}

/** An invitation that the operator makes: its link. */
export async function inviteTo(server: Server, tenant_id: string, role: "owner" | "admin" | "viewer", email?: string): Promise<string> {
	const answer = await server.management(tenant_id, "POST", "/invitations", { role, ...(email === undefined ? {} : { email }) });
	return expectStatus(answer, 201).as<{ url: string }>().url;
}

/** Somebody who is a member of the tenant from here on, in a browser of their own; `page` has not been anywhere yet. */
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

/** A portal link, as a SaaS's back end would ask for it. */
export async function portalLink(
	server: Server,
	tenant_id: string,
	person: { external_user_id: string; name: string; email?: string; role: "owner" | "admin" | "viewer"; confirmed?: boolean },
): Promise<string> {
	const answer = await server.operator("POST", `/tenants/${tenant_id}/portal-sessions`, person);
	return expectStatus(answer, 201).as<{ url: string }>().url;
}

/** Waits until nothing is being loaded into the page. */
export async function settled(page: Page): Promise<void> {
	await page.waitForLoadState("networkidle");
	await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
}

/** Repeats an assertion about a page until it holds; then fails as it failed last. What is read at once depends on who is faster, page or test. */
export async function eventually(assertion: () => Promise<void>): Promise<void> {
	for (const until = performance.now() + PATIENCE_MS; ; await sleep(50)) {
		try {
			return await assertion();
		} catch (error) {
			if (!(error instanceof AssertionError) || performance.now() > until) throw error;
		}
	}
}

/** Waits until nothing is loading and `things` are as many as expected. */
export function assertCount(things: Locator, expected: number, message = "as many as expected"): Promise<void> {
	return eventually(async () => {
		equal(await things.page().locator("[aria-busy=true]").count(), 0, "something is loading");
		equal(await things.count(), expected, message);
	});
}

const TRANSITIONS_OVER =
	"Promise.all(document.getAnimations().filter((running) => running instanceof CSSTransition).map((running) => running.finished.catch(() => null))).then(() => true)";

/** Puts the page into light or dark, and waits until no colour is on its way any more. */
async function wear(page: Page, colorScheme: "light" | "dark"): Promise<void> {
	await page.emulateMedia({ colorScheme });
	await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: "attached" });
	await page.evaluate(TRANSITIONS_OVER);
}

const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** What passes is not described, and nothing is fetched anew for rules about media and orientation, of which no page has any. */
const AXE_OPTIONS = { resultTypes: ["violations"], preload: false } as const satisfies RunOptions;
/** The rules of axe that look at colours: in dark, where nothing else of a page differs, only these are asked again. */
const COLOUR_RULES = { type: "rule" as const, values: ["color-contrast", "link-in-text-block"] };

/** What axe finds in the page as it is. It runs in the page itself, which has no frames, and stays there for the next time. */
async function violationsIn(page: Page, options: RunOptions): Promise<Result[]> {
	if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(`${AXE};0`);
	return page.evaluate<Result[]>(`axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`);
}

/** Fails when axe finds something serious or critical in the page as it is now, in light or in dark. */
export async function axe(page: Page): Promise<void> {
	await settled(page);
	for (const colorScheme of ["dark", "light"] as const) {
		await wear(page, colorScheme);
		const found = (await violationsIn(page, colorScheme === "dark" ? { ...AXE_OPTIONS, runOnly: COLOUR_RULES } : AXE_OPTIONS))
			.filter(({ impact }) => SERIOUS.includes(impact ?? ""))
			.flatMap(({ id, nodes }) => nodes.map((node) => `${colorScheme} ${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
		deepEqual(found, [], page.url());
	}
}

/** What is drawn takes a new width a moment after its place has. */
const REDRAWN_MS = 3_000;

/** Fails when the page can be scrolled sideways at its present width. */
export async function assertNoSidewaysScrolling(page: Page): Promise<void> {
	for (const until = performance.now() + REDRAWN_MS; ; await sleep(50)) {
		const [content = 0, window_width = 0] = await page.evaluate<number[]>("[document.documentElement.scrollWidth, window.innerWidth]");
		if (content <= window_width) return;
		ok(performance.now() < until, `${page.url()}: ${content} px in a window of ${window_width} px`);
	}
}

/** Takes the page as it is now in light, dark and narrow, where somebody asked for pictures. The page's size is what it was afterwards. */
export async function picture(page: Page, name: string): Promise<void> {
	if (PICTURES === undefined) return;
	mkdirSync(PICTURES, { recursive: true });
	const before = page.viewportSize() ?? DESKTOP;
	await settled(page);
	const views = [
		{ view: "dark", size: before, colorScheme: "dark" },
		{ view: "narrow", size: PHONE, colorScheme: "light" },
		{ view: "light", size: before, colorScheme: "light" },
	] as const;
	for (const { view, size, colorScheme } of views) {
		await page.setViewportSize(size);
		await wear(page, colorScheme);
		await page.screenshot({ path: join(PICTURES, `${name}-${view}.png`), fullPage: view === "narrow" });
	}
	await page.setViewportSize(before);
}
