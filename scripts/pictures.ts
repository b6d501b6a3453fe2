// npm run pictures: takes the README's pictures (docs/pictures/*.png) from a running dashboard with an invented tenant.
// The data is created through the API, except the requests of the last day, which are inserted into the usage tables.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { joinBy, openBrowser, startDashboard, waitUntilLoaded } from "../e2e/browser/browser.ts";
import { Database } from "../e2e/database.ts";
import type { Server } from "../e2e/server.ts";
import { expectStatus, makeKey, makeSite } from "../e2e/things.ts";
import { ROOT } from "./execute.ts";

const FOLDER = join(ROOT, "docs/pictures");
const TENANT = "acme";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The age of the rotation in the picture. */
const MINUTES = 30;
const REPLACED = "prod-warehouse-sync";
/** Usage is flushed after one second. */
const FLUSHED_MS = 2_500;
const HOURS = 24;
const SIZE = { width: 1_280, height: 820 };
/** A viewport that shows a complete key page. */
const LONG = { width: 1_280, height: 800 };
const TALL = { width: 1_280, height: 900 };
const PHONE = { width: 390, height: 844 };
const DANA = { name: "Dana Osei", email: "dana@acme.example", password: "a long walk by the sea" };

const PROFILE = {
	product_name: "Orderly",
	api_base_url: "https://api.orderly.example",
	support_url: "https://orderly.example/support",
	status_url: "https://status.orderly.example",
	upgrade_url: "https://orderly.example/plans",
	documentation_url: "https://docs.orderly.example",
};

const KEYS = [
	{ name: "prod-order-bot", environment: "prod", integration: "order-bot", owner: "Dana Osei", busiest: 900, refused: 3 },
	{ name: "prod-warehouse-sync", environment: "prod", integration: "warehouse-sync", owner: "Ilse Brandt", busiest: 420, refused: 0 },
	{ name: "staging-crm-sync", environment: "staging", integration: "crm-sync", owner: "Ilse Brandt", busiest: 60, refused: 12 },
	{ name: "prod-invoice-export", environment: "prod", integration: "invoice-export", owner: "Tomás Vidal", busiest: 24, refused: 0 },
	{ name: "dev-support-prototype", environment: "dev", integration: "support-prototype", owner: "Tomás Vidal", busiest: 0, refused: 0 },
] as const;

/** Requests per hour of a day, the same in each run. */
function requestsIn(hour: number, busiest: number): number {
	return Math.round(busiest * (0.35 + 0.65 * Math.sin((Math.PI * (hour + 2)) / (HOURS + 3)) ** 2));
}

async function writeDay(database: Database, key: { id: string; kid: string }, traffic: { busiest: number; refused: number }): Promise<void> {
	const end = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
	for (let hour = 0; hour < HOURS; hour += 1) {
		const start = new Date(end - (HOURS - 1 - hour) * HOUR_MS).toISOString();
		const counts: [string, number][] = [["allowed", requestsIn(hour, traffic.busiest)]];
		if (traffic.refused > 0 && hour % 7 === 3) counts.push(["permission_missing", traffic.refused]);
		for (const [code, requests] of counts) {
			if (requests === 0) continue;
			await database.rows(
				"insert into usage_keys (tenant_id, key_id, kid, granularity_seconds, start, code, requests) values ($1, $2, $3, 3600, $4, $5, $6)",
				[TENANT, key.id, key.kid, start, code, requests],
			);
			await database.rows(
				"insert into usage_operations as u (tenant_id, site_id, operation, granularity_seconds, start, code, requests) values ($1, '', 'GET /orders', 3600, $2, $3, $4) on conflict (tenant_id, site_id, operation, granularity_seconds, start, code) do update set requests = u.requests + excluded.requests",
				[TENANT, start, code, requests],
			);
		}
	}
}

/** Uses the key from two real programs, for "used from" and the connectivity check. */
async function use(server: Server, raw_key: string, agents: readonly string[]): Promise<void> {
	for (const agent of agents) {
		for (let round = 0; round < 3; round += 1) {
			const headers = { "x-api-key": raw_key, "user-agent": agent };
			expectStatus(await server.send({ method: "GET", path: `/api/v1/m2m/tenants/${TENANT}/limits`, headers }), 200);
		}
	}
}

interface Furnished {
	readonly busiest_id: string;
	/** Raw keys by the names of their keys. */
	readonly raw_keys: ReadonlyMap<string, string>;
	readonly replaced: { readonly id: string; readonly raw_key: string; readonly kid: string };
}

/** The programs that use the key, by the names that their owner gave them; the first ones have moved. */
const PLACES: Readonly<Record<string, string>> = { "order-bot": "Order server", "nightly-report": "Nightly report", "backup-job": "Backup script" };
const MOVED = ["order-bot/1.2", "nightly-report/2.3"];

/** Moves all recorded uses of the key back by half an hour, and inserts the requests of that time. */
async function letPass(database: Database, key_id: string, old_kid: string, new_kid: string): Promise<void> {
	const ago = (names: string[]) => names.map((name) => `${name} = ${name} - $2::integer * interval '1 second'`).join(", ");
	const shift = (table: string, names: string[], more = "", where = "key_id = $1") =>
		database.rows(`update ${table} set ${ago(names)}${more} where ${where}`, [key_id, MINUTES * 60]);
	await shift("secret_sources", ["first_seen_at", "last_seen_at", "gap_window_started_at"], ", sightings = greatest(sightings, 9)");
	await shift("secret_activity", ["first_used_at"], "", "kid in (select kid from secrets where key_id = $1)");
	await shift("rotations", ["started_at"]);
	await shift("secrets", ["created_at"]);
	const now = Math.floor(Date.now() / MINUTE_MS);
	for (let minute = -MINUTES; minute <= MINUTES; minute += 1) {
		const moved = 1 / (1 + Math.exp((MINUTES / 2 - minute) / 2.5));
		const counts: [string, number][] = [
			[old_kid, Math.round(60 * (1 - moved) + 4 + 3 * Math.sin(minute))],
			[new_kid, Math.round(60 * moved)],
		];
		for (const [kid, requests] of counts) {
			if (requests === 0) continue;
			const start = new Date((now - MINUTES + minute) * MINUTE_MS).toISOString();
			await database.rows(
				"insert into usage_keys (tenant_id, key_id, kid, granularity_seconds, start, code, requests) values ($1, $2, $3, 60, $4, 'allowed', $5) on conflict do nothing",
				[TENANT, key_id, kid, start, requests],
			);
		}
	}
}

/** Rotates the key and moves all of its sources but one. Returns the rotation's id. */
async function replaceHalfway(server: Server, { id, raw_key, kid }: Furnished["replaced"]): Promise<string> {
	const ofKey = (method: string, rest: string, body?: unknown) => server.management(TENANT, method, `/api-keys/${id}${rest}`, body);
	const sources = () => ofKey("GET", "/sources").then((answer) => expectStatus(answer, 200).as<{ data: { id: string; agent: string }[] }>().data);
	await use(server, raw_key, [...MOVED, "backup-job/0.9"]);
	await sleep(FLUSHED_MS);
	for (const { id: source_id, agent } of await sources()) {
		const name = PLACES[agent];
		if (name) expectStatus(await server.management(TENANT, "PUT", `/sources/${source_id}`, { name }), 200);
	}
	const begun = expectStatus(await ofKey("POST", "/rotate", {}), 201).as<{
		raw_key: string;
		rotation: { id: string; successor: { kid: string } };
	}>();
	await use(server, begun.raw_key, MOVED);
	await sleep(FLUSHED_MS);
	await sources();
	const database = await Database.open(server.data_dir);
	await letPass(database, id, kid, begun.rotation.successor.kid);
	await database.close();
	await use(server, begun.raw_key, MOVED);
	await use(server, raw_key, ["backup-job/0.9"]);
	await sleep(FLUSHED_MS);
	return begun.rotation.id;
}

async function furnish(server: Server): Promise<Furnished> {
	expectStatus(await server.operator("PUT", "/api-profile", PROFILE), 200);
	expectStatus(
		await server.operator("PUT", "/plans/growth", {
			name: "Growth",
			capabilities: ["m2m_api", "documents"],
			rate_limits: [{ name: "burst", requests: 100, window_seconds: 60, per: "key" }],
			quota_requests_per_month: 500_000,
			limits: { sites: 5, api_keys: 20, documents: 10_000, storage_bytes: 1_073_741_824, document_bytes: 52_428_800 },
		}),
		200,
	);
	expectStatus(await server.operator("PUT", `/tenants/${TENANT}`, { name: "Acme Ltd", plan_id: "growth" }), 200);
	await makeSite(server, TENANT, { id: "shop", name: "Acme shop", environment: "prod" });
	await makeSite(server, TENANT, { id: "shop-staging", name: "Acme shop, staging", environment: "staging" });
	const database = await Database.open(server.data_dir);
	let [busiest_id, replaced] = ["", { id: "", raw_key: "", kid: "" }];
	const raw_keys = new Map<string, string>();
	for (const { busiest, refused, ...fields } of [...KEYS].reverse()) {
		const made = await makeKey(server, TENANT, fields);
		await writeDay(database, { id: made.id, kid: made.key.secrets[0]?.kid ?? "" }, { busiest, refused });
		if (busiest > 0) await use(server, made.raw_key, MOVED);
		if (fields.name === REPLACED) replaced = { id: made.id, raw_key: made.raw_key, kid: made.key.secrets[0]?.kid ?? "" };
		busiest_id = made.id;
		raw_keys.set(fields.name, made.raw_key);
	}
	await database.close();
	return { busiest_id, raw_keys, replaced };
}

/** Requests that are refused, with the number of times: a key, a client and a path each. */
const REFUSED = [
	{ key: "prod-order-bot", client: "nightly-export", path: "sites/shop-staging/documents", times: 14 },
	{ key: "staging-crm-sync", client: "crm-sync", path: "sites/shop/documents", times: 9 },
	{ key: "prod-invoice-export", client: "invoice-job", path: "tenants/acme-berlin/usage", times: 4 },
] as const;
const CUT_OFF_TIMES = 3;

/** Sends requests that are refused, each for another reason. Returns the id of the first. */
async function beRefused(server: Server, raw_keys: Furnished["raw_keys"]): Promise<string> {
	const send = (raw_key: string, client: string, path: string) =>
		server.send({ method: "GET", path: `/api/v1/m2m/${path}`, headers: { "x-api-key": raw_key, "user-agent": `${client}/1.0` } });
	const ids: string[] = [];
	for (const { key, client, path, times } of REFUSED)
		for (let sent = 0; sent < times; sent += 1) ids.push(String((await send(raw_keys.get(key) ?? "", client, path)).headers["x-request-id"]));
	for (let sent = 0; sent < CUT_OFF_TIMES; sent += 1) await send((raw_keys.get(REPLACED) ?? "").slice(0, -9), "warehouse", "whoami");
	await sleep(FLUSHED_MS);
	return ids[0] ?? "";
}

async function take(page: Page, name: string, colorScheme: "light" | "dark"): Promise<void> {
	await page.emulateMedia({ colorScheme });
	await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: "attached" });
	await waitUntilLoaded(page);
	await page.evaluate("document.fonts.ready.then(() => true)");
	await page.screenshot({ path: join(FOLDER, `${name}.png`) });
	console.log(`docs/pictures/${name}.png`);
}

mkdirSync(FOLDER, { recursive: true });
const dashboard = await startDashboard();
const browser = await openBrowser();
try {
	const { server, url } = dashboard;
	const { busiest_id, raw_keys, replaced } = await furnish(server);
	const invited = expectStatus(await server.management(TENANT, "POST", "/invitations", { role: "owner" }), 201).as<{ url: string }>();
	const context = await browser.person({ viewport: SIZE, deviceScaleFactor: 1 });
	await joinBy(context, invited.url, DANA);
	const page = await context.newPage();
	await page.goto(`${url}/settings/api-access?tenant=${TENANT}`);
	await page.getByRole("heading", { level: 1, name: "API Access" }).waitFor();
	await take(page, "api-access", "light");
	await page.setViewportSize(LONG);
	await page.goto(`${url}/settings/api-access/${busiest_id}?tenant=${TENANT}`);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await take(page, "key", "dark");
	const rotation_id = await replaceHalfway(server, replaced);
	await page.setViewportSize(TALL);
	await page.goto(`${url}/settings/api-access/${replaced.id}/rotations/${rotation_id}?tenant=${TENANT}`);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await take(page, "replacing", "light");
	await page.setViewportSize(LONG);
	await page.goto(`${url}/activity?tenant=${TENANT}&explain=${await beRefused(server, raw_keys)}`);
	await page.getByText("What was checked, in order").waitFor();
	await take(page, "activity", "light");
	const handed = expectStatus(
		await server.management(TENANT, "POST", "/api-keys", {
			name: "prod-returns-desk",
			environment: "prod",
			owner: "Dana Osei",
			integration: "returns-desk",
			handover: {},
		}),
		201,
	).as<{ handover_url: string }>();
	const phone = await (await browser.person({ viewport: PHONE, deviceScaleFactor: 1 })).newPage();
	await phone.goto(handed.handover_url);
	await phone.getByRole("heading", { level: 1 }).waitFor();
	await take(phone, "reveal", "light");
} finally {
	await browser.close();
	await dashboard.stop();
}
