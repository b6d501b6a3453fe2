/** Rotation in the dashboard: the options, the delivery of the new key, the live progress, and every way in which it ends. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { Database } from "../database.ts";
import { assertProblem } from "../problem.ts";
import { AGENTS, type ProgramName, writePrograms } from "../rotation-programs.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeTenant } from "../things.ts";
import {
	assertCount,
	assertNoPageErrors,
	assertNoSidewaysScrolling,
	axe,
	type Credentials,
	type Dashboard,
	DESKTOP,
	eventually,
	memberIn,
	openBrowser,
	PHONE,
	picture,
	startDashboard,
	type TestBrowser,
	waitUntilLoaded,
} from "./browser.ts";

/** A usage flush starts one second after the previous one has ended. */
const SHOWN_DEADLINE_MS = 5_000;
const DAY_MS = 86_400_000;
const LONG_PAST_SECONDS = 600;
const SIGHTINGS = 5;
const RAW_KEY = /^kw_prod_\w+$/;

let dashboard: Dashboard;
let browser: TestBrowser;
let database: Database;
let made = 0;

before(async () => {
	dashboard = await startDashboard();
	browser = await openBrowser();
	database = await Database.open(dashboard.server.data_dir);
});
after(async () => {
	await database?.close();
	await browser?.close();
	await dashboard?.stop();
});

interface There {
	readonly tenant_id: string;
	readonly key: MadeKey;
	readonly context: BrowserContext;
	readonly page: Page;
}

function newPerson(name: string): Credentials {
	made += 1;
	return { name, email: `rotation-${made}@example.com`, password: "a lamp, a boat, a fork" };
}

/** A new tenant with a key and a signed-in owner. */
async function there(key: Record<string, unknown> = {}): Promise<There> {
	const { id: tenant_id } = await makeTenant(dashboard.server, { plan_id: await makePlan(dashboard.server) });
	const made_key = await makeKey(dashboard.server, tenant_id, { name: "prod-order-bot", ...key });
	return { tenant_id, key: made_key, ...(await memberIn(browser, dashboard.server, newPerson("Olivia Owner"), { tenant_id, role: "owner" })) };
}

const ofKey = ({ tenant_id, key }: There, method: string, rest: string, body?: unknown) =>
	dashboard.server.management(tenant_id, method, `/api-keys/${key.id}${rest}`, body);
const whoami = (raw_key: string, agent = "order-bot/1.2") => dashboard.server.keyed(raw_key, "GET", "/whoami", undefined, { "user-agent": agent });

interface Begun {
	readonly raw_key: string;
	readonly rotation: { readonly id: string };
}

/** Begins a rotation through the API. */
async function begin(at: There, input: Record<string, unknown> = {}): Promise<Begun> {
	return expectStatus(await ofKey(at, "POST", "/rotate", input), 201).as<Begun>();
}

async function openKey({ page, tenant_id, key }: There): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access/${key.id}?tenant=${tenant_id}`);
	await page.getByRole("region", { name: "Facts" }).waitFor();
	await waitUntilLoaded(page);
}

async function openRotation({ page, tenant_id, key }: There, rotation_id: string): Promise<void> {
	await page.goto(`${dashboard.url}/settings/api-access/${key.id}/rotations/${rotation_id}?tenant=${tenant_id}`);
	await page.getByRole("region", { name: "Steps" }).waitFor();
}

/** Opens the sheet and submits it. */
async function openSheet(at: There): Promise<Locator> {
	await openKey(at);
	await at.page.getByRole("group", { name: "Actions" }).getByRole("link", { name: "Replace this key" }).click();
	const sheet = at.page.getByRole("dialog", { name: `Replace ${at.key.key.name}` });
	await sheet.waitFor();
	return sheet;
}

function status(page: Page, name: string): Promise<void> {
	return page.locator(`[data-rotation=${name}]`).waitFor();
}

/** Waits for `count` completed steps and returns them. */
async function stepsDone(page: Page, count: number): Promise<string[]> {
	const done = page.locator("[data-step][data-done=true]");
	await done.nth(count - 1).waitFor();
	return done.evaluateAll((steps) => steps.map((step) => step.getAttribute("data-step") ?? ""));
}

async function shownKey(page: Page): Promise<string> {
	await page.getByRole("button", { name: "Show key" }).click();
	const raw_key = (await page.locator("[data-raw-key=shown]").textContent()) ?? "";
	match(raw_key, RAW_KEY);
	return raw_key;
}

async function store(page: Page): Promise<void> {
	await page.getByRole("button", { name: "I have stored the key" }).click();
	await page.getByLabel("Secret manager").check();
	await page.getByRole("button", { name: "It is stored, close" }).click();
	await page.getByRole("button", { name: "I have stored the key" }).waitFor({ state: "detached" });
}

/** Waits until this number of the key's pairs of secret and source is recorded. */
async function counted(at: There, uses: number): Promise<void> {
	for (const until = performance.now() + SHOWN_DEADLINE_MS; performance.now() < until; await sleep(100)) {
		// Counts are rolled up into the report tables when a report is read.
		expectStatus(await ofKey(at, "GET", "/sources"), 200);
		const seen = await database.rows("select 1 from secret_sources where key_id = $1", [at.key.id]);
		if (seen.length >= uses) return;
	}
	throw new Error(`the key is not used by ${uses} clients`);
}

/** Moves all recorded uses of the key into the past and spreads them. Call it after all of them are recorded. */
async function letPass({ key }: There, seconds = LONG_PAST_SECONDS): Promise<void> {
	const columns = ["first_seen_at", "last_seen_at", "gap_window_started_at"].map((name) => `${name} = ${name} - $2::integer * interval '1 second'`);
	await database.rows(`update secret_sources set ${columns.join(", ")}, sightings = greatest(sightings, $3) where key_id = $1`, [
		key.id,
		seconds,
		SIGHTINGS,
	]);
	const used = "first_used_at = first_used_at - $2::integer * interval '1 second'";
	await database.rows(`update secret_activity set ${used} where kid in (select kid from secrets where key_id = $1)`, [key.id, seconds]);
}

async function nameSources(at: There, names: Readonly<Record<string, string>>): Promise<void> {
	const { data } = expectStatus(await ofKey(at, "GET", "/sources"), 200).as<{ data: { id: string; agent: string }[] }>();
	for (const { id, agent } of data) {
		const name = names[agent];
		ok(name, `an unexpected ${agent}`);
		expectStatus(await dashboard.server.management(at.tenant_id, "PUT", `/sources/${id}`, { name }), 200);
	}
}

/** Checks light and dark with axe, and horizontal overflow on a phone. */
async function checkAppearance(page: Page, name: string): Promise<void> {
	await axe(page);
	await picture(page, name);
	await page.setViewportSize(PHONE);
	await assertNoSidewaysScrolling(page);
	await page.setViewportSize(DESKTOP);
}

test("two programs use a key: the one that has not moved is named live, and ending the old key early requires a reason", async () => {
	const at = await there({ expires_at: new Date(Date.now() + 90 * DAY_MS).toISOString(), rotate_every_days: 90 });
	const { page, key, context } = at;
	const programs = writePrograms(dashboard.server, at.tenant_id);
	try {
		const both: readonly ProgramName[] = ["curl", "node"];
		await Promise.all(both.map((name) => programs.call(name, key.raw_key, 3)));
		await counted(at, 2);
		await nameSources(at, { [AGENTS.curl]: "Backup script", [AGENTS.node]: "Order server" });

		const sheet = await openSheet(at);
		await sheet.getByRole("radio", { name: /^Until everything has moved: .* at the latest on \w{3}, \d+ \w+ \d{4} at \d\d:\d\d/ }).waitFor();
		await sheet.getByText(/^It would have expired on .+; now it expires on .+|^It expires on .+, as before\./).waitFor();
		await checkAppearance(page, "rotation-start");
		await sheet.getByRole("radio", { name: /^For a fixed time/ }).click();
		await sheet.getByText(/^The old key ends on \w{3}, .*, counted from when the new key is revealed\.$/).waitFor();
		await checkAppearance(page, "rotation-start-time");
		await page.keyboard.press("Escape");
		const question = page.getByRole("dialog", { name: "Drop what you filled in?" });
		await question.getByText("The key has not been replaced.").waitFor();
		await question.getByRole("button", { name: "Back to the form" }).last().click();
		await sheet.getByRole("radio", { name: /^Until everything/ }).click();
		await sheet.getByRole("radio", { name: /^Show it to me once/ }).click();
		await sheet.getByRole("button", { name: "Make the new key and show it once" }).click();
		await page.getByRole("heading", { name: "The new key of prod-order-bot" }).waitFor();
		await page.locator("[data-live=waiting]").waitFor();
		await assertCount(page.getByText("Lost it, or it went to the wrong place?"), 0, "it cannot be issued once more while it is being replaced");
		const raw_key = await shownKey(page);
		deepEqual(await programs.call("node", raw_key), [200]);
		await page.locator("[data-live=authenticated]").getByText("Order server", { exact: false }).first().waitFor();
		await picture(page, "rotation-shown");
		await store(page);
		await page.waitForURL("**/rotations/rot_*");
		await page.getByRole("region", { name: "Steps" }).waitFor();
		await status(page, "proving");
		await page.getByText("Backup script still uses the old key; 1 client uses the new key", { exact: false }).waitFor();
		await page.getByText("0 of 2 clients have moved", { exact: true }).waitFor();
		deepEqual(await stepsDone(page, 3), ["created", "deployed", "checked"]);
		ok(!(await page.content()).includes(raw_key), "the raw key is in the page");
		await page.locator("[data-client='Backup script'][data-move=old]").waitFor();
		await page.locator("[data-client='Order server'][data-move=moving]").waitFor();
		ok(await page.getByRole("button", { name: "End the old key: 2 clients remain" }).isDisabled());
		await checkAppearance(page, "rotation-proving");

		await letPass(at);
		await page.locator("[data-client='Order server'][data-move=moved]").waitFor();
		await page.getByRole("button", { name: "Show as table" }).click();
		await eventually(async () => match((await page.getByRole("table", { name: "Requests with each key" }).textContent()) ?? "", /Old keyNew key/));
		await axe(page);
		await page.getByRole("button", { name: "Show as chart" }).click();

		const rotation_id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
		assertProblem(await ofKey(at, "POST", `/rotations/${rotation_id}/complete`, {}), "old_secret_still_in_use");
		await page.getByRole("button", { name: "More actions for this replacement" }).click();
		await page.getByRole("menuitem", { name: "End the old key anyway" }).click();
		const dialog = page.getByRole("dialog", { name: "End the old key before everything has moved" });
		await eventually(async () =>
			match((await dialog.locator("[data-stragglers]").textContent()) ?? "", /Backup script has only used the old key, last .* ago/),
		);
		await eventually(async () => ok(await dialog.getByRole("button", { name: "End the old key now" }).isDisabled(), "without a reason"));
		await checkAppearance(page, "rotation-complete-anyway");
		await dialog.getByLabel("Why now?").fill("The backup server was switched off");
		await dialog.getByRole("button", { name: "End the old key now" }).click();
		await status(page, "completed");
		await page.getByText("The old key was ended before everything had moved.").waitFor();
		await page.getByText(/by Olivia Owner\. The reason given: “The backup server was switched off”/).waitFor();
		assertProblem(await whoami(key.raw_key), "key_rotated");
		expectStatus(await whoami(raw_key), 200);
		await checkAppearance(page, "rotation-completed");
		await page.getByRole("link", { name: "prod-order-bot", exact: true }).click();
		await page.getByRole("link", { name: "Versions" }).click();
		const before_now = page.locator("[data-history] li");
		await before_now.getByText("The old key was ended before everything had moved.").waitFor();
		await assertCount(before_now, 1);
		await picture(page, "rotation-history");
		assertNoPageErrors(context);
	} finally {
		await programs.remove();
	}
});

test("three programs behind one address: the missing ones are named, and the old key ends by itself when the last has moved", async () => {
	const at = await there();
	const { page, key } = at;
	const programs = ["order-bot/1.2", "crm-sync/3", "backup-job/0.9"] as const;
	for (const agent of programs) expectStatus(await whoami(key.raw_key, agent), 200);
	await counted(at, 3);
	const { raw_key, rotation } = await begin(at);
	await openRotation(at, rotation.id);
	const moved = (name: string) => page.locator(`[data-client='${name} at 127.0.0.0/24'][data-move=moved]`);
	expectStatus(await whoami(raw_key, programs[0]), 200);
	await counted(at, 4);
	await letPass(at);
	await moved("order-bot").waitFor();
	await page.getByText("1 of 3 clients has moved", { exact: true }).waitFor();
	await page.locator("[data-client='backup-job at 127.0.0.0/24'][data-move=old]").waitFor();
	await page.locator("[data-client='crm-sync at 127.0.0.0/24'][data-move=old]").waitFor();
	await page.locator("[data-evidence-limit]").getByText("calls more rarely than that cannot be seen", { exact: false }).waitFor();
	ok(await page.getByRole("button", { name: "End the old key: 2 clients remain" }).isDisabled());
	expectStatus(await whoami(raw_key, programs[1]), 200);
	await counted(at, 5);
	await letPass(at);
	await moved("crm-sync").waitFor();
	await page.getByText("backup-job at 127.0.0.0/24 still uses the old key.").waitFor();
	await page.getByRole("button", { name: "End the old key: 1 client remains" }).waitFor();
	expectStatus(await whoami(key.raw_key, programs[2]), 200);
	expectStatus(await whoami(raw_key, programs[2]), 200);
	await counted(at, 6);
	await page.locator("[data-client='backup-job at 127.0.0.0/24'][data-move=moving]").waitFor();
	await letPass(at, DAY_MS / 1_000);
	await status(page, "completed");
	await page.getByText("The old key ended by itself, once everything had moved.").waitFor();
	for (const agent of programs) assertProblem(await whoami(key.raw_key, agent), "key_rotated");
	assertNoPageErrors(at.context);
});

test("two python-requests behind one address need a person's confirmation, which is void when the old key is seen there again", async () => {
	const at = await there();
	const { page, key } = at;
	const AGENT = "python-requests/2.32";
	expectStatus(await whoami(key.raw_key, AGENT), 200);
	await counted(at, 1);
	const { raw_key, rotation } = await begin(at);
	await openRotation(at, rotation.id);
	expectStatus(await whoami(raw_key, AGENT), 200);
	await counted(at, 2);
	await letPass(at);
	const place = page.locator("[data-client='python-requests at 127.0.0.0/24']");
	await place.getByText("Not distinguishable").waitFor();
	await place.getByText("Several programs may look like this one", { exact: false }).waitFor();
	await page.locator("[data-evidence-limit]").getByText("X-Keywright-Client").waitFor();
	await page.getByText("1 client needs a person's confirmation.", { exact: true }).waitFor();
	const end = page.getByRole("button", { name: "End the old key", exact: true });
	const not_yet = page.getByRole("button", { name: "End the old key: 1 client remains" });
	ok(await not_yet.isDisabled());
	const dates = page.getByRole("region", { name: "The old key" });
	await dates.getByText("when ended by hand").waitFor();
	await assertCount(dates.getByText("once all have moved"), 0, "evidence alone never ends it");
	await checkAppearance(page, "rotation-not-told-apart");
	const confirm = place.getByRole("button", { name: /^Everything there has the new key/ });
	await confirm.click();
	await place.locator("[data-confirmation=stands]").getByText("Olivia Owner confirmed", { exact: false }).waitFor();
	await status(page, "moved");
	await checkAppearance(page, "rotation-confirmed");
	expectStatus(await whoami(key.raw_key, AGENT), 200);
	await place.locator("[data-confirmation=void]").getByText("but the old key was seen there again", { exact: false }).waitFor();
	await status(page, "proving");
	ok(await not_yet.isDisabled());
	await confirm.click();
	await status(page, "moved");
	await end.click();
	await status(page, "completed");
	await page.getByRole("region", { name: "How it ended" }).and(page.locator(":focus")).waitFor();
	await page.getByText("The old key was ended once everything had moved.").waitFor();
	assertProblem(await whoami(key.raw_key, AGENT), "key_rotated");
	assertNoPageErrors(at.context);
});

test("once everything has moved the old key can be ended without a reason; the key's page shows the progress", async () => {
	const at = await there();
	const { page, key } = at;
	expectStatus(await whoami(key.raw_key), 200);
	await counted(at, 1);
	const { raw_key, rotation } = await begin(at, { overlap_seconds: 3_600 });
	await openKey(at);
	const summary = page.getByRole("region", { name: "Being replaced" });
	await summary.getByText("The only client has not moved yet").waitFor();
	await summary.getByText("order-bot at 127.0.0.0/24 still uses the old key. Nothing has used the new key yet.").waitFor();
	await assertCount(page.getByRole("link", { name: "Replace this key" }), 0, "one at a time");
	await checkAppearance(page, "rotation-summary");
	expectStatus(await whoami(raw_key), 200);
	await summary.getByText("1 client needs a person's confirmation.", { exact: true }).waitFor();
	await letPass(at);
	await summary.getByText("The only client has moved").waitFor();
	await summary.getByRole("link", { name: "See who has moved" }).click();
	await status(page, "moved");
	deepEqual(await stepsDone(page, 4), ["created", "deployed", "checked", "moved"]);
	await checkAppearance(page, "rotation-moved");
	await page.getByRole("button", { name: "End the old key", exact: true }).click();
	await status(page, "completed");
	await page.getByText("The old key was ended once everything had moved.").waitFor();
	equal((await stepsDone(page, 5)).length, 5);
	assertProblem(await whoami(key.raw_key), "key_rotated");
	expectStatus(await whoami(raw_key), 200);
	equal(page.url().includes(rotation.id), true);
	assertNoPageErrors(at.context);
});

test("after cancelling, the old key still works; programs that already use the new one are named first", async () => {
	const at = await there();
	const { page, key } = at;
	const programs = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map((name) => `${name}-bot/1`);
	for (const agent of programs) expectStatus(await whoami(key.raw_key, agent), 200);
	await counted(at, programs.length);
	const first = await begin(at);
	await openRotation(at, first.rotation.id);
	await status(page, "issued");
	await assertCount(page.locator("[data-move]"), programs.length - 1, "the others are shown on request");
	await page.getByRole("button", { name: `Show all ${programs.length} clients` }).click();
	await assertCount(page.locator("[data-move]"), programs.length);
	await checkAppearance(page, "rotation-issued");
	const open = page.getByRole("button", { name: "Take it back", exact: true });
	await open.click();
	const dialog = page.getByRole("dialog", { name: "Take this replacement back" });
	await dialog.getByText("The old key keeps working as before", { exact: false }).waitFor();
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
	await open.and(page.locator(":focus")).waitFor();
	await open.click();
	await checkAppearance(page, "rotation-cancel");
	await dialog.getByRole("button", { name: "Take it back", exact: true }).click();
	await status(page, "cancelled");
	assertProblem(await whoami(first.raw_key), "key_rotated");
	expectStatus(await whoami(key.raw_key), 200);
	await picture(page, "rotation-cancelled");

	const second = await begin(at);
	await openRotation(at, second.rotation.id);
	await status(page, "issued");
	await open.click();
	// The first use happens after the dialog was opened: the dialog reports it and does nothing yet.
	expectStatus(await whoami(second.raw_key, "python-requests/2.32"), 200);
	await dialog.locator("[data-movers]").getByText("python-requests at 127.0.0.0/24").waitFor();
	await checkAppearance(page, "rotation-cancel-used");
	await dialog.getByRole("button", { name: "Take it back and refuse the new key" }).click();
	await status(page, "cancelled");
	assertProblem(await whoami(second.raw_key), "key_rotated");
	expectStatus(await whoami(key.raw_key), 200);
	assertNoPageErrors(at.context);
});

test("a compromised key ends at once after its name is typed, by keyboard alone", async () => {
	const at = await there();
	const { page, key } = at;
	expectStatus(await whoami(key.raw_key), 200);
	await counted(at, 1);
	await openKey(at);
	const opener = page.getByRole("group", { name: "Actions" }).getByRole("link", { name: "Replace this key" });
	await opener.focus();
	await page.keyboard.press("Enter");
	const sheet = page.getByRole("dialog", { name: "Replace prod-order-bot" });
	await sheet.waitFor();
	await page.keyboard.press("Escape");
	await sheet.waitFor({ state: "detached" });
	await opener.and(page.locator(":focus")).waitFor();
	await page.keyboard.press("Enter");
	await tabTo(page, sheet.getByRole("radio", { name: /^Until everything/ }));
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	const now = sheet.getByRole("radio", { name: /^Not at all/ });
	if (!(await now.isChecked())) await page.keyboard.press("Space");
	await sheet.locator("[data-impact]").getByText("Something uses this key").waitFor();
	await sheet.locator("[data-impact]").getByText("order-bot", { exact: false }).waitFor();
	const submit = sheet.getByRole("button", { name: "End the old key now and show the new one" });
	await eventually(async () => ok(await submit.isDisabled(), "its name is not typed"));
	await checkAppearance(page, "rotation-now");
	await tabTo(page, sheet.getByLabel('Type "prod-order-bot" to confirm'));
	await page.keyboard.type("prod-order-bot");
	await tabTo(page, submit);
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "The new key of prod-order-bot" }).waitFor();
	assertProblem(await whoami(key.raw_key), "key_rotated");
	const raw_key = await shownKey(page);
	await store(page);
	await page.getByText("prod-order-bot is replaced: its old key is refused everywhere.").waitFor();
	expectStatus(await whoami(raw_key), 200);
	await page.getByRole("link", { name: "Versions" }).click();
	await page.locator("[data-history]").getByText("The old key was ended at once.").waitFor();
	equal(new URL(page.url()).searchParams.get("replace"), null);
	assertNoPageErrors(at.context);
});

test("the new key is handed over: a new link ends the previous one, and the overlap begins when it is opened", async () => {
	const at = await there();
	const { page, key } = at;
	expectStatus(await whoami(key.raw_key), 200);
	const sheet = await openSheet(at);
	await sheet.getByRole("button", { name: "Make the new key's link" }).click();
	await page.getByRole("heading", { name: "Hand over the new key of prod-order-bot" }).waitFor();
	const link = page.getByRole("group", { name: "One-time link" });
	const lost = (await link.textContent()) ?? "";
	await checkAppearance(page, "rotation-link");
	await page.getByRole("button", { name: "Done" }).click();
	await page.waitForURL("**/rotations/rot_*");
	await page.getByRole("region", { name: "Steps" }).waitFor();
	await status(page, "waiting");
	await page.getByText("The new key has not been revealed yet").waitFor();
	await assertCount(page.getByRole("button", { name: "End the old key", exact: true }), 0, "there is no new one yet");
	await checkAppearance(page, "rotation-waiting");
	const first_url = page.url();
	await page.getByRole("button", { name: "Make another link" }).click();
	const another = page.getByRole("dialog", { name: "Make another link" });
	await another.getByRole("button", { name: "Make another link" }).click();
	const next = (await link.textContent()) ?? "";
	await page.getByRole("button", { name: "Done" }).click();
	await page.waitForURL((url) => url.href !== first_url && url.pathname.includes("/rotations/"));
	const reveal = (address: string) =>
		dashboard.server.send({
			method: "POST",
			path: "/api/v1/handovers/reveal",
			body: { token: new URL(address).hash.slice(1), name: "Max Muster" },
		});
	ok((await reveal(lost)).status >= 400, "the link of before reveals nothing");
	const { raw_key } = expectStatus(await reveal(next), 200).as<{ raw_key: string }>();
	await status(page, "issued");
	await page.locator("[data-handover=claimed]").getByText("by Max Muster", { exact: false }).waitFor();
	expectStatus(await whoami(raw_key), 200);
	await status(page, "proving");
	expectStatus(await whoami(key.raw_key), 200);
	assertNoPageErrors(at.context);
});

test("after a finder's report the new key is issued on the replacement's page until its first use, and nothing can be taken back", async () => {
	const at = await there();
	const { page, tenant_id, key } = at;
	const { server } = dashboard;
	expectStatus(await server.management(tenant_id, "PUT", "/policy", { leak_response: "rotate" }), 200);
	equal((await whoami(key.raw_key)).status, 200);
	expectStatus(await server.send({ method: "POST", path: "/api/v1/leak-reports", body: { keys: [{ raw_key: key.raw_key }] } }), 202);
	let rotation_id = "";
	await eventually(async () => {
		const found = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${key.id}`), 200).as<{ rotation: { id: string } | null }>();
		ok(found.rotation !== null, "the report is processed");
		rotation_id = found.rotation.id;
	});
	await openRotation(at, rotation_id);
	await page.getByRole("heading", { name: "Getting the new key to its server" }).waitFor();
	equal(await page.getByRole("button", { name: "Take it back" }).count(), 0);
	await page.getByRole("button", { name: "Issue the new key" }).click();
	await page.getByRole("radio", { name: /^Show it to me once/ }).check();
	await checkAppearance(page, "rotation-issue");
	await page.getByRole("button", { name: "Issue the new key and show it once" }).click();
	const first = await shownKey(page);
	await store(page);

	await page.getByRole("button", { name: "Issue the new key" }).click();
	await page.getByRole("radio", { name: /^Show it to me once/ }).check();
	await page.getByRole("button", { name: "Issue the new key and show it once" }).click();
	const raw_key = await shownKey(page);
	equal((await whoami(key.raw_key)).status, 200, "the old key works on");
	assertProblem(await whoami(first), "key_rotated");
	await page.getByText("Waiting for the first request", { exact: true }).first().waitFor();
	equal((await whoami(raw_key)).status, 200);
	await page.locator('[data-live="authenticated"]').waitFor();
	await store(page);
	await page.getByRole("button", { name: "Issue the new key" }).waitFor({ state: "detached" });
	assertNoPageErrors(at.context);
});

test("a viewer sees everything and can change nothing; the page of a key that is due for rotation offers it", async () => {
	const at = await there();
	const { rotation } = await begin(at);
	const viewer = await memberIn(browser, dashboard.server, newPerson("Vera Viewer"), { tenant_id: at.tenant_id, role: "viewer" });
	await openRotation({ ...at, ...viewer }, rotation.id);
	await status(viewer.page, "issued");
	for (const name of [/^End the old key/, "More actions for this replacement", "Take it back"])
		await assertCount(viewer.page.getByRole("button", { name }), 0, String(name));
	await axe(viewer.page);
	assertNoPageErrors(viewer.context);

	const { id: key_id } = await makeKey(dashboard.server, at.tenant_id, { name: "prod-report-bot", rotate_every_days: 90 });
	await database.rows("update keys set rotation_due_at = now() - interval '2 days' where id = $1", [key_id]);
	const { page } = at;
	await page.goto(`${dashboard.url}/settings/api-access/${key_id}?tenant=${at.tenant_id}`);
	await page.locator("[data-matter=replacement]").getByRole("link", { name: "Replace this key" }).waitFor();
	await page.goto(`${dashboard.url}/settings/api-access?tenant=${at.tenant_id}`);
	await page.getByRole("button", { name: "Actions for prod-report-bot" }).click();
	await page.getByRole("menuitem", { name: "Replace this key" }).click();
	await page.getByRole("dialog", { name: "Replace prod-report-bot" }).waitFor();
	await viewer.page.goto(`${page.url()}`);
	await viewer.page.getByRole("region", { name: "Facts" }).waitFor();
	await assertCount(viewer.page.getByRole("dialog"), 0, "an address opens nothing that its reader may not do");
	await page.goto(`${dashboard.url}/settings/api-access/${at.key.id}/rotations/rot_0000000000000000?tenant=${at.tenant_id}`);
	await page.getByRole("heading", { name: "There is no replacement here" }).waitFor();
	assertNoPageErrors(at.context, viewer.context);
});

/** Moves the focus from control to control by keyboard until the wanted one has it. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
	for (let pressed = 0; pressed < 40; pressed += 1) {
		if ((await wanted.and(page.locator(":focus")).count()) > 0) return;
		await page.keyboard.press("Tab");
	}
	throw new Error(`the keyboard does not reach ${wanted}`);
}
