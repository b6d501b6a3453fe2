import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type MailTrap, mailTrap } from "../server/testing/mail-trap.ts";
import { Database } from "./database.ts";
import { newMember } from "./people.ts";
import { assertProblem } from "./problem.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makeTenant } from "./things.ts";

const FIRST_LOOK_MS = 60_000;
const POLL_MS = 100;
const FORM = { "content-type": "application/x-www-form-urlencoded" };

let server: Server;
let silent: Server;
let trap: MailTrap;
let database: Database;
let silent_database: Database;

before(async () => {
	trap = await mailTrap();
	const mail = { KEYWRIGHT_SMTP_URL: `smtp://127.0.0.1:${trap.port}`, KEYWRIGHT_MAIL_FROM: "keys@shop.example" };
	server = await startServer({ env: mail });
	silent = await startServer();
	[database, silent_database] = [await Database.open(server.data_dir), await Database.open(silent.data_dir)];
});
after(async () => {
	await Promise.all([database.close(), silent_database.close()]);
	await Promise.all([server.stop(), silent.stop(), trap.close()]);
});

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
	for (const end = performance.now() + FIRST_LOOK_MS; !(await isTrue()); await sleep(POLL_MS)) ok(performance.now() < end, what);
}

async function firstUse(at: Server, tenant_id: string): Promise<string> {
	const { key, raw_key } = await makeKey(at, tenant_id);
	expectStatus(await at.keyed(raw_key, "GET", "/whoami"), 200);
	return key.name;
}

test("the first use of a key is one mail to each owner, and a POST to its List-Unsubscribe stops such mails for one of them", async () => {
	const tenant = await makeTenant(server);
	const [one, two] = [await newMember(server, tenant.id, "owner"), await newMember(server, tenant.id, "owner")];
	const mailsTo = ({ email }: { email: string }) =>
		trap.mails.filter(({ to, headers }) => to.includes(email) && headers.get("subject")?.includes("first time"));
	const name = await firstUse(server, tenant.id);
	await until("both are mailed", () => mailsTo(one).length > 0 && mailsTo(two).length > 0);
	const [mail] = mailsTo(one);
	ok(mail);
	equal(mail.headers.get("subject"), `${name} was used for the first time`);
	equal(mail.headers.get("auto-submitted"), "auto-generated");
	match(mail.headers.get("message-id") ?? "", /^<[0-9a-f]{40}@shop\.example>$/);
	equal(mail.headers.get("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
	ok(mail.text.includes(`${server.url}/settings/api-access/`) && mail.html.includes(`${server.url}/settings/api-access/`));

	const [, url = ""] = /^<(.*)>$/.exec(mail.headers.get("list-unsubscribe") ?? "") ?? [];
	ok(url.startsWith(`${server.url}/api/v1/unsubscribe?token=`), url);
	const path = url.slice(server.url.length);
	const unsubscribed = () => database.rows("select class from mail_unsubscriptions where tenant_id = $1", [tenant.id]);
	const page = expectStatus(await server.send({ method: "GET", path }), 200);
	match(page.text, /<form method="post"/);
	match(page.header("content-security-policy"), /form-action 'self'/);
	deepEqual(await unsubscribed(), [], "opening the page changes nothing");
	const body = "List-Unsubscribe=One-Click";
	assertProblem(
		await server.send({ method: "POST", path: path.replace(/.$/, (last) => (last === "A" ? "B" : "A")), headers: FORM, body }),
		"not_found",
	);
	assertProblem(await server.send({ method: "POST", path, headers: { ...FORM, origin: "https://evil.example" }, body }), "cross_site_request");
	expectStatus(await server.send({ method: "POST", path, headers: FORM, body }), 200);
	deepEqual(await unsubscribed(), [{ class: "key_use" }]);

	await firstUse(server, tenant.id);
	await until("the other is mailed", () => mailsTo(two).length === 2);
	const waiting = async () => (await database.rows("select from mails where next_attempt_at is not null")).length;
	await until("what was sent is noted", async () => (await waiting()) === 0);
	equal(mailsTo(one).length, 1);
	ok(!server.logs.stdout.includes(path.split("=")[1] ?? ""), "the token is in no log");

	expectStatus(await server.send({ method: "POST", path: `${path}&undo=true`, headers: { ...FORM, origin: server.url } }), 200);
	deepEqual(await unsubscribed(), []);
});

test("a key that is due is handed over by a mailed link, which goes on with the rotation when it is revealed, and ends with an alert when it is not", async () => {
	const tenant = await makeTenant(server);
	const person = await newMember(server, tenant.id, "viewer");
	const members = expectStatus(await server.management(tenant.id, "GET", "/members"), 200).as<{ data: { id: string; email: string }[] }>();
	const member_id = members.data.find(({ email }) => email === person.email)?.id;
	const scheduled = { owner: { name: "Olivia", member_id }, rotate_every_days: 30, auto_rotate: "handover" };
	const [used, unused] = [await makeKey(server, tenant.id, scheduled), await makeKey(server, tenant.id, scheduled)];
	await database.rows("update keys set rotation_due_at = now() where tenant_id = $1", [tenant.id]);
	const linksTo = ({ name }: { name: string }) =>
		trap.mails
			.filter(({ to, headers }) => to.includes(person.email) && headers.get("subject") === `${name} is due to be replaced: reveal its new key`)
			.map(({ text }) => /\/reveal#(\S+)/.exec(text)?.[1] ?? "");
	await until("both links are mailed", () => linksTo(used.key).length > 0 && linksTo(unused.key).length > 0);
	const [token = ""] = linksTo(used.key);
	const revealed = expectStatus(await server.send({ method: "POST", path: "/api/v1/handovers/reveal", body: { token, name: "Olivia" } }), 200);
	expectStatus(await server.keyed(String(revealed.json.raw_key), "GET", "/whoami"), 200);
	expectStatus(await server.keyed(used.raw_key, "GET", "/whoami"), 200);
	type Rotation = { id: string; status: string; ended_how: string | null; started_by: { kind: string; name: string } };
	const rotationsOf = async ({ id }: { id: string }) =>
		expectStatus(await server.management(tenant.id, "GET", `/api-keys/${id}/rotations`), 200).as<{ data: Rotation[] }>().data;
	const [begun] = await rotationsOf(used);
	deepEqual(begun?.started_by, { kind: "system", name: "rotation schedule" });
	const force = { force: true, reason: "The old server is gone" };
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${used.id}/rotations/${begun?.id}/complete`, force), 200);
	assertProblem(await server.keyed(used.raw_key, "GET", "/whoami"), "key_rotated");

	await database.rows("update handovers set expires_at = now() where tenant_id = $1 and claimed_at is null", [tenant.id]);
	const alerts = async () =>
		expectStatus(await server.management(tenant.id, "GET", "/alerts?rule=rotation_due"), 200).as<{ data: { key_id: string; summary: string }[] }>()
			.data;
	await until("an alert is raised", async () => (await alerts()).length > 0);
	const [alert, ...others] = await alerts();
	deepEqual([alert?.key_id, others.length], [unused.id, 0]);
	match(alert?.summary ?? "", /but the link for it expired unused$/);
	deepEqual(
		(await rotationsOf(unused)).map(({ status, ended_how }) => [status, ended_how]),
		[["cancelled", "handover_over"]],
	);
	expectStatus(await server.keyed(unused.raw_key, "GET", "/whoami"), 200);
	deepEqual([linksTo(used.key).length, linksTo(unused.key).length], [1, 1], "each link is mailed once");
	const [{ events } = {}] = await database.rows("select string_agg(data::text, '') as events from outbox where tenant_id = $1", [tenant.id]);
	for (const secret of [token, ...linksTo(unused.key)])
		ok(!String(events).includes(secret) && !server.logs.stdout.includes(secret), "no link is kept");
});

test("without a mail server the event is emitted and nothing is queued", async () => {
	const tenant = await makeTenant(silent);
	await newMember(silent, tenant.id, "owner");
	await firstUse(silent, tenant.id);
	const events = () => silent_database.rows("select mail_queued_at from outbox where tenant_id = $1 and type = 'key.first_used'", [tenant.id]);
	await until("the event is emitted", async () => (await events()).length > 0);
	deepEqual(await events(), [{ mail_queued_at: null }]);
	deepEqual(await silent_database.rows("select 1 from mails"), []);
});
