import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { CALLERS, from, type RotationFixture, rotationFixture } from "../../testing/rotations.ts";
import type { MadeKey, Process } from "../../testing/verification.ts";
import { putRule } from "../alerts/rules.ts";
import { sendAlertTest } from "../alerts/send-test.ts";
import { parseAddress } from "../core/network.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../core/time.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { completeRotation } from "../keys/rotations/complete-or-cancel.ts";
import type { CreateInput } from "../keys/schema.ts";
import { updateKeySettings } from "../keys/update.ts";
import { createMailer } from "../outbox/mail/mailer.ts";
import { CHECKED_OPERATIONS } from "../routes.ts";
import { createSite, updateSite } from "../tenants/sites/sites.ts";
import { ALERT_TESTS, TestPace } from "../webhooks/test-pace.ts";
import { type ChecklistContext, getChecklist, getChecklistHistory } from "./checklist.ts";
import { ITEM_NAMES, type ItemName } from "./item.ts";
import { confirmRehearsal, listRehearsals, rehearseRevocation } from "./rehearse.ts";
import { evaluateChecklists } from "./run.ts";
import type { ItemAnswer } from "./schema.ts";

const LIMITS = "GET /api/v1/m2m/tenants/:tenant_id/limits";
const LIST = "GET /api/v1/m2m/sites/:site_id/documents";
const UPLOAD = "POST /api/v1/m2m/sites/:site_id/documents";
const ADDRESS = parseAddress("203.0.113.7");
const LAPTOP = from("198.51.100.9", "support-prototype/1");

let fixture: RotationFixture;
let tenant_id: string;
before(async () => {
	fixture = await rotationFixture();
});
beforeEach(async () => {
	tenant_id = await fixture.verification.tenant(fixture.main.node);
});
after(() => fixture.close());

/** A process whose lease holds: one runs out when the clock is moved by days. */
let running: Process | null = null;

async function later(milliseconds: number): Promise<void> {
	clock().advance(milliseconds);
	running = await fixture.second();
}

const clock = () => fixture.verification.clock;
const mailer = createMailer({ settings: null, product_name: () => "Test", log: testLog });
const context = (): ChecklistContext & ReturnType<RotationFixture["context"]> => ({ ...fixture.context(), mailer });
const checklist = async (key_id?: string) =>
	(await getChecklist(context(), CHECKED_OPERATIONS, { tenant_id, ...(key_id === undefined ? {} : { key_id }) })).data;
const history = async (key_id?: string) =>
	(await getChecklistHistory(context(), { tenant_id, ...(key_id === undefined ? {} : { key_id }) })).data.map(
		({ item, from: was, to }) => `${item} ${was} ${to}`,
	);

async function itemOf(name: ItemName, key_id?: string): Promise<ItemAnswer> {
	const found = (await checklist(key_id)).find(({ item }) => item === name);
	ok(found, `${name} is missing`);
	return found;
}

/** The status and the reason of an item of the tenant. */
async function stateOf(name: ItemName): Promise<string> {
	const { status, evidence } = await itemOf(name);
	return `${status} ${evidence.reason}`;
}

const newKey = (input: Partial<CreateInput> = {}) => fixture.key(tenant_id, input);
const process = () => running ?? fixture.main;
const settle = () => fixture.pass(1);

/** Requests of a key, which are counted. */
async function work(key: MadeKey, operation = LIST, source = CALLERS.orders, site_id: string | null = null): Promise<void> {
	equal((await process().ask(key.raw_key, { source, operation, site_id, address: ADDRESS })).denial, null);
	await settle();
}

async function check(key: MadeKey, times = 1): Promise<void> {
	for (let done = 0; done < times; done += 1) {
		const { grant } = await process().ask(key.raw_key, { source: CALLERS.orders, operation: LIMITS });
		ok(grant?.counter);
		process().meter.recordConnectivityCheck(grant.counter, clock().now());
	}
	await settle();
}

async function newMember(id: string): Promise<void> {
	const { behind } = fixture.verification;
	await behind("insert into keywright.people (id, name, email) values ($1, $2, $2 || '@example.com')", [`per_${id}`, id]);
	await behind("insert into keywright.members (tenant_id, id, person_id, role) values ($1, $2, $3, 'viewer')", [tenant_id, id, `per_${id}`]);
}

test("without keys every item is unknown, and the twelve have the order of the contract", async () => {
	const items = await checklist();
	deepEqual(
		items.map(({ item }) => item),
		[...ITEM_NAMES],
	);
	deepEqual(
		items.filter(({ item }) => item !== "failures_monitored").map(({ status }) => status),
		ITEM_NAMES.slice(1).map(() => "unknown"),
	);
});

test("a quiet tenant is unknown and never met, also where its settings are in order", async () => {
	await newMember(`mem_quiet_${tenant_id}`);
	const owner = { name: "Olivia", member_id: `mem_quiet_${tenant_id}` };
	const key = await newKey({ owner, expires_at: new Date(clock().now() + 90 * DAY_MS).toISOString(), allowed_ips: ["203.0.113.0/24"] });
	deepEqual(
		(await checklist()).filter(({ status }) => status === "met"),
		[],
	);
	equal(await stateOf("expiry_set"), "unknown quiet");
	await work(key);
	deepEqual(
		(await checklist()).filter(({ status }) => status === "met").map(({ item }) => item),
		["integrations_separate", "server_side_only", "rotation_scheduled", "no_idle_keys", "responsible_present", "expiry_set", "addresses_known"],
	);
	await later(31 * DAY_MS);
	deepEqual(
		(await checklist()).filter(({ status }) => status === "met"),
		[],
	);
});

test("environments are separate once no program uses keys of two, and every site says which it is", async () => {
	await createSite(context(), { tenant_id, id: "shop", name: "Shop" });
	const production = await newKey();
	equal(await stateOf("environments_separate"), "unknown quiet");
	await work(production);
	equal(await stateOf("environments_separate"), "unknown sites_unbound");
	await updateSite(context(), { tenant_id, site_id: "shop", environment: "prod" });
	equal(await stateOf("environments_separate"), "unknown one_environment");
	const development = await newKey({ environment: "dev" });
	await work(development, LIST, LAPTOP);
	equal(await stateOf("environments_separate"), "met separate");
	await work(development, LIST, from("203.0.113.9", "support-prototype/1"));
	equal(await stateOf("environments_separate"), "unknown same_network", "a network alone proves nothing");
	await work(development, LIST, CALLERS.orders);
	const mixed = await itemOf("environments_separate");
	deepEqual([mixed.status, mixed.evidence.reason, mixed.evidence.key?.id], ["not_met", "same_program", production.key_id]);
	deepEqual([mixed.evidence.facts.program, mixed.evidence.facts.other_key_id], ["order-bot", development.key_id]);
	await later(31 * DAY_MS);
	await work(production);
	await work(development, LIST, LAPTOP);
	equal(await stateOf("environments_separate"), "met separate", "what was mixed 30 days ago does not count");
});

test("integrations are separate while each key has one program; a second one, or one without a name, turns it", async () => {
	const key = await newKey();
	equal(await stateOf("integrations_separate"), "unknown quiet");
	await work(key, LIST, from("203.0.113.7", "curl/8"));
	equal(await stateOf("integrations_separate"), "unknown not_told_apart");
	const other = await newKey();
	await work(other, LIST, from("203.0.113.7", "order-bot/1"));
	await work(other, LIST, from("192.0.2.7", "order-worker-2/1"));
	equal((await itemOf("integrations_separate", other.key_id)).status, "met", "two programs of one integration");
	await work(other, LIST, CALLERS.backup);
	const { status, evidence, action } = await itemOf("integrations_separate");
	deepEqual([status, evidence.facts.count, evidence.key?.id], ["not_met", 2, other.key_id]);
	match(action?.href ?? "", /dialog=create/);
	await revokeKey(context(), { tenant_id, key_id: other.key_id, reason: "other" });
	await revokeKey(context(), { tenant_id, key_id: key.key_id, reason: "other" });
	await work(await newKey());
	equal(await stateOf("integrations_separate"), "met one_program");
});

test("a use from a browser turns server-side only, and replacing the key turns it back", async () => {
	const key = await newKey();
	equal(await stateOf("server_side_only"), "unknown quiet");
	await work(key);
	equal(await stateOf("server_side_only"), "met server_only");
	const at = new Date(clock().now());
	await fixture.verification.behind(
		"insert into keywright.key_exposures (tenant_id, key_id, kid, kind, first_at, last_at, requests) values ($1, $2, $3, 'browser', $4, $4, 14)",
		[tenant_id, key.key_id, key.kid, at],
	);
	const seen = await itemOf("server_side_only");
	deepEqual([seen.status, seen.evidence.facts.kind, seen.evidence.facts.requests, seen.observed_at], ["not_met", "browser", 14, at.toISOString()]);
	match(seen.action?.href ?? "", /dialog=replace/);
	const { rotation } = await fixture.rotate(key);
	await completeRotation(context(), { tenant_id, key_id: key.key_id, rotation_id: rotation.id, force: true, reason: "exposed" });
	equal(await stateOf("server_side_only"), "met server_only");
});

test("a rotation is scheduled with a period, until its date passes, and again once the key was replaced", async () => {
	const key = await newKey({ rotate_every_days: null });
	await work(key);
	equal(await stateOf("rotation_scheduled"), "not_met no_period");
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, rotate_every_days: 30 });
	equal(await stateOf("rotation_scheduled"), "met scheduled");
	await later(31 * DAY_MS);
	await work(key);
	equal(await stateOf("rotation_scheduled"), "not_met overdue");
	const { rotation } = await fixture.rotate(key);
	await completeRotation(context(), { tenant_id, key_id: key.key_id, rotation_id: rotation.id, force: true, reason: "due" });
	const { status, evidence } = await itemOf("rotation_scheduled");
	deepEqual([status, evidence.facts.last_in_time, evidence.facts.every_days], ["met", false, 30]);
});

test("checks on three days of seven are regular, or one an hour since yesterday; it ends two days after the last", async () => {
	const key = await newKey();
	equal(await stateOf("connectivity_automated"), "unknown quiet");
	await work(key);
	equal(await stateOf("connectivity_automated"), "unknown new");
	for (const _day of [1, 2, 3]) {
		equal((await itemOf("connectivity_automated")).status, "unknown");
		await check(key);
		await later(DAY_MS);
	}
	const { status, evidence } = await itemOf("connectivity_automated");
	deepEqual([status, evidence.facts.days, evidence.facts.sources], ["met", 3, 1]);
	await later(5 * DAY_MS);
	await work(key);
	equal(await stateOf("connectivity_automated"), "not_met irregular");
	await check(key, 24);
	equal(await stateOf("connectivity_automated"), "met regular");
});

test("a rehearsal revokes a real canary key on every node, counts once a person confirms it, and for 180 days", async () => {
	const second = await fixture.second();
	equal(await stateOf("revocation_rehearsed"), "unknown never");
	const made = await rehearseRevocation(context(), { tenant_id });
	ok(made.acknowledged_ms !== null && made.acknowledged_ms >= 0);
	ok(made.nodes?.some(({ node_id, confirmed }) => confirmed && node_id === second.node.id));
	ok(made.nodes?.every(({ confirmed }) => confirmed));
	const [key] = await fixture.verification.behind("select canary, revoked_at is not null as revoked from keywright.keys where id = $1", [
		made.key_id,
	]);
	deepEqual(key, { canary: true, revoked: true });
	equal(await stateOf("revocation_rehearsed"), "unknown not_confirmed");
	const confirmed = await confirmRehearsal(context(), { tenant_id, rehearsal_id: made.id });
	equal(await stateOf("revocation_rehearsed"), "met rehearsed");
	deepEqual(await confirmRehearsal(context(), { tenant_id, rehearsal_id: made.id }), confirmed, "a repeat changes nothing");
	const actions = await fixture.verification.behind(
		"select action from keywright.audit_entries where chain = $1 and action like 'revocation.%' order by seq",
		[tenant_id],
	);
	deepEqual(actions, [{ action: "revocation.rehearsed" }, { action: "revocation.rehearsal_confirmed" }]);
	await later(180 * DAY_MS);
	equal(await stateOf("revocation_rehearsed"), "not_met too_old");
});

test("a seventh rehearsal within an hour is refused and makes no key, and one of yesterday cannot be confirmed", async () => {
	for (let made = 0; made < 6; made += 1) await rehearseRevocation(context(), { tenant_id });
	await rejects(rehearseRevocation(context(), { tenant_id }), { code: "rate_limited" });
	const [{ keys } = {}] = await fixture.verification.behind("select count(*)::int as keys from keywright.keys where tenant_id = $1", [tenant_id]);
	equal(keys, 6);
	await later(HOUR_MS + SECOND_MS);
	const { id: rehearsal_id } = await rehearseRevocation(context(), { tenant_id });
	await later(DAY_MS + SECOND_MS);
	await rejects(confirmRehearsal(context(), { tenant_id, rehearsal_id }), { code: "conflict" });
	equal((await listRehearsals(context(), { tenant_id })).data.length, 7);
});

test("failures are monitored once a test alert was delivered, until its rule is off or there is no way to reach anyone", async () => {
	equal(await stateOf("failures_monitored"), "not_met reaches_no_one");
	const { behind } = fixture.verification;
	await behind(
		"insert into keywright.webhooks (tenant_id, id, url, pepper_id, secret, after_position, created_at) values ($1, $1, 'https://hooks.example.com/', 'p', '', 0, now())",
		[tenant_id],
	);
	equal(await stateOf("failures_monitored"), "unknown never_tested");
	const testing = { ...context(), alert_tests: new TestPace(clock(), ALERT_TESTS) };
	await sendAlertTest(testing, { tenant_id, rule: "failures_jump" });
	equal(await stateOf("failures_monitored"), "unknown waiting");
	await later(2 * HOUR_MS);
	equal(await stateOf("failures_monitored"), "not_met not_delivered");
	await sendAlertTest(testing, { tenant_id, rule: "failures_jump" });
	const [event] = await behind("select id from keywright.outbox where tenant_id = $1 and type = 'alert.tested' order by position desc limit 1", [
		tenant_id,
	]);
	await behind("insert into keywright.webhook_queues (tenant_id, webhook_id) values ($1, $1) on conflict do nothing", [tenant_id]);
	await behind(
		"insert into keywright.webhook_deliveries (tenant_id, id, webhook_id, event_id, sequence, status, attempts, at) values ($1, $1, $1, $2, 1, 'delivered', 1, $3)",
		[tenant_id, event?.id, new Date(clock().now())],
	);
	await behind("update keywright.outbox set distributed_at = now() where id = $1", [event?.id]);
	equal(await stateOf("failures_monitored"), "met tested");
	for (const rule of ["failures_jump", "dead_key_presented"] as const) await putRule(context(), { tenant_id, rule, enabled: false });
	equal(await stateOf("failures_monitored"), "not_met off");
	await putRule(context(), { tenant_id, rule: "failures_jump", enabled: true });
	equal(await stateOf("failures_monitored"), "met tested");
	await behind("update keywright.webhooks set events = '{key.revoked}' where tenant_id = $1", [tenant_id]);
	equal(await stateOf("failures_monitored"), "not_met reaches_no_one");
});

test("least privilege: what a key of a month did not use is named, and taking it away meets the item", async () => {
	for (const id of ["shop", "store"]) await createSite(context(), { tenant_id, id, name: `Site ${id}`, environment: "prod" });
	const key = await newKey({ permissions: ["tenant:read", "documents:read", "documents:write"] });
	equal(await stateOf("least_privilege"), "unknown quiet");
	await work(key, LIST, CALLERS.orders, "shop");
	equal(await stateOf("least_privilege"), "unknown new");
	await later(29 * DAY_MS);
	await check(key);
	await work(key, LIST, CALLERS.orders, "shop");
	await later(2 * DAY_MS);
	const { status, evidence } = await itemOf("least_privilege");
	deepEqual([status, evidence.facts.permissions, evidence.facts.sites], ["not_met", ["documents:write"], ["Site store"]]);
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, permissions: ["tenant:read", "documents:read"], site_ids: ["shop"] });
	equal(await stateOf("least_privilege"), "met all_used");
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, permissions: ["tenant:read", "documents:read", "documents:write"] });
	equal(await stateOf("least_privilege"), "not_met more_than_used");
	await work(key, UPLOAD, CALLERS.orders, "shop");
	equal(await stateOf("least_privilege"), "met all_used");
	await work(key, "GET documents:read", CALLERS.orders, "shop");
	equal(await stateOf("least_privilege"), "met all_used", "a question takes nothing back");
	await updateKeySettings(context(), {
		tenant_id,
		key_id: key.key_id,
		permissions: ["tenant:read", "documents:read", "documents:write", "usage:read"],
	});
	equal(await stateOf("least_privilege"), "not_met more_than_used");
	const { behind } = fixture.verification;
	await behind("update keywright.complete_operations set since = 'infinity'");
	equal(await stateOf("least_privilege"), "unknown not_known", "operations that were counted before an upgrade name one permission");
	await behind("update keywright.complete_operations set since = '-infinity'");
});

test("a key is idle after the days of its alert rule, and is not once it is used or paused", async () => {
	const key = await newKey();
	equal(await stateOf("no_idle_keys"), "unknown not_used_yet");
	await work(key);
	equal(await stateOf("no_idle_keys"), "met used");
	await work(await newKey());
	await later(20 * DAY_MS);
	await work(key);
	await putRule(context(), { tenant_id, rule: "key_unused", threshold: 20 });
	const { status, evidence } = await itemOf("no_idle_keys");
	deepEqual([status, evidence.reason, evidence.facts.limit_days, evidence.keys], ["not_met", "idle", 20, { met: 1, not_met: 1, unknown: 0 }]);
	await revokeKey(context(), { tenant_id, key_id: evidence.key?.id ?? "", reason: "integration_retired" });
	equal(await stateOf("no_idle_keys"), "met used");
});

test("a responsible person is present while they are a member", async () => {
	const key = await newKey();
	await work(key);
	equal(await stateOf("responsible_present"), "unknown not_a_member");
	const member_id = `mem_resp_${tenant_id}`;
	await newMember(member_id);
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, owner: { name: "Olivia", member_id } });
	equal(await stateOf("responsible_present"), "met member");
	await fixture.verification.behind("delete from keywright.members where tenant_id = $1", [tenant_id]);
	equal(await stateOf("responsible_present"), "not_met left");
});

test("an end is set, or not, for production keys", async () => {
	const key = await newKey({ expires_at: null });
	await work(key);
	await work(await newKey({ environment: "dev", expires_at: null }), LIST, LAPTOP);
	equal(await stateOf("expiry_set"), "not_met no_end");
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, expires_at: new Date(clock().now() + 40 * DAY_MS).toISOString() });
	equal(await stateOf("expiry_set"), "met has_end");
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, expires_at: null });
	equal(await stateOf("expiry_set"), "not_met no_end");
});

test("addresses: those that were seen are suggested, and setting them meets the item", async () => {
	const key = await newKey();
	equal(await stateOf("addresses_known"), "unknown quiet");
	await work(key);
	await work(key, LIST, from("2001:db8:7::9", "order-bot/1"));
	const { status, evidence } = await itemOf("addresses_known");
	deepEqual([status, evidence.facts.networks], ["not_met", ["2001:db8:7::/48", "203.0.113.0/24"]]);
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, allowed_ips: ["203.0.113.0/24"] });
	equal(await stateOf("addresses_known"), "met bound");
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, allowed_ips: null });
	equal(await stateOf("addresses_known"), "not_met any_address");
});

test("what turns is in the history once, whether it is read or evaluated in the background, with what it was by; since is from then", async () => {
	const key = await newKey({ expires_at: null });
	await work(key);
	const run = () => evaluateChecklists({ database: fixture.verification.database, clock: clock(), mailer, operations: CHECKED_OPERATIONS });
	await run();
	deepEqual(await history(), [], "what a tenant begins with is no turn");
	const since = (await itemOf("expiry_set")).since;
	await later(HOUR_MS + SECOND_MS);
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, expires_at: new Date(clock().now() + 40 * DAY_MS).toISOString() });
	equal((await run()) > 0, true);
	equal(await run(), 0, "within an hour nothing is evaluated again");
	const turned_at = new Date(clock().now()).toISOString();
	const at = async (key_id?: string) => (await itemOf("expiry_set", key_id)).since;
	deepEqual([await at(), await at(key.key_id), since < turned_at], [turned_at, turned_at, true]);
	await later(SECOND_MS);
	await Promise.all([checklist(), checklist(), checklist(key.key_id), checklist(key.key_id)]);
	deepEqual([await history(), await history(key.key_id)], [["expiry_set not_met met"], ["expiry_set not_met met"]]);
	await updateKeySettings(context(), { tenant_id, key_id: key.key_id, expires_at: null });
	await Promise.all([checklist(), checklist(), checklist()]);
	deepEqual(await history(), ["expiry_set met not_met", "expiry_set not_met met"]);
	const [turn] = (await getChecklistHistory(context(), { tenant_id, item: "expiry_set", limit: 1 })).data;
	deepEqual([turn?.evidence.reason, turn?.evidence.key?.id], ["no_end", key.key_id]);
});

test("a key of another tenant, or none, has no checklist; one that has ended and a canary key have no items", async () => {
	const key = await newKey();
	const canary = await newKey({ canary: true });
	deepEqual(await checklist(canary.key_id), []);
	await revokeKey(context(), { tenant_id, key_id: key.key_id, reason: "other" });
	deepEqual(await checklist(key.key_id), []);
	const other = await fixture.key(await fixture.verification.tenant(fixture.main.node));
	await rejects(checklist(other.key_id), { code: "not_found" });
	await rejects(history(other.key_id), { code: "not_found" });
});
