/** The page of one key: it shows real requests, and its actions apply to the next request. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { Database } from "../database.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeSite, makeTenant, newName } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Credentials,
	type Dashboard,
	eventually,
	memberIn,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'"\\`;
const ALLOWED = 5;
const REFUSED = 2;
const LIMITED = 3;
const AGENT = "curl/8.5.0";
const CLIENT = "order-server-1";

let dashboard: Dashboard;
let browser: TestBrowser;
let made = 0;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
});

function newPerson(name: string): Credentials {
	made += 1;
	return { name, email: `key-page-${made}@example.com`, password: "a lamp, a boat, a fork" };
}

interface There {
	readonly tenant_id: string;
	readonly key: MadeKey;
	readonly context: BrowserContext;
	readonly page: Page;
}

/** A new tenant with a key and a signed-in member. */
async function there(
	options: { role?: "owner" | "admin" | "viewer"; key?: Record<string, unknown>; plan?: Record<string, unknown> } = {},
): Promise<There> {
	const plan_id = await makePlan(dashboard.server, options.plan);
	const { id: tenant_id } = await makeTenant(dashboard.server, { plan_id });
	const key = await makeKey(dashboard.server, tenant_id, options.key);
	const who = newPerson("Olivia Owner");
	const { context, page } = await memberIn(browser, dashboard.server, who, { tenant_id, role: options.role ?? "owner" });
	return { tenant_id, key, context, page };
}

async function open({ page, tenant_id, key }: There): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access/${key.id}?tenant=${tenant_id}`);
	await page.getByRole("region", { name: "Facts" }).waitFor();
	await waitUntilLoaded(page);
}

/** Opens a tab of the key's page by its link. */
async function openTab(page: Page, name: "Overview" | "Clients" | "Refusals" | "Versions" | "Settings"): Promise<void> {
	const link = page.getByRole("navigation", { name: "Parts of this key" }).getByRole("link", { name: new RegExp(`^${name}`) });
	await link.click();
	await link.and(page.locator("[aria-current=page]")).waitFor();
	await waitUntilLoaded(page);
}

async function openMenu(page: Page, item: string): Promise<void> {
	await page.getByRole("button", { name: "More actions" }).click();
	await page.getByRole("menuitem", { name: item }).click();
}

function check({ key, tenant_id }: There, headers: Record<string, string> = {}) {
	return dashboard.server.keyed(key.raw_key, "GET", `/tenants/${tenant_id}/limits`, undefined, headers);
}

/** Requests of the last hours that reports have. The page asks for them once in half a minute. */
async function countRequests({ tenant_id, key }: There): Promise<number> {
	const from = new Date(Date.now() - 7_200_000).toISOString();
	const report = await dashboard.server.management(tenant_id, "GET", `/api-keys/${key.id}/usage?granularity=hour&from=${from}`);
	const { data } = expectStatus(report, 200).as<{ data: { requests: number }[] }>();
	return data.reduce((sum, { requests }) => sum + requests, 0);
}

interface KeyNow {
	readonly name: string;
	readonly status: string;
	readonly owner: { readonly name: string; readonly email?: string };
	readonly integration: string | null;
	readonly labels: Record<string, string>;
	readonly permissions: readonly string[];
	readonly site_ids: readonly string[] | null;
	readonly allowed_ips: readonly string[] | null;
	readonly expires_at: string | null;
	readonly rotate_every_days: number | null;
	readonly auto_rotate: string | null;
	readonly revoke_reason: string | null;
}

async function keyNow({ tenant_id, key }: There): Promise<KeyNow> {
	return expectStatus(await dashboard.server.management(tenant_id, "GET", `/api-keys/${key.id}`), 200).as<KeyNow>();
}

function button(page: Page, name: string, within = "main") {
	return page.locator(within).getByRole("button", { name, exact: true });
}

describe("the usage of a key", () => {
	let at: There;
	before(async () => {
		const plan = { rate_limits: [{ name: "burst", requests: ALLOWED, window_seconds: 3_600, per: "key" }] };
		at = await there({ plan, key: { name: "prod-order-bot", permissions: ["tenant:read"], owner: { name: "Dana", email: "dana@example.com" } } });
		const headers = { "user-agent": AGENT, "x-keywright-client": CLIENT };
		for (let sent = 0; sent < ALLOWED; sent += 1) expectStatus(await check(at, headers), 200);
		for (let sent = 0; sent < REFUSED; sent += 1)
			expectStatus(await dashboard.server.keyed(at.key.raw_key, "GET", `/tenants/${at.tenant_id}/usage`, undefined, headers), 403);
		for (let sent = 0; sent < LIMITED; sent += 1) expectStatus(await check(at, headers), 429);
		await eventually(async () => equal(await countRequests(at), ALLOWED + REFUSED + LIMITED));
		await open(at);
	});

	test("is a chart by outcome, from zero, with sums, time zone and reasons of refusals", async () => {
		const { page } = at;
		const card = page.getByRole("region", { name: "Requests", exact: true });
		const chart = card.locator("[data-chart]");
		await eventually(async () => match((await card.locator("[data-outcome=allowed]").textContent()) ?? "", new RegExp(`Allowed${ALLOWED}$`)));
		await eventually(async () => match((await card.locator("[data-outcome=refused]").textContent()) ?? "", new RegExp(`Refused${REFUSED}$`)));
		await eventually(async () => match((await card.locator("[data-outcome=limited]").textContent()) ?? "", new RegExp(`Limited${LIMITED}$`)));
		const drawn = chart.locator("> [role=img]");
		await eventually(async () =>
			match((await drawn.getAttribute("aria-label")) ?? "", /10 requests, 5 allowed, 3 limited, 2 refused\. Most in one hour: 10 requests/),
		);
		await assertCount(drawn.locator("[data-part]"), 3);
		await eventually(async () => equal(await drawn.locator("[data-tick]").first().textContent(), "0"));
		await drawn.getByText(`${REFUSED} refused`).waitFor();
		const zone = await page.evaluate<string>("Intl.DateTimeFormat().resolvedOptions().timeZone");
		await chart.getByText(`Times in ${zone.replaceAll("_", " ")}`).waitFor();
	});

	test("names what needs attention, and leads to the refused requests of one reason", async () => {
		const { page } = at;
		const attention = page.getByRole("region", { name: "Needs attention" });
		await attention.locator("[data-matter=refused]").getByText("Refused 3 times in 24 hours").waitFor();
		await attention.getByRole("link", { name: "Show these requests" }).click();
		await page.waitForURL(/\/refusals\?.*code=rate_limited/);
		const one = page.locator("[data-reason=rate_limited]");
		await one.getByText("3 requests refused in the last 24 hours.").waitFor();
		await eventually(async () => match((await one.getByRole("row").nth(1).textContent()) ?? "", /\d\d:\d\d–\d\d:\d\d3$/));
		equal(await one.getByRole("link", { name: "What it means and what to do" }).getAttribute("href"), `${dashboard.url}/problems/rate_limited`);
		await axe(page);
		await one.getByRole("link", { name: "All reasons" }).click();
		const reasons = page.locator("[data-refusals] [data-code]");
		await reasons.nth(1).waitFor();
		await eventually(async () =>
			match(
				(await reasons.allTextContents()).join(" "),
				/Too many requests in a short timerate_limited.*3 The key does not have the permissionpermission_missing.*2$/,
			),
		);
		await page.getByText("7 d", { exact: true }).click();
		await page.waitForURL(/period=week/);
		await reasons.getByRole("link", { name: "The key does not have the permission" }).click();
		await page.getByText("2 requests refused in the last 7 days.").waitFor();
		await page.goBack();
		await reasons.first().waitFor();
		await picture(page, "key-page-refusals");
		await openTab(page, "Overview");
	});

	test("is available as a table, for every period", async () => {
		const { page } = at;
		for (const [period, buckets] of [
			["24 h", 24],
			["7 d", 28],
			["30 d", 30],
		] as const) {
			await page.getByText(period, { exact: true }).click();
			await button(page, "Show as table").click();
			const rows = await page
				.getByRole("table", { name: /^Requests in / })
				.getByRole("row")
				.allTextContents();
			equal(rows[0], "TimeAllowedLimitedRefused");
			match(rows[1] ?? "", new RegExp(`${ALLOWED}${LIMITED}${REFUSED}$`));
			equal(rows.length, buckets + 1);
			await button(page, "Show as chart").click();
		}
		await page.getByText("24 h", { exact: true }).click();
	});

	test("is listed by source, and a source can be named", async () => {
		const { page } = at;
		await openTab(page, "Clients");
		const source = page.locator("[data-source]");
		await assertCount(source, 1);
		await eventually(async () =>
			match((await source.textContent()) ?? "", /order-server-1Not named · 127\.0\.0\.0\/24.*100\.0%105…\w{4}DistinguishedInstance order-server-1/),
		);
		await picture(page, "key-page-clients");
		await source.getByRole("button", { name: `Give ${CLIENT} at 127.0.0.0/24 a name` }).click();
		const field = source.getByLabel("Name of this client");
		await eventually(async () => equal(await field.inputValue(), CLIENT));
		await source.getByText(/^For whatever calls as .* from 127\.0\.0\.0\/24, with any of your keys\.$/).waitFor();
		await field.fill("Order server");
		await field.press("Enter");
		const rename = source.getByRole("button", { name: "Rename Order server" });
		await rename.waitFor();
		await rename.and(page.locator(":focus")).waitFor();
		await page.reload();
		await page.getByText("Order server", { exact: true }).waitFor();
		await rename.click();
		await source.getByLabel("Name of this client").press("Escape");
		await rename.click();
		await source.getByRole("button", { name: "Take the name away" }).click();
		await source.getByText("Not named").waitFor();
		await openTab(page, "Overview");
	});

	test("is in the details and the versions of the key", async () => {
		const { page } = at;
		const facts = page.getByRole("region", { name: "Facts" });
		await facts.getByText("read the plan, the limits and what is used of them").waitFor();
		const text = (await facts.textContent()) ?? "";
		match(text, /ResponsibleDana · dana@example\.com/);
		match(text, /Sitesall, also those to come/);
		match(text, /Last checkpassed (just now|\d+ (second|minute)s? ago)/);
		await openTab(page, "Settings");
		await page.getByRole("region", { name: "Permissions" }).getByText("tenant:read").waitFor();
		await picture(page, "key-page-settings");
		await openTab(page, "Versions");
		const version = page.locator("[data-secret]");
		await assertCount(version, 1);
		match(
			(await version.textContent()) ?? "",
			/In use….{4}Made .*(ago|now); first used .*(ago|now), last .*(ago|now)\.Where it is kept was not said\./,
		);
		ok(!(await page.content()).includes(at.key.raw_key), "the raw key is in the page");
		await picture(page, "key-page-versions");
		await openTab(page, "Overview");
	});

	test("is accessible at every width", async () => {
		const { page } = at;
		await picture(page, "key-page");
		await button(page, "Show as table").click();
		await axe(page);
		await button(page, "Show as chart").click();
		await page.setViewportSize(PHONE);
		await assertNoSidewaysScrolling(page);
		await axe(page);
		await page.setViewportSize({ width: 1_280, height: 800 });
		assertNoPageErrors(at.context);
	});
});

const CLIENTS = 44;
/** The one with a long name. */
const LONG_BOT = 43;
/** Two screens. */
const HEIGHT_MAX_PX = 1_600;

const LONG = "w".repeat(200);
const CAPABILITIES = ["orders", "stock", "labels"] as const;
const PERMISSIONS_EACH = 5;
const SITES = 60;
const NETWORKS = 64;

/** A key that has as much of everything as it can, with names of 200 characters. */
async function keyWithEverything(): Promise<There> {
	const { server } = dashboard;
	const permissions = CAPABILITIES.flatMap((capability) => Array.from({ length: PERMISSIONS_EACH }, (_, index) => `${capability}:do_${index}`));
	for (const capability of CAPABILITIES)
		expectStatus(await server.operator("PUT", `/capabilities/${capability}`, { description: `All ${capability}` }), 200);
	for (const name of permissions)
		expectStatus(await server.operator("PUT", `/permissions/${name}`, { description: `Do ${name}`, capability: name.split(":")[0] }), 200);
	const rate_limits = [1, 2, 3, 4].map((index) => ({ name: `own_${index}`, requests: 1_000 + index, window_seconds: 60 * index }));
	const at = await there({ plan: { capabilities: ["m2m_api", ...CAPABILITIES] }, key: { name: "prod-busy" } });
	const database = await Database.open(server.data_dir);
	await database.rows(
		"insert into sites (tenant_id, id, name, environment) select $1, 'shop-' || n, case n when 1 then $2 else 'Shop ' || n end, 'prod' from generate_series(1, $3::int) n",
		[at.tenant_id, LONG, SITES],
	);
	await database.close();
	const body = {
		name: LONG,
		integration: LONG,
		owner: { name: LONG, email: "dana@example.com" },
		labels: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`label-${index}`, LONG])),
		permissions: [...permissions, "tenant:read"],
		site_ids: Array.from({ length: SITES - 1 }, (_, index) => `shop-${index + 1}`),
		allowed_ips: ["127.0.0.1", ...Array.from({ length: NETWORKS - 1 }, (_, index) => `10.0.${index}.0/24`)],
		rate_limits,
	};
	expectStatus(await server.management(at.tenant_id, "PATCH", `/api-keys/${at.key.id}`, body), 200);
	return at;
}

async function assertAtMostTwoScreens(page: Page, what: string): Promise<void> {
	const height = await page.evaluate<number>("document.documentElement.scrollHeight");
	ok(height <= HEIGHT_MAX_PX, `${what}: ${height} px`);
}

test("each tab of a key with as much as possible is at most two screens, and has an address that lasts", async () => {
	const at = await keyWithEverything();
	for (let bot = 1; bot < CLIENTS; bot += 1)
		expectStatus(await check(at, { "user-agent": "order-bot/1", "x-keywright-client": `worker-${bot === LONG_BOT ? "w".repeat(50) : bot}` }), 200);
	expectStatus(await check(at, { "user-agent": AGENT }), 200);
	await open(at);
	const { page } = at;
	for (const name of ["Overview", "Clients", "Refusals", "Versions", "Settings"] as const) {
		await openTab(page, name);
		await assertAtMostTwoScreens(page, name);
		equal(new URL(page.url()).pathname.split("/").at(-1), name === "Overview" ? at.key.id : name.toLowerCase());
	}
	const facts = page.getByRole("region", { name: "Settings" });
	await facts.getByText(`${SITES - 1} of ${SITES} sites`).waitFor();
	await facts.getByRole("button", { name: "Show the sites" }).press("Enter");
	await facts.getByLabel("Search the sites").fill("shop 17");
	await facts.getByText(`1 of ${SITES - 1} match`).waitFor();
	await assertCount(facts.getByRole("list", { name: "sites" }).getByRole("listitem"), 1);
	await facts.getByRole("button", { name: "Show the networks" }).click();
	await facts.getByText("10.0.62.0/24").waitFor();
	const rights = page.getByRole("region", { name: "Permissions" });
	await rights.getByRole("button", { name: /All labels.*all 5/ }).click();
	await rights.getByText("labels:do_3", { exact: true }).waitFor();
	await axe(page);
	await picture(page, "key-page-settings-long");
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	await page.setViewportSize({ width: 1_280, height: 800 });
	await page.goBack();
	await page.getByRole("region", { name: "Versions of this key" }).waitFor();
	await openTab(page, "Clients");
	await page.getByText(`1–25 of ${CLIENTS} clients`, { exact: false }).waitFor();
	await button(page, "Next page").click();
	await page.getByText(`26–${CLIENTS} of ${CLIENTS} clients`, { exact: false }).waitFor();
	await page.setViewportSize(PHONE);
	await page.getByLabel("Search clients").fill("wwww");
	await page.locator("[data-source]").getByText(/w{50}/).first().waitFor();
	await assertNoSidewaysScrolling(page);
	await page.getByLabel("Search clients").fill("");
	await page.setViewportSize({ width: 1_280, height: 800 });
	await page.getByText("Not distinguished 1", { exact: true }).click();
	await page.waitForURL(/show=ambiguous/);
	const rows = page.locator("[data-source]");
	await assertCount(rows, 1);
	await rows.getByText("Library name only").waitFor();
	await page.getByText(`All ${CLIENTS}`, { exact: true }).click();
	await button(page, "Client").click();
	await page.getByLabel("Search clients").fill("worker-2");
	await page.waitForURL(/find=worker-2/);
	await assertCount(rows, 11);
	await page.reload();
	await assertCount(rows, 11);
	await eventually(async () => match((await rows.first().textContent()) ?? "", /^worker-2Not named/));
	await axe(page);
	await page.getByLabel("Search clients").fill("nobody");
	await button(page, `Show all ${CLIENTS}`).click();
	await page.setViewportSize(PHONE);
	await assertCount(rows, 10);
	await assertNoSidewaysScrolling(page);
	await page.setViewportSize({ width: 1_280, height: 800 });
	await page.goto(page.url().replace("/clients", "/nothing-here"));
	await page.getByRole("region", { name: "Facts" }).waitFor();
	ok(!page.url().includes("nothing-here"), "an unknown tab is the overview");
	assertNoPageErrors(at.context);
});

test("the page of an unused key shows that it is unused, and how to try it", async () => {
	const at = await there();
	await open(at);
	const { page } = at;
	await page.getByText("No request in the last 24 hours").waitFor();
	await page.getByText(`GET /api/v1/m2m/tenants/${at.tenant_id}/limits`).waitFor();
	await page.getByText("It was shown once, and no request was made with it yet.", { exact: false }).waitFor();
	await axe(page);
	await picture(page, "key-page-new");
	await openTab(page, "Clients");
	await page.getByText("No client yet").waitFor();
	await openTab(page, "Refusals");
	await page.getByText("No request was refused in the last 24 hours.").waitFor();
	assertNoPageErrors(at.context);
});

test("a pending handover can be cancelled or renewed, and the page shows who revealed it", async () => {
	const at = await there({ key: { name: "prod-handed", handover: {} } });
	await open(at);
	const { page } = at;
	const delivery = page.getByRole("region", { name: "Getting it to its server" });
	await delivery.locator("[data-handover=waiting]").waitFor();
	await page.locator("[data-matter=unrevealed]").getByText("So nothing can use it.").waitFor();
	await picture(page, "key-page-waiting");
	await delivery.getByRole("button", { name: "Cancel this link" }).click();
	await delivery.locator("[data-handover=cancelled]").waitFor();
	await delivery.getByRole("button", { name: "Make a new link" }).click();
	const link = (await delivery.getByRole("group", { name: "One-time link" }).textContent()) ?? "";
	const body = { token: new URL(link).hash.slice(1), name: "Max Muster" };
	const revealed = expectStatus(await dashboard.server.send({ method: "POST", path: "/api/v1/handovers/reveal", body }), 200);
	const { raw_key } = revealed.as<{ raw_key: string }>();
	await delivery.locator("[data-handover=claimed]").getByText("by Max Muster", { exact: false }).waitFor();
	expectStatus(await dashboard.server.keyed(raw_key, "GET", `/tenants/${at.tenant_id}/limits`), 200);
	await delivery.locator("[data-live=authenticated]").waitFor();
	await open(at);
	await assertCount(delivery, 0);
	await openTab(page, "Settings");
	await eventually(async () =>
		match((await page.getByRole("region", { name: "Settings" }).textContent()) ?? "", /Revealed(just now|.* ago), by Max Muster/),
	);
	ok(!(await page.content()).includes(raw_key), "the raw key is in the page");
	assertNoPageErrors(at.context);
});

test("a paused key is refused and works again when it is resumed", async () => {
	const at = await there();
	expectStatus(await check(at), 200);
	await open(at);
	const { page } = at;
	const pause = button(page, "Pause this key");
	await pause.click();
	const dialog = page.getByRole("dialog", { name: "Pause this key" });
	await dialog.getByText("every request with it is refused", { exact: false }).waitFor();
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	await pause.and(page.locator(":focus")).waitFor();
	expectStatus(await check(at), 200);
	await pause.click();
	await dialog.getByRole("button", { name: "Pause this key" }).click();
	await page.locator("[data-matter=paused]").getByText("Every request with it is refused until it is resumed.").waitFor();
	equal(expectStatus(await check(at), 403).code, "key_paused");
	await picture(page, "key-page-paused");
	await button(page, "Resume this key").click();
	await page.locator("[data-matter=paused]").waitFor({ state: "detached" });
	expectStatus(await check(at), 200);
	assertNoPageErrors(at.context);
});

test("all settings of a key are changed in one sheet and apply to the next request", async () => {
	const at = await there({
		key: { permissions: ["tenant:read", "sites:read"], site_ids: null, labels: { team: "checkout" }, expires_at: null, rotate_every_days: 45 },
	});
	const site = await makeSite(dashboard.server, at.tenant_id, { id: newName("shop"), name: "Shop in Ghent", environment: "prod" });
	expectStatus(await dashboard.server.keyed(at.key.raw_key, "GET", `/sites/${site.id}`), 200);
	await open(at);
	const { page } = at;
	await openMenu(page, "Edit this key");
	const sheet = page.getByRole("dialog", { name: "Edit this key" });
	await sheet.getByLabel("Name", { exact: true }).fill("prod-invoice-bot");
	await sheet.getByLabel("What is it for?").fill("invoices");
	await sheet.getByLabel("Who is responsible?").fill("Max Muster");
	await sheet.getByLabel("Their e-mail address").fill("max@example.com");
	await sheet.getByRole("checkbox", { name: "sites:read" }).uncheck();
	await sheet.getByRole("radio", { name: "Only these" }).check();
	await sheet
		.getByRole("combobox", { name: "Sites" })
		.or(sheet.getByRole("textbox", { name: "Sites" }))
		.first()
		.click();
	await page.getByRole("option", { name: /Shop in Ghent/ }).click();
	await page.keyboard.press("Escape");
	await sheet.getByLabel("Addresses").fill("127.0.0.0/8");
	await sheet.getByLabel("Addresses").press("Enter");
	await eventually(async () => equal(await sheet.getByLabel("Replace it every").first().inputValue(), "45 days"));
	await sheet.getByLabel("When it is due").first().click();
	await page.getByRole("option", { name: "The program rotates it itself" }).click();
	await sheet.getByText("for which it needs the permission key:rotate").waitFor();
	await sheet.getByLabel("Value of label 1").fill("billing");
	await button(page, "Add a label", "[role=dialog]").click();
	await button(page, "Save changes", "[role=dialog]").click();
	await sheet.getByText("Give every label a name, or remove it").waitFor();
	await sheet.getByLabel("Name of label 2").fill("cost");
	await axe(page);
	await picture(page, "key-page-edit");
	await button(page, "Save changes", "[role=dialog]").click();
	await sheet.waitFor({ state: "detached" });
	await page.getByRole("heading", { level: 1, name: "prod-invoice-bot" }).waitFor();
	const now = await keyNow(at);
	deepEqual(
		[
			now.name,
			now.integration,
			now.owner,
			now.permissions,
			now.site_ids,
			now.allowed_ips,
			now.labels,
			now.expires_at,
			now.rotate_every_days,
			now.auto_rotate,
		],
		[
			"prod-invoice-bot",
			"invoices",
			{ name: "Max Muster", email: "max@example.com" },
			["tenant:read"],
			[site.id],
			["127.0.0.0/8"],
			{ team: "billing", cost: "" },
			null,
			45,
			"self",
		],
	);
	equal(expectStatus(await dashboard.server.keyed(at.key.raw_key, "GET", `/sites/${site.id}`), 403).code, "permission_missing");
	await page.getByRole("region", { name: "Facts" }).getByText("Shop in Ghent").waitFor();
	assertNoPageErrors(at.context);
});

test("changes are not dropped without a question, and a concurrent change by another person is shown before it is overwritten", async () => {
	const at = await there({ key: { name: "prod-a" } });
	await open(at);
	const { page } = at;
	await openTab(page, "Settings");
	await button(page, "Edit").click();
	const sheet = page.getByRole("dialog", { name: "Edit this key" });
	await sheet.getByLabel("Name", { exact: true }).fill("prod-mine");
	const question = page.getByRole("dialog", { name: "Drop what you filled in?" });
	for (const leave of [
		() => page.keyboard.press("Escape"),
		() => button(page, "Close without saving", "[role=dialog]").last().click(),
		() => page.goBack(),
	]) {
		await leave();
		await question.getByText("Your changes are not saved.").waitFor();
		await question.getByRole("button", { name: "Back to the form" }).last().click();
		await question.waitFor({ state: "detached" });
		await eventually(async () => equal(await sheet.getByLabel("Name", { exact: true }).inputValue(), "prod-mine"));
	}
	const theirs = { name: "prod-theirs", integration: "their program" };
	expectStatus(await dashboard.server.management(at.tenant_id, "PATCH", `/api-keys/${at.key.id}`, theirs), 200);
	await button(page, "Save changes", "[role=dialog]").click();
	const conflict = sheet.locator("[data-meanwhile]");
	await eventually(async () =>
		match((await conflict.textContent()) ?? "", /Name: prod-theirs; saving writes yours in its place.*Integration: their program; that stays/),
	);
	equal((await keyNow(at)).name, "prod-theirs");
	await eventually(async () => equal(await sheet.getByLabel("What is it for?").inputValue(), "their program"));
	await button(page, "Save all the same", "[role=dialog]").click();
	await sheet.waitFor({ state: "detached" });
	const now = await keyNow(at);
	deepEqual([now.name, now.integration], ["prod-mine", "their program"]);
	assertNoPageErrors(at.context);
});

describe("revoking", () => {
	test("revoking a key in use requires its name, shows what breaks, and refuses the next request permanently", async () => {
		const at = await there({ key: { name: "prod-order-bot" } });
		for (let sent = 0; sent < 3; sent += 1) expectStatus(await check(at, { "user-agent": AGENT, "x-keywright-client": CLIENT }), 200);
		await open(at);
		const { page } = at;
		await openMenu(page, "Revoke this key");
		const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
		const impact = dialog.locator("[data-impact]");
		await impact.getByRole("list", { name: "Used from" }).waitFor();
		await eventually(async () =>
			match((await impact.textContent()) ?? "", /Last hour3 requestsLast day3 requestsLast week3 requests.*order-server-1 127\.0\.0\.0\/24, used /),
		);
		const revoke = dialog.getByRole("button", { name: "Revoke for good" });
		await eventually(async () => ok(await revoke.isDisabled()));
		await dialog.getByRole("radio", { name: "It may have leaked" }).check();
		await eventually(async () => ok(await revoke.isDisabled()));
		await dialog.getByLabel('Type "prod-order-bot" to confirm').fill("prod-order-bo");
		await eventually(async () => ok(await revoke.isDisabled()));
		expectStatus(await check(at), 200);
		await dialog.getByLabel("Note").fill("seen in a chat");
		await dialog.getByLabel('Type "prod-order-bot" to confirm').fill("prod-order-bot");
		await axe(page);
		await picture(page, "key-page-revoke");
		await revoke.click();
		const notice = page.locator("[data-revoked]");
		await eventually(async () => match((await notice.textContent()) ?? "", /Revoked by Olivia Owner .*Why: it may have leaked/));
		equal(expectStatus(await check(at), 401).code, "key_revoked");
		equal((await keyNow(at)).revoke_reason, "suspected_exposure");
		await assertCount(page.getByRole("region", { name: "Stop this key" }), 0);
		await button(page, "More actions").click();
		await page.getByRole("menuitem").first().waitFor();
		deepEqual(await page.getByRole("menuitem").allTextContents(), ["Copy the key's id"]);
		await page.keyboard.press("Escape");
		await axe(page);
		await picture(page, "key-page-revoked");
		assertNoPageErrors(at.context);
	});

	test("revoking an unused key requires only a reason", async () => {
		const at = await there({ role: "admin" });
		await open(at);
		const { page } = at;
		await openMenu(page, "Revoke this key");
		const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
		await dialog.getByText("Nothing has used this key yet").waitFor();
		await dialog.getByRole("radio", { name: "The integration is retired" }).check();
		await dialog.getByRole("button", { name: "Revoke for good" }).click();
		await page.locator("[data-revoked]").waitFor();
		equal((await keyNow(at)).status, "revoked");
		assertNoPageErrors(at.context);
	});

	test("the dialog offers to pause the key instead", async () => {
		const at = await there();
		await open(at);
		const { page } = at;
		await openMenu(page, "Revoke this key");
		const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
		await dialog.getByRole("button", { name: "Pause it instead" }).click();
		await dialog.waitFor({ state: "detached" });
		equal(expectStatus(await check(at), 403).code, "key_paused");
		equal((await keyNow(at)).status, "paused");
		assertNoPageErrors(at.context);
	});
});

test("a viewer sees everything, can change nothing, and sees who can", async () => {
	const at = await there({ role: "viewer" });
	const owner = await memberIn(browser, dashboard.server, newPerson("Oscar Owner"), { tenant_id: at.tenant_id, role: "owner" });
	expectStatus(await check(at), 200);
	await open(at);
	const { page } = at;
	const forbidden = ["Replace this key", "Pause this key", "Edit", "Revoke for good", "Name it", "Issue it again"];
	const nothingToChange = async (): Promise<void> => {
		for (const name of forbidden) await assertCount(page.locator("main").getByText(name, { exact: true }), 0, name);
		await assertCount(button(page, "More actions"), 0);
	};
	await nothingToChange();
	await openTab(page, "Clients");
	await page.locator("[data-source]").waitFor();
	await nothingToChange();
	await openTab(page, "Overview");
	await page.getByRole("link", { name: "Who can change it" }).click();
	await page.locator("[data-missing=role]").getByText("Oscar Owner", { exact: false }).waitFor();
	await nothingToChange();
	await axe(page);
	await picture(page, "key-page-viewer");
	assertNoPageErrors(at.context, owner.context);
});

test("the page of an unknown key says so and links back", async () => {
	const at = await there();
	const { page } = at;
	await page.goto(`${dashboard.url}/settings/api-access/key_none?tenant=${at.tenant_id}`);
	await page.getByRole("heading", { level: 1, name: "There is no key here" }).waitFor();
	await axe(page);
	await page.locator("main").getByRole("link", { name: "API Access" }).click();
	await page.getByRole("heading", { level: 1, name: "API Access" }).waitFor();
	assertNoPageErrors(at.context);
});

test("hostile text is shown as text in every field of the page and its dialogs", async () => {
	const name = `bot ${HOSTILE}`;
	const key = { name, integration: HOSTILE, owner: { name: HOSTILE }, labels: { [HOSTILE]: HOSTILE } };
	const at = await there({ key });
	const site = await makeSite(dashboard.server, at.tenant_id, { name: `Site ${HOSTILE}`, environment: "prod" });
	expectStatus(await dashboard.server.management(at.tenant_id, "PATCH", `/api-keys/${at.key.id}`, { site_ids: [site.id] }), 200);
	expectStatus(await check(at, { "user-agent": HOSTILE, "x-keywright-client": "<b>client</b>" }), 200);
	await open(at);
	const { page } = at;
	await page.getByRole("heading", { level: 1, name }).waitFor();
	await page.getByText(`Site ${HOSTILE}`).first().waitFor();
	await openTab(page, "Settings");
	await page.getByText(`${HOSTILE} = ${HOSTILE}`).waitFor();
	await openTab(page, "Clients");
	await page.locator("[data-source]").first().getByRole("button").click();
	await page.getByLabel("Name of this client").fill(HOSTILE);
	await button(page, "Save the name").click();
	await page.getByRole("button", { name: `Rename ${HOSTILE}` }).waitFor();
	await openMenu(page, "Edit this key");
	await page.getByRole("dialog", { name: "Edit this key" }).getByLabel("Value of label 1").waitFor();
	await page.keyboard.press("Escape");
	await openMenu(page, "Revoke this key");
	const dialog = page.getByRole("dialog", { name: "Revoke this key for good" });
	await dialog.getByLabel("Note").fill(HOSTILE);
	await dialog.getByRole("radio", { name: "Another reason" }).check();
	await dialog.getByLabel(`Type "${name}" to confirm`).fill(name);
	await dialog.getByRole("button", { name: "Revoke for good" }).click();
	await page.locator("[data-revoked]").waitFor();
	await assertCount(page.locator("img[src=x], main b"), 0);
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	assertNoPageErrors(at.context);
});

describe("a key that others could read", () => {
	const BROWSER = { origin: "https://shop.example", "user-agent": "order-bot/2.0" };

	test("says where it was seen, with one button that replaces it", async () => {
		const at = await there({ key: { name: "prod-order-bot", permissions: ["tenant:read"] } });
		expectStatus(await check(at, BROWSER), 403);
		expectStatus(await dashboard.server.keyed(at.key.raw_key, "GET", `/whoami?key=${at.key.raw_key}`), 200);
		await open(at);
		const { page } = at;
		const exposed = page.getByRole("region", { name: "This key is exposed" });
		await exposed.getByText("In a URL").waitFor();
		await exposed.getByText("From a browser").waitFor();
		await exposed.getByText(/^by order-bot, 127\.0\.0\.0\/24$/).waitFor();
		await picture(page, "key-exposed");
		await exposed.getByRole("link", { name: "Replace this key" }).click();
		await page.getByRole("dialog", { name: /^Replace/ }).waitFor();
		assertNoPageErrors(at.context);
	});

	test("is refused or let in there as its key or its tenant decides, from the moment it is saved", async () => {
		const at = await there({ key: { name: "prod-order-bot", permissions: ["tenant:read"] } });
		await open(at);
		const { page } = at;
		await openTab(page, "Settings");
		const of_key = page.getByRole("region", { name: "In browsers and apps" });
		await of_key.getByText("so requests from browsers and apps are refused").waitFor();
		equal(await of_key.getByRole("radio").count(), 0, "one line with the present value");
		await of_key.getByRole("button", { name: "Edit: In browsers and apps" }).click();
		await of_key.getByRole("radio", { name: /^Let in and record/ }).click();
		await picture(page, "key-policy");
		await axe(page);
		await of_key.getByRole("button", { name: "Save this decision" }).click();
		await of_key.getByRole("button", { name: "Save this decision" }).waitFor({ state: "detached" });
		expectStatus(await check(at, BROWSER), 200);
		await of_key.getByRole("button", { name: "Edit: In browsers and apps" }).and(page.locator(":focus")).waitFor();
		await of_key.getByText("Let in and record.", { exact: true }).waitFor();
		await page.keyboard.press("Enter");
		await of_key.getByRole("radio", { name: /^As the tenant decides/ }).click();
		await of_key.getByRole("button", { name: "Save this decision" }).click();
		await of_key.getByRole("button", { name: "Save this decision" }).waitFor({ state: "detached" });
		expectStatus(await check(at, BROWSER), 403);
		await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Settings" }).first().click();
		const of_tenant = page.getByRole("region", { name: "Keys in browsers and apps" });
		await of_tenant.getByRole("button", { name: "Edit: Keys in browsers and apps" }).click();
		await of_tenant.getByRole("radio", { name: /^Let in and record/ }).click();
		await of_tenant.getByRole("button", { name: "Save this decision" }).click();
		await of_tenant.getByRole("button", { name: "Save this decision" }).waitFor({ state: "detached" });
		expectStatus(await check(at, BROWSER), 200);
		await picture(page, "tenant-policy");
		assertNoPageErrors(at.context);
	});
});
