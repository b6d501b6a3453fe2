/** The page of an exposed key: found from the key, the steps in order, what it touched, printed and downloaded; hostile and large. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { Database } from "../database.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	type Dashboard,
	eventually,
	inviteTo,
	joinBy,
	OLIVIA,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	VERA,
} from "./browser.ts";

const HOSTILE = `<img src=x onerror="alert(1)">'"\\ מספרה ${"a-name-without-a-space-".repeat(6)}`;
const OPERATIONS = 60;

let dashboard: Dashboard;
let browser: TestBrowser;
let database: Database;
let tenant_id: string;
let olivia: BrowserContext;
before(async () => {
	dashboard = await startDashboard();
	database = await Database.open(dashboard.server.data_dir);
	browser = await openBrowser();
	const { server } = dashboard;
	({ id: tenant_id } = await makeTenant(server, { plan_id: await makePlan(server) }));
	olivia = await browser.person();
	await joinBy(olivia, await inviteTo(server, tenant_id, "owner"), OLIVIA);
});
after(async () => {
	await browser?.close();
	await database?.close();
	await dashboard?.stop();
});

/** A key that was sent in a URL; the refusal of such a request is stored within two seconds. */
async function exposedKey(name: string): Promise<MadeKey> {
	const { server } = dashboard;
	const made = await makeKey(server, tenant_id, { name });
	await server.send({ method: "GET", path: `/api/v1/m2m/whoami?key=${made.raw_key}` });
	await eventually(async () => {
		const found = await server.management(tenant_id, "GET", `/api-keys/${made.id}`);
		ok(found.as<{ exposed_at: string | null }>().exposed_at !== null);
	});
	return made;
}

const pageOf = (key: MadeKey, rest = "") => `${dashboard.url}/settings/api-access/${key.id}${rest}?tenant=${tenant_id}`;

test("from the notice on the key's page an owner sees what an exposed key touched, downloads it without the key, and revokes it", async () => {
	const key = await exposedKey("prod-order-bot");
	await database.rows(
		"insert into usage_by_source select tenant_id, current_date, id, '', 'GET /tenants/:tenant_id/orders', 'src_x', '198.51.100.0/24', 'curl', null, 'allowed', false, 12 from keys where id = $1",
		[key.id],
	);
	const page: Page = await olivia.newPage();
	await page.goto(pageOf(key));
	await page.getByRole("link", { name: "See what it could and did touch, and what to do" }).click();
	await page.getByRole("heading", { level: 1, name: "Exposed key" }).waitFor();
	deepEqual(await page.getByRole("list", { name: "Steps" }).getByRole("listitem").locator("p:first-of-type").allInnerTexts(), [
		"Replace the key now",
		"Revoke it, if it is misused",
		"Let it in from your own addresses only",
	]);
	match(
		await page.getByRole("table", { name: "What the key touched since it was exposed" }).innerText(),
		/GET \/tenants\/:tenant_id\/orders[\s\S]*12/,
	);
	match(await page.getByRole("list", { name: "What happened" }).innerText(), /created this key[\s\S]*Seen first: in a URL/);
	await picture(page, "incident");
	const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
	const saved = readFileSync(await download.path(), "utf8");
	equal(JSON.parse(saved).key.id, key.id);
	ok(!saved.includes(key.raw_key) && !saved.includes(key.raw_key.slice(-24)), "the file has no part of the secret");
	await page.getByRole("link", { name: "Revoke" }).click();
	await page.getByRole("dialog", { name: /Revoke/ }).waitFor();
	const { server } = dashboard;
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/revoke`, { reason: "suspected_exposure" }), 200);
	await page.goto(pageOf(key, "/incident"));
	await page.getByText("The key is revoked, so it opens nothing any more.").waitFor();
	match(await page.getByRole("list", { name: "What happened" }).innerText(), /revoked this key/);
	await page.close();
	assertNoPageErrors(olivia);
});

test("hostile names and many operations stay in their place, in light, dark and on a phone", async () => {
	const key = await exposedKey(HOSTILE.slice(0, 120));
	await database.rows(
		"insert into usage_by_source select tenant_id, current_date, id, '', 'GET /' || repeat('long-segment/', n % 9) || n, 'src_' || n, '198.51.100.0/24', 'curl', null, 'allowed', false, n * 1000 from keys, generate_series(1, $2::int) as n where id = $1",
		[key.id, OPERATIONS],
	);
	await database.rows(
		"update key_exposures set kind = 'reported', urls = array['https://paste.example/' || repeat('x', 300)], source = $2 where key_id = $1",
		[key.id, HOSTILE],
	);
	const page = await olivia.newPage();
	await page.goto(pageOf(key, "/incident"));
	const rows = page.getByRole("table", { name: "What the key touched since it was exposed" }).locator("tbody tr");
	await rows.nth(OPERATIONS - 1).waitFor();
	for (const scheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme: scheme });
		await picture(page, `incident-hostile-${scheme}`);
		await assertNoSidewaysScrolling(page);
	}
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	await picture(page, "incident-hostile-phone");
	await page.emulateMedia({ media: "print", colorScheme: "light" });
	equal(await page.getByRole("button", { name: "Print" }).isVisible(), false);
	await page.close();
	assertNoPageErrors(olivia);
});

test("a viewer sees no way to it, and its address says who may", async () => {
	const key = await exposedKey("prod-export");
	const vera = await browser.person();
	await joinBy(vera, await inviteTo(dashboard.server, tenant_id, "viewer"), VERA);
	const page = await vera.newPage();
	await page.goto(pageOf(key));
	await page.getByRole("heading", { name: "This key is exposed" }).waitFor();
	equal(await page.getByRole("link", { name: /See what it could/ }).count(), 0);
	await page.goto(pageOf(key, "/incident"));
	await page.getByText(/admin/i).first().waitFor();
	await vera.close();
});
