import { deepEqual, doesNotMatch, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { TEST_PEPPER } from "../../testing/audit.ts";
import { testLog } from "../../testing/database.ts";
import { type MailTrap, mailTrap, type ReceivedMail } from "../../testing/mail-trap.ts";
import { type TeamFixture, teamFixture } from "../../testing/team.ts";
import { isSignedBy, Receiver } from "../../testing/webhooks.ts";
import { getAlert, listAlerts } from "../alerts/alerts.ts";
import { putRule } from "../alerts/rules.ts";
import { listAlertTests, sendAlertTest } from "../alerts/send-test.ts";
import { sweepAlerts } from "../alerts/sweep.ts";
import { record } from "../audit/record.ts";
import { AllowList, parseAllowList } from "../core/network.ts";
import { parsePeppers } from "../core/pepper.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import type { OutboxEvent } from "../outbox/events.ts";
import { createMailer, type Mailer } from "../outbox/mail/mailer.ts";
import { Outgoing } from "../outbox/outgoing/outgoing.ts";
import { insertEvents } from "../outbox/store.ts";
import { LiveProfile } from "../plans/profile/live.ts";
import { eraseTenant } from "../tenants/erase.ts";
import { removeMember } from "../tenants/team/members.ts";
import { updateTenant } from "../tenants/tenants.ts";
import { createWebhook } from "../webhooks/create.ts";
import { Deliverer } from "../webhooks/delivery/deliverer.ts";
import { webhookKeysFrom } from "../webhooks/secrets.ts";
import { ALERT_TESTS, TestPace } from "../webhooks/test-pace.ts";
import { MailDeliverer, type MailDelivererOptions } from "./deliverer.ts";
import { listMailPreferences, type PreferenceContext, putMailPreference } from "./preferences.ts";
import { unsubscribe } from "./unsubscribe.ts";
import { makeUnsubscribeToken, readUnsubscribeToken, unsubscribeKeysFrom } from "./unsubscribe-token.ts";

const PUBLIC_URL = "https://keys.example.com";
const OTHER_PEPPER = "another-pepper-of-the-tests-0123456789-abcdefghij";

let fixture: TeamFixture;
let trap: MailTrap;
let mailer: Mailer;
let profile: LiveProfile;
let tenant_id: string;
/** The response of the mail server to a recipient; null accepts it. */
let refusal: number | null = null;
const unsubscribe_keys = unsubscribeKeysFrom(parsePeppers(TEST_PEPPER));

before(async () => {
	fixture = await teamFixture();
	trap = await mailTrap({
		onRcptTo: (_address, _session, callback) => callback(refusal === null ? null : Object.assign(new Error("not now"), { responseCode: refusal })),
	});
	profile = new LiveProfile({ database: fixture.db.database, node: fixture.db.node, log: testLog, public_url: PUBLIC_URL });
	const settings = { smtp_url: `smtp://127.0.0.1:${trap.port}`, from: "keys@shop.example" };
	mailer = createMailer({ settings, product_name: () => profile.known.product_name, log: testLog });
});
beforeEach(async () => {
	tenant_id = await fixture.tenant();
});
afterEach(() => {
	trap.mails.length = 0;
	refusal = null;
});
after(async () => {
	await trap.close();
	await fixture.close();
});

function deliverer(over: Partial<MailDelivererOptions> = {}): MailDeliverer {
	const { db, clock } = fixture;
	return new MailDeliverer({
		...{ database: db.database, clock, log: testLog, node: db.node, mailer, profile, unsubscribe_keys, random: () => 0.5 },
		...over,
	});
}

/** Looks until nothing more is sent. */
async function deliver(by = deliverer()): Promise<void> {
	for (let sent = -1; sent !== trap.mails.length; ) {
		sent = trap.mails.length;
		await by.look();
		await by.idle();
	}
}

async function emit(...events: readonly OutboxEvent[]): Promise<void> {
	await record({ database: fixture.db.database }, (tx) => insertEvents(tx, events));
	// The database's clock does not follow the one of the test.
	await fixture.superuser.query("update outbox set created_at = $1 where mail_queued_at is null", [new Date(fixture.clock.now())]);
}

function firstUse(key_id = "key_1", of = tenant_id): OutboxEvent {
	const data = { key_id, name: "prod-order-bot", environment: "prod", first_used_at: "2026-11-30T08:14:05.000Z" };
	return { tenant_id: of, type: "key.first_used", data };
}

function revoked(key_id = "key_1"): OutboxEvent {
	const data = { key_id, name: "prod-order-bot", environment: "prod", reason: "suspected_exposure", revoked_by: "Olivia Owner" };
	return { tenant_id, type: "key.revoked", data };
}

function due(key_id = "key_1"): OutboxEvent {
	return {
		tenant_id,
		type: "rotation.due",
		data: { key_id, name: "prod-order-bot", environment: "prod", rotation_due_at: "2026-11-30T08:00:00.000Z" },
	};
}

/** A member whose address is proven. */
async function person(role: "owner" | "admin" | "viewer", of = tenant_id) {
	const member = await fixture.member(of, role);
	await fixture.superuser.query("update people set email_verified = true where id = $1", [member.person_id]);
	return member;
}

const mailsTo = (email: string | null): ReceivedMail[] => trap.mails.filter(({ to }) => to.includes(email ?? ""));
const statuses = async (of = tenant_id) =>
	(await fixture.superuser.query<{ status: string }>("select status from mails where tenant_id = $1 order by status", [of])).rows.map(
		(row) => row.status,
	);

test("an event is one mail to each owner and admin with a proven address, with the key, a button and the headers of an automatic mail", async () => {
	const [owner, admin, viewer] = [await person("owner"), await person("admin"), await person("viewer")];
	const unproven = await fixture.member(tenant_id, "owner");
	await emit(firstUse());
	await deliver();
	await deliver();
	deepEqual(trap.mails.map(({ to }) => to[0]).sort(), [owner.email, admin.email].sort());
	equal(mailsTo(viewer.email).length + mailsTo(unproven.email).length, 0);
	const [mail] = mailsTo(owner.email);
	ok(mail);
	const { headers, text, html } = mail;
	equal(headers.get("subject"), "prod-order-bot was used for the first time");
	equal(headers.get("auto-submitted"), "auto-generated");
	match(headers.get("message-id") ?? "", /^<[0-9a-f]{40}@shop\.example>$/);
	equal(headers.get("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
	match(headers.get("list-unsubscribe") ?? "", /^<https:\/\/keys\.example\.com\/api\/v1\/unsubscribe\?token=[\w.-]+>$/);
	const page = `${PUBLIC_URL}/settings/api-access/key_1?tenant=${tenant_id}`;
	ok(text.includes(`Show the key:\n${page}\n`) && html.includes(`href="${page}"`));
	ok(html.includes("prefers-color-scheme: dark"));
	notEqual(headers.get("message-id"), mailsTo(admin.email)[0]?.headers.get("message-id"));
});

test("the member who is responsible for the key gets its mails too", async () => {
	const [viewer, other] = [await person("viewer"), await person("viewer")];
	await fixture.superuser.query(
		"insert into keys (tenant_id, id, name, environment, owner, permissions, created_by) values ($1, 'key_1', 'bot', 'prod', $2, '{}', '{}')",
		[tenant_id, JSON.stringify({ name: "V", member_id: viewer.member_id })],
	);
	await emit(firstUse());
	await deliver();
	deepEqual([mailsTo(viewer.email).length, mailsTo(other.email).length], [1, 0]);
});

test("an alert is mailed to whom its rule names when it is raised and resolved, and not if its subject has a mail of its own", async () => {
	const [owner, admin, viewer] = [await person("owner"), await person("admin"), await person("viewer")];
	const alert = (rule: string) => ({
		...{ alert_id: "alt_1", rule, key_id: "key_1", summary: "An ended key of prod-order-bot is still presented" },
		...{ count: 1, raised_at: "2026-11-30T09:00:00.000Z" },
	});
	const raised = (rule: string): OutboxEvent => ({ tenant_id, type: "alert.raised", data: alert(rule) });
	await emit(raised("dead_key_presented"), raised("rotation_due"), raised("new_source"), raised("key_expiring"));
	await emit({ tenant_id, type: "alert.resolved", data: { ...alert("dead_key_presented"), resolved_at: "2026-11-30T09:25:00.000Z" } });
	await deliver();
	const subjects = (email: string | null) =>
		mailsTo(email)
			.map(({ headers }) => headers.get("subject"))
			.sort();
	const summary = "An ended key of prod-order-bot is still presented";
	deepEqual(subjects(owner.email), [`Alert: ${summary}`, `Resolved: ${summary}`]);
	equal(mailsTo(owner.email)[0]?.headers.get("list-unsubscribe"), undefined);
	ok(mailsTo(owner.email).every(({ text }) => text.includes(`Show the alert:\n${PUBLIC_URL}/alerts?tenant=${tenant_id}&alert=alt_1\n`)));
	deepEqual([subjects(admin.email), subjects(viewer.email)], [[], []]);
	await fixture.superuser.query("insert into alert_rules (tenant_id, rule, enabled, recipients) values ($1, 'key_unused', true, $2)", [
		tenant_id,
		["admins", viewer.member_id],
	]);
	await emit(raised("key_unused"));
	await deliver();
	deepEqual([subjects(owner.email).length, subjects(admin.email).length, subjects(viewer.email).length], [2, 1, 1]);
});

test("a mail that the server did not accept is tried again with the same Message-ID, and not after it was accepted", async () => {
	const { email } = await person("owner");
	refusal = 451;
	await emit(firstUse());
	await deliver();
	deepEqual([trap.mails.length, await statuses()], [0, ["pending"]]);
	refusal = null;
	await deliver();
	equal(trap.mails.length, 0, "not before its time");
	fixture.clock.advance(5_001);
	await deliver();
	await fixture.superuser.query("update mails set status = 'pending', next_attempt_at = now() - interval '1 day' where tenant_id = $1", [tenant_id]);
	await deliver();
	equal(new Set(mailsTo(email).map(({ headers }) => headers.get("message-id"))).size, 1, "as after a crash before the outcome was stored");
	fixture.clock.advance(DAY_MS);
	await deliver();
	equal(trap.mails.length, 2);
});

test("what is never accepted is given up after nine attempts", async () => {
	await person("owner");
	refusal = 550;
	await emit(firstUse());
	for (let attempt = 0; attempt < 10; attempt += 1) {
		await deliver();
		fixture.clock.advance(13 * HOUR_MS);
	}
	const { rows } = await fixture.superuser.query("select status, attempts from mails where tenant_id = $1", [tenant_id]);
	deepEqual(rows, [{ status: "failed", attempts: 9 }]);
});

test("a member gets 20 mails a day; the others are one digest when the day is over, and the next day begins anew", async () => {
	const [owner, other] = [await person("owner"), await person("owner")];
	await unsubscribe(unsubscribing(), { token: tokenOf(other.person_id, ["key_use"]) });
	fixture.clock.advance(DAY_MS - (fixture.clock.now() % DAY_MS) + HOUR_MS);
	for (let count = 0; count < 25; count += 1) {
		await emit(firstUse(`key_${count}`));
		await deliver();
	}
	equal(mailsTo(owner.email).length, 20);
	fixture.clock.advance(22 * HOUR_MS);
	await deliver();
	equal(mailsTo(owner.email).length, 20);
	fixture.clock.advance(HOUR_MS);
	refusal = 451;
	await deliver();
	refusal = null;
	fixture.clock.advance(MINUTE_MS);
	await Promise.all([deliver(), deliver()]);
	const mails = mailsTo(owner.email);
	equal(mails.length, 21);
	const digest = mails[20];
	match(digest?.headers.get("subject") ?? "", /^5 more events about the API keys of Tenant \d+$/);
	equal(digest?.text.match(/was used for the first time/g)?.length, 5);
	ok(digest?.headers.get("list-unsubscribe"));
	deepEqual(new Set(await statuses()), new Set(["digested", "sent"]));
	await emit(firstUse("key_next"));
	await deliver();
	equal(mailsTo(owner.email).length, 22);
	equal(mailsTo(other.email).length, 0);
});

test("a digest with something about security does not wait for the end of the day, and cannot be unsubscribed from", async () => {
	const { email } = await person("owner");
	fixture.clock.advance(DAY_MS - (fixture.clock.now() % DAY_MS) + HOUR_MS);
	await emit(...Array.from({ length: 22 }, (_, index) => firstUse(`key_${index}`)));
	await deliver();
	await emit(revoked());
	await deliver();
	equal(mailsTo(email).length, 20);
	fixture.clock.advance(5 * MINUTE_MS);
	await deliver();
	equal(mailsTo(email).length, 21);
	match(mailsTo(email)[20]?.text ?? "", /Olivia Owner revoked the key prod-order-bot/);
	equal(mailsTo(email)[20]?.headers.get("list-unsubscribe"), undefined);
});

test("who was removed, lost the role or the address meanwhile gets nothing", async () => {
	const [owner, removed, demoted, unproven] = [await person("owner"), await person("admin"), await person("admin"), await person("admin")];
	refusal = 451;
	await emit(revoked());
	await deliver();
	refusal = null;
	const context = { ...fixture.context(tenant_id), enders: [] };
	await removeMember(context, { tenant_id, member_id: removed.member_id });
	await fixture.superuser.query("update members set role = 'viewer' where id = $1", [demoted.member_id]);
	await fixture.superuser.query("update people set email_verified = false where id = $1", [unproven.person_id]);
	fixture.clock.advance(MINUTE_MS);
	await deliver();
	deepEqual(
		trap.mails.map(({ to }) => to[0]),
		[owner.email],
	);
	deepEqual(await statuses(), ["dropped", "dropped", "sent"]);
});

test("erasing the tenant deletes its queue", async () => {
	await person("owner");
	refusal = 451;
	await emit(firstUse());
	await deliver();
	refusal = null;
	await eraseTenant({ ...fixture.context(tenant_id), forget_documents: async () => undefined }, { tenant_id });
	fixture.clock.advance(HOUR_MS);
	await deliver();
	deepEqual([trap.mails.length, await statuses()], [0, []]);
});

function tokenOf(person_id: string, classes: readonly ("key_use" | "rotation" | "expiry")[]): string {
	return makeUnsubscribeToken(unsubscribe_keys, { tenant_id, person_id, classes });
}

const unsubscribing = () => ({ database: fixture.db.database, clock: fixture.clock, unsubscribe_keys });

test("unsubscribing ends one class of one person in one tenant, also what is queued; security continues, and it can be undone", async () => {
	const [owner, other] = [await person("owner"), await person("owner")];
	refusal = 451;
	await emit(firstUse("key_queued"));
	await deliver();
	refusal = null;
	const token = tokenOf(owner.person_id, ["key_use"]);
	await unsubscribe(unsubscribing(), { token });
	await unsubscribe(unsubscribing(), { token });
	await emit(firstUse(), due(), revoked());
	fixture.clock.advance(MINUTE_MS);
	await deliver();
	const subjects = (email: string | null) =>
		mailsTo(email)
			.map(({ headers }) => headers.get("subject"))
			.sort();
	deepEqual(subjects(owner.email), ["prod-order-bot is due to be replaced", "prod-order-bot was revoked"]);
	equal(subjects(other.email).length, 4);
	const security = mailsTo(owner.email).find(({ headers }) => headers.get("subject")?.endsWith("revoked"));
	deepEqual([security?.headers.get("list-unsubscribe"), security?.headers.get("list-unsubscribe-post")], [undefined, undefined]);
	doesNotMatch(`${security?.text}${security?.html}`, /unsubscribe/);
	await unsubscribe(unsubscribing(), { token, undo: true });
	await emit(firstUse("key_again"));
	await deliver();
	equal(subjects(owner.email).length, 3);
});

test("a person sees what they get by tenant, switches a class off, and gets it again after an unsubscribe link", async () => {
	const [owner, other] = [await person("owner"), await person("owner")];
	const session = { name: "P", email: "p@example.com", confirmed_at: new Date(0), expires_at: new Date(0) };
	const context = ({ person_id }: { person_id: string }): PreferenceContext => ({
		...{ database: fixture.db.database, clock: fixture.clock },
		signed_in: { ...session, kind: "member", person_id, session_id: "ses_1" },
	});
	const wanted = async (of: { person_id: string }) =>
		(await listMailPreferences(context(of))).data.map(({ tenant, ...classes }) => [tenant.id, classes]);
	const every = { key_use: true, rotation: true, expiry: true };
	deepEqual(await wanted(owner), [[tenant_id, every]]);
	await putMailPreference(context(owner), { tenant_id, class: "expiry", mailed: false });
	await unsubscribe(unsubscribing(), { token: tokenOf(owner.person_id, ["key_use"]) });
	deepEqual(await wanted(owner), [[tenant_id, { key_use: false, rotation: true, expiry: false }]]);
	deepEqual(await wanted(other), [[tenant_id, every]]);
	await emit(firstUse("key_off"));
	await deliver();
	deepEqual([mailsTo(owner.email).length, mailsTo(other.email).length], [0, 1]);
	await putMailPreference(context(owner), { tenant_id, class: "key_use", mailed: true });
	await emit(firstUse("key_on"));
	await deliver();
	deepEqual([mailsTo(owner.email).length, mailsTo(other.email).length], [1, 2]);
	await rejects(putMailPreference(context(owner), { tenant_id: "tenant-of-others", class: "expiry", mailed: false }), { code: "not_found" });
	const by_link = { id: "pts_1", tenant_id, external_user_id: "u", role: "owner", confirmed: true } as const;
	const portal: PreferenceContext = { ...context(owner), signed_in: { ...session, ...by_link, kind: "portal" } };
	await rejects(listMailPreferences(portal), { code: "conflict" });
});

test("only a token that this instance has signed unsubscribes, also after the pepper was replaced", async () => {
	const token = tokenOf("per_x", ["key_use"]);
	const [payload = "", mac = ""] = token.split(".");
	const other = Buffer.from(JSON.stringify([tenant_id, "per_y", ["key_use"]])).toString("base64url");
	for (const forged of [
		"",
		".",
		payload,
		`${payload}.`,
		`${other}.${mac}`,
		`${payload}.${mac}.x`,
		`${payload}.${mac.replace(/^./, (c) => (c === "A" ? "B" : "A"))}`,
		`${payload}.${mac.slice(0, -1)}${mac.endsWith("Q") ? "R" : "Q"}`,
	]) {
		equal(readUnsubscribeToken(unsubscribe_keys, forged), null, forged);
		await rejects(unsubscribe(unsubscribing(), { token: forged }), { code: "not_found" });
	}
	ok(readUnsubscribeToken(unsubscribeKeysFrom(parsePeppers(`${OTHER_PEPPER},${TEST_PEPPER}`)), token));
	equal(readUnsubscribeToken(unsubscribeKeysFrom(parsePeppers(OTHER_PEPPER)), token), null);
	await unsubscribe(unsubscribing(), { token });
	equal((await fixture.superuser.query("select 1 from mail_unsubscriptions where person_id = 'per_x'")).rowCount, 0, "no member, nothing stored");
});

test("two nodes send each mail once, and what a dead node has claimed is sent by another", async () => {
	const { email } = await person("owner");
	await emit(...Array.from({ length: 15 }, (_, index) => firstUse(`key_${index}`)));
	await Promise.all([deliver(), deliver()]);
	await deliver();
	equal(mailsTo(email).length, 15);
	await emit(firstUse("key_claimed"));
	const dead = deliverer({ node: { id: "node_dead" }, mailer: { enabled: true, send: () => new Promise(() => undefined) } });
	await dead.look();
	deepEqual((await fixture.superuser.query("select claimed_by from mails where status = 'pending' and tenant_id = $1", [tenant_id])).rows, [
		{ claimed_by: "node_dead" },
	]);
	await deliver();
	equal(mailsTo(email).length, 16);
});

test("events of more than a day ago are not mailed, and no row holds an address", async () => {
	const { email } = await person("owner");
	await emit(firstUse("key_old"));
	fixture.clock.advance(25 * HOUR_MS);
	await deliver();
	deepEqual([trap.mails.length, await statuses()], [0, []]);
	await emit(firstUse());
	await deliver();
	equal(trap.mails.length, 1);
	const { rows } = await fixture.superuser.query("select m::text as row from mails m");
	doesNotMatch(JSON.stringify(rows), new RegExp(`@|${email}|http|token`));
});

/** A context for tests of alerts and for webhooks on this machine; its tests are counted anew. */
function alertContext(by = mailer) {
	const { db, clock } = fixture;
	const allowed = parseAllowList(["127.0.0.1"]);
	ok(allowed instanceof AllowList);
	const outgoing = new Outgoing({ allowed, timeout_ms: 500 });
	const tests = { alert_tests: new TestPace(clock, ALERT_TESTS), webhook_tests: new TestPace(clock) };
	return { ...db.context(), ...tests, mailer: by, outgoing, webhook_keys: webhookKeysFrom(parsePeppers(TEST_PEPPER)) };
}

async function deliverWebhooks(): Promise<void> {
	const { db, clock } = fixture;
	const { outgoing, webhook_keys } = alertContext();
	const options = { database: db.database, clock, log: testLog, node: db.node, outgoing, webhook_keys, random: () => 0.5 };
	const webhooks = new Deliverer({ ...options, systemContext: (name) => db.context({ actor: { kind: "system", name } }) });
	await webhooks.look();
	await webhooks.idle();
}

test("a test alert goes to the people and webhooks of its rule, is marked as a test, and is no alert", async () => {
	const receiver = await Receiver.start();
	try {
		const [owner, viewer] = [await person("owner"), await person("viewer")];
		const unproven = await fixture.member(tenant_id, "owner");
		const context = alertContext();
		const { webhook, secret } = await createWebhook(context, { tenant_id, url: receiver.url("/alerts"), events: ["alert.raised"] });
		await createWebhook(context, { tenant_id, url: receiver.url("/keys"), events: ["key.created"] });
		const made = await sendAlertTest(context, { tenant_id, rule: "key_exposed" });
		equal(made.mail, "queued");
		equal(made.not_proven.length, 1);
		const latest = async () => (await listAlertTests(context, { tenant_id })).data[0];
		deepEqual((await latest())?.reached, { mails: null, webhooks: null }, "not queued yet");
		await fixture.superuser.query("update outbox set created_at = $1 where mail_queued_at is null", [new Date(fixture.clock.now())]);
		await deliverWebhooks();
		await deliver();
		deepEqual(
			trap.mails.map(({ to }) => to[0]),
			[owner.email],
		);
		const [mail] = mailsTo(owner.email);
		match(String(mail?.headers.get("subject")), /^Test: alerts of .+ reach you$/);
		match(mail?.text ?? "", /\nAudit log, to compare later:\n\d{4}-\d\d-\d\dT\d\d:00:00\.000Z [A-Za-z0-9+/]{43}=\n/);
		match(mail?.text ?? "", /This is a test of the alerts of .+: nothing has happened\./);
		ok(mail?.text.includes(`${PUBLIC_URL}/alerts?tenant=${tenant_id}\n`), "a test is no alert, which could be opened");
		equal(mailsTo(viewer.email).length + mailsTo(unproven.email).length, 0);
		deepEqual(
			receiver.received.map(({ path, type }) => [path, type]),
			[["/alerts", "alert.tested"]],
		);
		const [sent] = receiver.received;
		ok(sent && isSignedBy(secret, sent.headers, sent.body));
		deepEqual([sent.data.alert_id, sent.data.rule, sent.data.summary], [made.test.id, "key_exposed", "Test alert: nothing has happened"]);
		const at = new Date(fixture.clock.now()).toISOString();
		const after_all = await latest();
		deepEqual(
			after_all?.reached?.mails?.map(({ status, at: sent_at }) => [status, sent_at]),
			[["sent", at]],
		);
		deepEqual(after_all?.reached?.webhooks, [{ webhook_id: webhook.id, url_origin: new URL(receiver.url()).origin, status: "delivered", at }]);
		equal(after_all?.delivered_at, at);
		deepEqual((await listAlerts(context, { tenant_id, total: true })).total, 0);
		const audited = await fixture.superuser.query("select target_id from audit_entries where chain = $1 and action = 'alert.tested'", [tenant_id]);
		deepEqual(audited.rows, [{ target_id: "key_exposed" }]);
		await sweepAlerts({ database: fixture.db.database, clock: fixture.clock }, 400);
		await fixture.superuser.query("delete from outbox where tenant_id = $1", [tenant_id]);
		const later = await latest();
		deepEqual([later?.delivered_at, later?.reached], [at, null], "when it was delivered is remembered for longer than its event");
	} finally {
		receiver.close();
	}
});

test("a test alert that is not mailed says why, and one that cannot be sent is refused", async () => {
	const context = alertContext();
	const send = (rule: Parameters<typeof sendAlertTest>[1]["rule"], by = context) => sendAlertTest(by, { tenant_id, rule });
	equal((await send("key_exposed")).mail, "no_recipient");
	await fixture.member(tenant_id, "owner");
	equal((await send("key_exposed")).mail, "no_recipient", "an owner whose address is not proven");
	await person("owner");
	equal((await send("key_exposed")).mail, "queued");
	equal((await send("new_source")).mail, "own_mail");
	const off = alertContext(createMailer({ settings: null, product_name: () => "", log: testLog }));
	equal((await send("key_exposed", off)).mail, "off");
	deepEqual((await listAlertTests(off, { tenant_id })).data.find(({ rule }) => rule === "key_exposed")?.reached?.mails, [], "no mail is waiting");
	await putRule(context, { tenant_id, rule: "limit_near", enabled: false });
	await rejects(send("limit_near"), { code: "conflict" });
	for (let tests = 5; tests <= ALERT_TESTS.tests_max; tests += 1) await send("key_exposed");
	await rejects(send("key_exposed"), { code: "rate_limited" });
	fixture.clock.advance(ALERT_TESTS.window_ms);
	await send("key_exposed");
	await updateTenant(context, { tenant_id, status: "suspended" });
	await rejects(send("key_exposed"), { code: "tenant_suspended" });
});

test("an alert says who was mailed and which webhooks received it, and what waits", async () => {
	const receiver = await Receiver.start();
	try {
		const [owner, admin] = [await person("owner"), await person("admin")];
		const context = alertContext();
		await createWebhook(context, { tenant_id, url: receiver.url("/alerts") });
		const at = new Date(fixture.clock.now());
		await fixture.superuser.query(
			"insert into alerts (tenant_id, id, rule, subject, evidence, count, raised_at, last_at) values ($1, 'alt_' || $1, 'limit_near', 'sites', '{}', 1, $2, $2)",
			[tenant_id, at],
		);
		const alert_id = `alt_${tenant_id}`;
		const data = { alert_id, rule: "limit_near", key_id: null, summary: "9 of 10 sites are used", count: 1, raised_at: at.toISOString() };
		const reached = async () => (await getAlert(context, { tenant_id, alert_id })).reached;
		equal(await reached(), null, "without its event nothing is known");
		await emit({ tenant_id, type: "alert.raised", data });
		deepEqual(await reached(), { mails: null, webhooks: null });
		receiver.status = 503;
		refusal = 450;
		await deliverWebhooks();
		await deliver();
		const statusesOf = async () => {
			const found = await reached();
			return [found?.mails?.map(({ status }) => status), found?.webhooks?.map(({ status, at: tried_at }) => [status, tried_at])];
		};
		deepEqual(await statusesOf(), [["waiting", "waiting"], [["waiting", at.toISOString()]]]);
		refusal = null;
		receiver.status = 204;
		fixture.clock.advance(MINUTE_MS);
		await deliverWebhooks();
		await deliver();
		deepEqual(await statusesOf(), [["sent", "sent"], [["delivered", new Date(fixture.clock.now()).toISOString()]]]);
		equal(mailsTo(owner.email).length + mailsTo(admin.email).length, 2);
	} finally {
		receiver.close();
	}
});
