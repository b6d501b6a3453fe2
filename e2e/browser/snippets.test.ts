import { equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { expectStatus, makeTenant } from "../things.ts";
import { assertCount, type Dashboard, memberIn, OLIVIA, openBrowser, startDashboard, type TestBrowser } from "./browser.ts";

/** The command that runs a copied snippet, and the user agent that is recorded for it. */
const RUNS = [
	{ label: "curl", file: "check.sh", command: "sh", agent: "curl" },
	{ label: "JavaScript", file: "check.mjs", command: process.execPath, agent: "node" },
	{ label: "Python", file: "check.py", command: "/usr/bin/python3", agent: "Python-urllib" },
	{ label: "PHP", file: "check.php", command: "/usr/bin/php", agent: "" },
] as const;

const PRODUCT = `Acme "Shop" \\ 'Ünïque' $HOME \`id\``;
const VARIABLE = "ACME_SHOP_UNIQUE_HOME_ID_API_KEY";

let dashboard: Dashboard;
let browser: TestBrowser;
const folder = mkdtempSync(join(tmpdir(), "keywright-snippets-"));

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	expectStatus(await dashboard.server.operator("PUT", "/api-profile", { product_name: PRODUCT }), 200);
});
after(async () => {
	await browser?.close();
	await dashboard?.stop();
	rmSync(folder, { recursive: true });
});

interface Ran {
	readonly code: number | null;
	readonly output: string;
}

function run(command: string, path: string, key: string): Promise<Ran> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, [path], { env: { PATH: process.env.PATH ?? "", HOME: folder, [VARIABLE]: key }, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (bytes: Buffer) => (output += bytes.toString("utf8")));
		child.stderr.on("data", (bytes: Buffer) => (output += bytes.toString("utf8")));
		child.on("error", (error) => reject(new Error(`${command} is not on this machine: apt-get install php-cli python3 curl (${error.message})`)));
		child.on("close", (code) => resolve({ code, output }));
	});
}

async function copied(page: Page, what: string): Promise<string> {
	await page.getByRole("button", { name: `Copy ${what}`, exact: true }).click();
	await page.getByRole("button", { name: `Copied ${what}`, exact: true }).waitFor();
	return String(await page.evaluate("navigator.clipboard.readText()"));
}

for (const { label, file, command } of RUNS) {
	test(`the ${label} snippet, copied from the page, runs unchanged and turns the live line green`, async () => {
		const tenant = await makeTenant(dashboard.server);
		const { context, page } = await memberIn(browser, dashboard.server, OLIVIA, { tenant_id: tenant.id, role: "owner" });
		await page.goto(`${dashboard.url}/settings/api-access?tenant=${tenant.id}`);
		await page.getByRole("button", { name: "Create your first key" }).click();
		await page.getByRole("combobox", { name: "What is it for?" }).fill("Order bot");
		await page.keyboard.press("Escape");
		await page.getByRole("radio", { name: /^Show it to me once/ }).click();
		await page.getByRole("button", { name: "Create the key and show it once" }).click();
		const raw_key = await copied(page, "key");
		await page.getByText(VARIABLE, { exact: true }).waitFor();
		await page.getByRole("tab", { name: label, exact: true }).click();
		const path = join(folder, file);
		writeFileSync(path, await copied(page, `${label} snippet`));

		const wrong = await run(command, path, `${raw_key.slice(0, -1)}_`);
		match(wrong.output, /key_invalid/, label);
		match(wrong.output, /\w+ \w+/, "the output contains the detail too");
		equal(wrong.code === 0, false, label);
		await assertCount(page.locator('[data-live="authenticated"]'), 0);

		const right = await run(command, path, raw_key);
		equal(right.code, 0, right.output);
		match(right.output, /accepted this key\./);
		match(right.output, /Acme "Shop" \\ 'Ünïque' \$HOME `id` accepted/u);
		await page.locator('[data-live="authenticated"]').waitFor();
		await page
			.getByText(/^Connectivity check passed /)
			.first()
			.waitFor();
		await context.close();
	});
}
