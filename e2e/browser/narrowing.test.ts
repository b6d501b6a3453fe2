/** A key is narrowed in its edit sheet: what it did not need is taken away, and what that would have refused is shown before it is saved. */
import { deepEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertNoPageErrors,
	axe,
	type Dashboard,
	eventually,
	inviteTo,
	joinBy,
	openBrowser,
	picture,
	startDashboard,
	type TestBrowser,
} from "./browser.ts";

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

test("the edit sheet fills in what a key needed, shows what less would have refused, and saves it", async () => {
	const { server } = dashboard;
	const { id: tenant_id } = await makeTenant(server, { name: "Northwind", plan_id: await makePlan(server) });
	const key = await makeKey(server, tenant_id, { permissions: ["tenant:read", "documents:read", "documents:write"] });
	for (let asked = 0; asked < 3; asked += 1) expectStatus(await server.keyed(key.raw_key, "GET", `/tenants/${tenant_id}/limits`), 200);
	await eventually(async () => {
		const suggestion = await server.management(tenant_id, "GET", `/api-keys/${key.id}/narrowing`);
		deepEqual(suggestion.as<{ permissions: string[] | null }>().permissions, ["tenant:read"]);
	});
	const context = await browser.person();
	const who = { name: "Olivia Owner", email: "narrowing@example.com", password: "a lamp, a boat, a fork" };
	await joinBy(context, await inviteTo(server, tenant_id, "owner", who.email), who);
	const sheet = `${server.url}/settings/api-access/${key.id}?tenant=${tenant_id}&dialog=edit`;
	const refusing = await context.newPage();
	await refusing.goto(sheet);
	await refusing.getByPlaceholder("203.0.113.0/24").fill("192.0.2.0/24");
	await refusing.keyboard.press("Tab");
	const refused = refusing.locator("[data-narrowing-preview]");
	await refused.getByText("3 of its 3 requests of the last 30 days would have been refused.").waitFor();
	await refused.getByText("GET /api/v1/m2m/tenants/:tenant_id/limits, on one day").waitFor();
	await refused.scrollIntoViewIfNeeded();
	await picture(refusing, "narrowing-refused");
	const page = await context.newPage();
	await page.goto(`${sheet}&of=unused`);
	const preview = page.locator("[data-narrowing-preview]");
	await preview.getByText("None of its 3 requests of the last 30 days would have been refused.").waitFor();
	await page.getByRole("button", { name: "Fill in the network of its clients" }).click();
	await page.getByText("127.0.0.0/24").first().waitFor();
	await preview.getByText("None of its 3 requests of the last 30 days would have been refused.").waitFor();
	await preview.scrollIntoViewIfNeeded();
	await picture(page, "narrowing-none");
	await axe(page);
	await page.getByRole("button", { name: "Save changes" }).click();
	await eventually(async () => {
		const now = (await server.management(tenant_id, "GET", `/api-keys/${key.id}`)).as<{ permissions: string[]; allowed_ips: string[] }>();
		deepEqual([now.permissions, now.allowed_ips], [["tenant:read"], ["127.0.0.0/24"]]);
	});
	assertNoPageErrors(context);
});
