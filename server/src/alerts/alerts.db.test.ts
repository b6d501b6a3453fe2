import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { testLog } from "../../testing/database.ts";
import { CALLERS, from, type RotationFixture, rotationFixture } from "../../testing/rotations.ts";
import type { MadeKey } from "../../testing/verification.ts";
import { ManualClock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { read } from "../database/transaction.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { updateKeySettings } from "../keys/update.ts";
import { createMailer } from "../outbox/mail/mailer.ts";
import { eraseTenant } from "../tenants/erase.ts";
import { putTenant, updateTenant } from "../tenants/tenants.ts";
import { acknowledgeAlert, listAlerts } from "./alerts.ts";
import { readBudgetsNear } from "./facts/limits-store.ts";
import { RulePauses } from "./pauses.ts";
import { listRules, putRule } from "./rules.ts";
import { evaluateNews, evaluateStates } from "./run.ts";
import type { AlertAnswer } from "./schema.ts";
import { sweepAlerts } from "./sweep.ts";

let fixture: RotationFixture;
let tenant_id: string;
before(async () => {
	fixture = await rotationFixture();
});
beforeEach(async () => {
	tenant_id = await fixture.verification.tenant(fixture.main.node);
});
after(() => fixture.close());

const mailer = createMailer({ settings: null, product_name: () => "Test", log: testLog });
const withMailer = <C extends object>(context: C) => ({ ...context, mailer });
const clock = () => fixture.verification.clock;
const behind: RotationFixture["verification"]["behind"] = (...query) => fixture.verification.behind(...query);
/** A node of its own, at the time of the test. */
const node = () => ({ database: fixture.verification.database, now: () => new Date(clock().now()) });

async function evaluate(): Promise<void> {
	await evaluateNews(node());
	await evaluateStates(node());
}

async function pass(milliseconds: number): Promise<void> {
	clock().advance(milliseconds);
	await evaluate();
}

const alerts = async (tenant = tenant_id): Promise<AlertAnswer[]> =>
	(await listAlerts(withMailer(fixture.context()), { tenant_id: tenant, limit: 200 })).data;
const events = async (tenant = tenant_id) =>
	(
		await behind("select type, data ->> 'rule' as rule from keywright.outbox where tenant_id = $1 and type like 'alert.%' order by position", [
			tenant,
		])
	).map(({ type, rule }) => `${type} ${rule}`);
const states = async () => (await alerts()).map(({ rule, status, count }) => `${rule} ${status} ${count}`);

async function present(key: MadeKey, times: number, source = CALLERS.orders): Promise<void> {
	for (let request = 0; request < times; request += 1) await fixture.use(key.raw_key, source);
}

async function deadKey(): Promise<MadeKey> {
	const key = await fixture.key(tenant_id);
	await present(key, 1);
	await revokeKey(fixture.context(), { ...key, reason: "other" });
	return key;
}

test("a revoked key that is presented raises one alert, however often, which is resolved by itself", async () => {
	const key = await deadKey();
	await present(key, 3);
	await evaluate();
	await present(key, 4);
	await evaluate();
	const [alert, ...others] = await alerts();
	deepEqual([alert?.rule, alert?.status, alert?.count, alert?.key_id, others.length], ["dead_key_presented", "raised", 7, key.key_id, 0]);
	match(alert?.summary ?? "", /^An ended key of prod-bot-\d+ is still presented$/);
	deepEqual([alert?.evidence.network, alert?.evidence.source, alert?.evidence.requests_today], ["203.0.113.0/24", "order-bot", 7]);
	await pass(4 * MINUTE_MS);
	deepEqual(await states(), ["dead_key_presented raised 7"]);
	await pass(MINUTE_MS);
	deepEqual(await states(), ["dead_key_presented resolved 7"]);
	deepEqual(await events(), ["alert.raised dead_key_presented", "alert.resolved dead_key_presented"]);
});

test("news and alerts of a rule that only a later version knows are left to its nodes, and stop nothing here", async () => {
	const now = new Date(clock().now());
	await behind("insert into keywright.alert_news (tenant_id, rule, requests, details) values ($1, 'of_later', 1, '{}')", [tenant_id]);
	await behind(
		"insert into keywright.alerts (tenant_id, id, rule, subject, evidence, count, raised_at, last_at, due_at) values ($1, 'alt_later', 'of_later', '', '{}', 1, $2, $2, $2)",
		[tenant_id, now],
	);
	const key = await deadKey();
	await present(key, 3);
	await evaluate();
	deepEqual(await states(), ["dead_key_presented raised 3"]);
	await rejects(acknowledgeAlert(withMailer(fixture.context()), { tenant_id, alert_id: "alt_later" }), { code: "not_found" });
	deepEqual(await behind("select rule from keywright.alert_news where tenant_id = $1", [tenant_id]), [{ rule: "of_later" }]);
	await behind("delete from keywright.alert_news where tenant_id = $1", [tenant_id]);
	await behind("delete from keywright.alerts where id = 'alt_later'", []);
});

test("a client that presents a revoked key every hour causes two alerts, not one each hour", async () => {
	const key = await deadKey();
	for (let hour = 0; hour < 30; hour += 1) {
		await present(key, 1);
		await evaluate();
		await pass(HOUR_MS);
	}
	deepEqual(await states(), ["dead_key_presented raised 29", "dead_key_presented resolved 1"]);
	equal((await events()).filter((event) => event.startsWith("alert.raised")).length, 2);
});

test("the threshold of a rule is settable, and decides from then on", async () => {
	const key = await deadKey();
	await putRule(fixture.context(), { tenant_id, rule: "dead_key_presented", threshold: 5 });
	await present(key, 4);
	await evaluate();
	deepEqual(await states(), []);
	await present(key, 1);
	await evaluate();
	deepEqual(await states(), ["dead_key_presented raised 1"]);
	await putRule(fixture.context(), { tenant_id, rule: "dead_key_presented", enabled: false });
	await evaluate();
	deepEqual(await states(), ["dead_key_presented resolved 1"]);
	await present(key, 9);
	await evaluate();
	equal((await alerts()).length, 1);
	const { data } = await listRules(fixture.context(), { tenant_id });
	deepEqual(
		data.find(({ rule }) => rule === "dead_key_presented"),
		{ rule: "dead_key_presented", enabled: false, threshold: 5, to: ["owners", "responsible"] },
	);
	equal(data.length, 11);
	deepEqual((await putRule(fixture.context(), { tenant_id, rule: "dead_key_presented", threshold: null })).threshold, 1);
});

test("a threshold out of range and an unknown recipient are refused", async () => {
	const put = (input: object) => putRule(fixture.context(), { tenant_id, rule: "limit_near", ...input });
	await rejects(put({ threshold: 101 }), { code: "invalid_request" });
	await rejects(put({ to: ["owners", "mem_nobody"] }), { code: "invalid_request" });
	await rejects(putRule(fixture.context(), { tenant_id, rule: "key_exposed", threshold: 3 }), { code: "invalid_request" });
	deepEqual((await put({ to: [] })).to, []);
});

test("more refusals than usual are one alert of the tenant, and refusals of ended keys, of rate limits and as usual are none", async () => {
	const key = await fixture.key(tenant_id);
	const refused = () => fixture.main.ask(key.raw_key, { source: CALLERS.orders, capability: "exports" });
	for (let request = 0; request < 19; request += 1) await refused();
	await fixture.pass(0);
	await evaluate();
	deepEqual(await states(), []);
	for (let request = 0; request < 40; request += 1) await refused();
	await fixture.pass(1);
	await evaluate();
	deepEqual(await states(), ["failures_jump raised 40"]);
	const [alert] = await alerts();
	deepEqual([alert?.key_id, alert?.evidence.code, alert?.evidence.requests], [key.key_id, "capability_not_in_plan", 59]);
	await pass(6 * MINUTE_MS);
	deepEqual(await states(), ["failures_jump resolved 40"]);
	// The same again is not ten times what the day had before.
	await putRule(fixture.context(), { tenant_id, rule: "failures_jump", threshold: 1_000 });
	for (let request = 0; request < 59; request += 1) await refused();
	await fixture.pass(1);
	await evaluate();
	equal((await alerts()).length, 1);
});

test("a key that is used from a new place raises an alert; its first places, and a place of an ended key, do not", async () => {
	const key = await fixture.key(tenant_id);
	await present(key, 2);
	await evaluate();
	deepEqual(await states(), []);
	await present(key, 1, from("198.51.100.7", "curl/8"));
	await present(key, 1, from("198.51.101.7", "curl/8"));
	await evaluate();
	deepEqual(await states(), ["new_source raised 2"]);
	equal((await alerts())[0]?.evidence.network, "198.51.101.0/24");
	await pass(DAY_MS);
	deepEqual(await states(), ["new_source resolved 2"]);
	await revokeKey(fixture.context(), { ...key, reason: "other" });
	await present(key, 1, from("192.0.2.7", "curl/8"));
	await evaluate();
	deepEqual((await states()).sort(), ["dead_key_presented raised 1", "new_source resolved 2"]);
});

test("an exposed key raises an alert, reminds, and is resolved once its secret is replaced", async () => {
	const key = await fixture.key(tenant_id);
	fixture.main.exposures.add(key.kid, "url", null);
	fixture.main.exposures.add(key.kid, "url", null);
	ok(await fixture.main.exposures.flush());
	await evaluate();
	deepEqual(await states(), ["key_exposed raised 2"]);
	match((await alerts())[0]?.summary ?? "", /was sent in a URL$/);
	await pass(8 * HOUR_MS);
	await pass(HOUR_MS);
	deepEqual(await events(), ["alert.raised key_exposed", "alert.reminded key_exposed"]);
	await fixture.rotate(key, { overlap_seconds: 0 });
	await pass(MINUTE_MS);
	deepEqual(await states(), ["key_exposed resolved 2"]);
	equal((await events()).at(-1), "alert.resolved key_exposed");
});

test("use from a browser alerts under the policies alert and block, and only records under observe", async () => {
	const key = await fixture.key(tenant_id);
	const seen = async () => {
		fixture.main.exposures.add(key.kid, "browser", null);
		await fixture.main.exposures.flush();
		await evaluate();
		return (await states()).length;
	};
	await updateKeySettings(fixture.context(), { ...key, client_policy: "observe" });
	equal(await seen(), 0);
	await updateKeySettings(fixture.context(), { ...key, client_policy: "alert" });
	equal(await seen(), 1);
	const [observed] = await behind("select requests from keywright.key_exposures where key_id = $1", [key.key_id]);
	equal(Number(observed?.requests), 2);
});

test("an acknowledged alert says by whom and when, reminds no one, and is still resolved", async () => {
	const key = await fixture.key(tenant_id);
	fixture.main.exposures.add(key.kid, "cookie", null);
	await fixture.main.exposures.flush();
	await evaluate();
	const [alert] = await alerts();
	ok(alert);
	await updateTenant(fixture.context(), { tenant_id, status: "suspended" });
	const acknowledge = () => acknowledgeAlert(withMailer(fixture.context()), { tenant_id, alert_id: alert.id });
	const acknowledged = await acknowledge();
	deepEqual([acknowledged.status, acknowledged.acknowledged_by], ["acknowledged", { kind: "operator", name: "operator token" }]);
	equal(acknowledged.acknowledged_at, new Date(clock().now()).toISOString());
	await pass(DAY_MS);
	deepEqual(await acknowledge(), { ...acknowledged }, "a repeat changes nothing");
	deepEqual(await events(), ["alert.raised key_exposed"]);
	await revokeKey(fixture.context(), { ...key, reason: "suspected_exposure" });
	await pass(MINUTE_MS);
	const [resolved] = await alerts();
	deepEqual([resolved?.status, resolved?.acknowledged_by?.name], ["resolved", "operator token"]);
	const audited = await behind("select action, target_id from keywright.audit_entries where chain = $1 and action like 'alert%'", [tenant_id]);
	deepEqual(audited, [{ action: "alert.acknowledged", target_id: alert.id }]);
	await rejects(acknowledgeAlert(withMailer(fixture.context()), { tenant_id, alert_id: "alt_none" }), { code: "not_found" });
});

test("what is due raises alerts, and what was done about it resolves them: expiry, rotation, disuse, a responsible person who left", async () => {
	const now = clock().now();
	const inDays = (days: number) => new Date(now + days * DAY_MS).toISOString();
	const { node: of } = fixture.main;
	const expiring = await fixture.verification.key(of, tenant_id, { expires_at: inDays(20) });
	const due = await fixture.verification.key(of, tenant_id, { rotate_every_days: 10 });
	await behind("insert into keywright.people (id, name) values ('per_' || $1, 'Olivia')", [tenant_id]);
	await behind("insert into keywright.members (tenant_id, id, person_id, role) values ($1, 'mem_1', 'per_' || $1, 'admin')", [tenant_id]);
	const owned = await fixture.verification.key(of, tenant_id, { owner: { name: "Olivia", member_id: "mem_1" } });
	await putRule(fixture.context(), { tenant_id, rule: "key_unused", threshold: 5 });
	await evaluate();
	deepEqual(await states(), []);
	await pass(4 * DAY_MS);
	deepEqual(await states(), ["rotation_due raised 1"]);
	await behind("delete from keywright.members where tenant_id = $1", [tenant_id]);
	await present(owned, 1);
	await pass(3 * DAY_MS);
	const byRule = async (status: string) =>
		(await alerts()).filter((alert) => alert.status === status).map(({ rule, key_id }) => [rule, key_id].join(" "));
	const expected = [
		`key_expiring ${expiring.key_id}`,
		`key_unused ${due.key_id}`,
		`key_unused ${expiring.key_id}`,
		`responsible_left ${owned.key_id}`,
		`rotation_due ${due.key_id}`,
	];
	deepEqual((await byRule("raised")).sort(), expected.sort());
	await updateKeySettings(fixture.context(), { ...expiring, expires_at: inDays(100) });
	await fixture.rotate(due, { overlap_seconds: 0 });
	await updateKeySettings(fixture.context(), { ...owned, owner: "Priya" });
	await present(expiring, 1);
	await revokeKey(fixture.context(), { ...due, reason: "integration_retired" });
	await pass(HOUR_MS);
	deepEqual(await byRule("raised"), []);
	equal((await byRule("resolved")).length, 5);
});

test("a limit that is nearly used up raises an alert, and a greater limit resolves it", async () => {
	await putTenant(fixture.context(), { tenant_id, name: "Near", plan_id: `plan-${tenant_id}` });
	const limits = (api_keys: number) => updateTenant(fixture.context(), { tenant_id, limits: { api_keys } });
	await limits(5);
	for (let made = 0; made < 4; made += 1) await fixture.key(tenant_id);
	await pass(MINUTE_MS);
	const [alert] = await alerts();
	deepEqual([alert?.rule, alert?.key_id, alert?.summary], ["limit_near", null, "4 of 5 API keys are used"]);
	await limits(50);
	await pass(MINUTE_MS);
	deepEqual(await states(), ["limit_near resolved 1"]);
});

test("a budget raises an alert at 80 percent and another when it is used up, and a larger one resolves both", async () => {
	const { key_id } = await fixture.verification.key(fixture.main.node, tenant_id, {
		budgets: [{ name: "credits", unit: "credits", amount: 10, per: "total" }],
	});
	const use = (leased: number) =>
		behind(
			`insert into keywright.budget_periods (tenant_id, key_id, name, per, start, leased, amount) values ($1, $2, 'credits', 'total', '1970-01-01', $3, 10)
			on conflict (tenant_id, key_id, name, per, start) do update set leased = excluded.leased`,
			[tenant_id, key_id, leased],
		);
	await use(7);
	await pass(MINUTE_MS);
	deepEqual(await states(), []);
	await use(8);
	await pass(MINUTE_MS);
	const [alert] = await alerts();
	deepEqual([alert?.rule, alert?.key_id, alert?.evidence.budget], ["limit_near", key_id, "credits"]);
	await use(10);
	await pass(MINUTE_MS);
	deepEqual((await states()).toSorted(), ["limit_near raised 1", "limit_near resolved 1"]);
	await updateKeySettings(fixture.context(), { tenant_id, key_id, budgets: [{ name: "credits", amount: 100, per: "total" }] });
	await pass(MINUTE_MS);
	deepEqual(await states(), ["limit_near resolved 1", "limit_near resolved 1"]);
});

test("a budget whose amount is lowered raises an alert without a further request, and a larger one resolves it", async () => {
	const { key_id } = await fixture.verification.key(fixture.main.node, tenant_id, {
		budgets: [{ name: "credits", unit: "credits", amount: 1_000, per: "total" }],
	});
	await behind(
		"insert into keywright.budget_periods (tenant_id, key_id, name, per, start, leased, amount) values ($1, $2, 'credits', 'total', '1970-01-01', 50, 1000)",
		[tenant_id, key_id],
	);
	const lower = (amount: number) => updateKeySettings(fixture.context(), { tenant_id, key_id, budgets: [{ name: "credits", amount, per: "total" }] });
	await lower(63);
	await pass(MINUTE_MS);
	deepEqual(await states(), [], "50 of 63 are less than 80 percent");
	await lower(62);
	await pass(MINUTE_MS);
	deepEqual(await states(), ["limit_near raised 1"]);
	await lower(50);
	await pass(MINUTE_MS);
	deepEqual((await states()).toSorted(), ["limit_near raised 1", "limit_near resolved 1"]);
	await lower(1_000);
	await pass(MINUTE_MS);
	deepEqual(await states(), ["limit_near resolved 1", "limit_near resolved 1"]);
	await putRule(fixture.context(), { tenant_id, rule: "limit_near", threshold: 40 });
	await lower(125);
	await pass(MINUTE_MS);
	equal((await states()).filter((state) => state.startsWith("limit_near raised")).length, 1, "40 of 100 where the rule says so");
});

test("a budget of one unit raises an alert when that is used, and a period that has ended raises none", async () => {
	const { key_id } = await fixture.verification.key(fixture.main.node, tenant_id, {
		budgets: [
			{ name: "once", unit: "claims", amount: 1, per: "total" },
			{ name: "calls", unit: "calls", amount: 10, per: "day" },
		],
	});
	const before = new Date(clock().now() - 2 * DAY_MS).toISOString().slice(0, 10);
	const insert = "insert into keywright.budget_periods (tenant_id, key_id, name, per, start, leased, amount) values ($1, $2, $3, $4, $5, $6, $6)";
	await behind(insert, [tenant_id, key_id, "calls", "day", before, 10]);
	await pass(MINUTE_MS);
	deepEqual(await states(), []);
	await behind(insert, [tenant_id, key_id, "once", "total", "1970-01-01", 1]);
	await pass(MINUTE_MS);
	const [alert, ...others] = await alerts();
	match(alert?.summary ?? "", /^1 of 1 claims of the budget once of prod-bot-\d+ are used$/);
	deepEqual(others, []);
});

test("a budget that is used up just before its day ends raises an alert, which is resolved in the next day", async () => {
	const { key_id } = await fixture.verification.key(fixture.main.node, tenant_id, {
		budgets: [{ name: "calls", unit: "requests", amount: 10, per: "day" }],
	});
	const yesterday = new Date(clock().now() - DAY_MS).toISOString().slice(0, 10);
	await behind(
		"insert into keywright.budget_periods (tenant_id, key_id, name, per, start, leased, amount) values ($1, $2, 'calls', 'day', $3, 10, 10)",
		[tenant_id, key_id, yesterday],
	);
	const near = async (after_midnight_ms: number) => {
		const at = new Date(Date.parse(yesterday) + DAY_MS + after_midnight_ms);
		const facts = await read({ database: fixture.verification.database, scope: ALL_TENANTS }, (tx) => readBudgetsNear(tx, at, 80));
		return facts.filter((fact) => fact.key_id === key_id).map(({ evidence }) => evidence.used);
	};
	deepEqual(await near(-1_000), [10]);
	deepEqual(await near(5_000), [10], "evaluated every five seconds, so after midnight");
	deepEqual(await near(2 * MINUTE_MS), []);
});

test("a webhook that has failed for an hour raises an alert, which is resolved when it accepts again", async () => {
	const at = new Date(clock().now());
	await behind(
		"insert into keywright.webhooks (tenant_id, id, url, pepper_id, secret, after_position, created_at) values ($1, $2, 'https://hooks.example.com/x', 'p', '', 0, $3)",
		[tenant_id, `whk_${tenant_id}`, at],
	);
	await behind("insert into keywright.webhook_queues (tenant_id, webhook_id, failing_since) values ($1, $2, $3)", [
		tenant_id,
		`whk_${tenant_id}`,
		at,
	]);
	await pass(59 * MINUTE_MS);
	deepEqual(await states(), []);
	await pass(MINUTE_MS);
	const [alert] = await alerts();
	match(alert?.summary ?? "", /^The webhook at https:\/\/hooks\.example\.com has accepted nothing since \d{1,2} \w+ \d{4} at \d\d:\d\d UTC$/);
	await behind("update keywright.webhook_queues set failing_since = null where tenant_id = $1", [tenant_id]);
	await pass(MINUTE_MS);
	deepEqual(await states(), ["webhook_failing resolved 1"]);
	await behind("update keywright.webhooks set status = 'disabled', disabled_reason = 'gone' where tenant_id = $1", [tenant_id]);
	await pass(MINUTE_MS);
	match((await alerts())[0]?.summary ?? "", /was disabled/);
});

test("a storm on a canary key is one alert with its source; the key is in no alert about expiry, use or limits", async () => {
	await fixture.verification.plan(fixture.main.node, `plan-${tenant_id}`, { limits: { api_keys: 2 } });
	const expires_at = new Date(clock().now() + 5 * DAY_MS).toISOString();
	const canary = await fixture.key(tenant_id, { canary: true, expires_at });
	const other = await fixture.key(tenant_id, { canary: true });
	for (let round = 0; round < 3; round += 1) {
		await present(canary, 20, from("203.0.113.7", "curl/8"));
		await fixture.main.exposures.flush();
		await evaluate();
	}
	const [alert] = await alerts();
	deepEqual(await states(), ["canary_used raised 60"]);
	deepEqual([alert?.key_id, alert?.evidence.network, alert?.evidence.source], [canary.key_id, "203.0.113.0/24", "curl"]);
	match(alert?.summary ?? "", /^The canary key prod-bot-\d+ was used$/);
	await behind("update keywright.keys set created_at = created_at - interval '100 days' where id = $1", [other.key_id]);
	await pass(16 * MINUTE_MS);
	deepEqual(await states(), ["canary_used raised 60"]);
});

test("two nodes that evaluate at once raise each alert once", async () => {
	const keys = await Promise.all([deadKey(), deadKey(), deadKey()]);
	for (let round = 0; round < 5; round += 1) {
		for (const key of keys) await present(key, 1);
		await Promise.all([evaluateNews(node()), evaluateNews(node()), evaluateStates(node()), evaluateStates(node())]);
	}
	deepEqual(await states(), ["dead_key_presented raised 5", "dead_key_presented raised 5", "dead_key_presented raised 5"]);
	equal((await events()).length, 3);
});

test("an evaluator that is killed before its commit leaves everything to the next node: nothing is missed, nothing repeated", async () => {
	const key = await deadKey();
	await present(key, 3);
	await behind("begin");
	await behind("lock table keywright.outbox in share mode");
	const failure = evaluateNews(node()).then(
		() => null,
		(error: unknown) => error,
	);
	const waiting = "select pid from pg_locks where not granted and relation = 'keywright.outbox'::regclass";
	let pids = await behind(waiting);
	for (; pids.length === 0; await sleep(10)) pids = await behind(waiting);
	await behind("select pg_terminate_backend($1)", [pids[0]?.pid]);
	ok((await failure) !== null);
	await behind("commit");
	deepEqual(await states(), []);
	await evaluateNews(node());
	await evaluateNews(node());
	deepEqual(await states(), ["dead_key_presented raised 3"]);
	deepEqual(await events(), ["alert.raised dead_key_presented"]);
});

test("a rule whose news cannot be read delays no other, keeps its own open alerts, and is made up for", async () => {
	const [dead, exposed] = [await deadKey(), await fixture.key(tenant_id)];
	await present(dead, 1);
	await evaluate();
	await present(dead, 2);
	await behind("revoke select on keywright.secret_sources from keywright_app");
	try {
		fixture.main.exposures.add(exposed.kid, "url", null);
		await fixture.main.exposures.flush();
		await rejects(evaluateNews(node()), /^Error: the rule dead_key_presented could not be evaluated/);
		deepEqual((await states()).toSorted(), ["dead_key_presented raised 1", "key_exposed raised 1"]);
		clock().advance(10 * MINUTE_MS);
		await rejects(evaluateNews(node()), /dead_key_presented/);
		deepEqual((await states()).toSorted(), ["dead_key_presented raised 1", "key_exposed raised 1"], "it is not quiet: its news could not be read");
	} finally {
		await behind("grant select on keywright.secret_sources to keywright_app");
	}
	await evaluate();
	deepEqual((await states()).toSorted(), ["dead_key_presented raised 3", "key_exposed raised 1"]);
});

test("a rule whose state cannot be read delays no other, and is left out for a while", async () => {
	const monotonic = new ManualClock();
	const pauses = new RulePauses(monotonic);
	await fixture.key(tenant_id, { expires_at: new Date(clock().now() + 5 * DAY_MS).toISOString() });
	const unused = await fixture.key(tenant_id);
	await behind("update keywright.keys set created_at = created_at - interval '100 days' where id = $1", [unused.key_id]);
	clock().advance(HOUR_MS);
	await behind("revoke select on keywright.tenant_storage from keywright_app");
	try {
		await rejects(evaluateStates({ ...node(), pauses }), /^Error: the rule limit_near could not be evaluated/);
		deepEqual((await states()).toSorted(), ["key_expiring raised 1", "key_unused raised 1"]);
		clock().advance(HOUR_MS);
		await evaluateStates({ ...node(), pauses });
		monotonic.advance(10_000);
		await rejects(evaluateStates({ ...node(), pauses }), /limit_near/);
		monotonic.advance(10_000);
		await evaluateStates({ ...node(), pauses });
	} finally {
		await behind("grant select on keywright.tenant_storage to keywright_app");
	}
	monotonic.advance(10_000);
	equal(await evaluateStates({ ...node(), pauses }), 0);
	equal(pauses.has("limit_near"), false);
});

test("by default the time is the database's, whatever the node's clock shows", async () => {
	const key = await deadKey();
	await present(key, 1);
	await evaluateNews({ database: fixture.verification.database });
	const [row] = await behind("select abs(extract(epoch from clock_timestamp() - raised_at)) < 60 as is_now from keywright.alerts where key_id = $1", [
		key.key_id,
	]);
	equal(row?.is_now, true);
});

test("resolved alerts are deleted after the retention, open ones are kept, and an erased tenant keeps nothing", async () => {
	const key = await deadKey();
	await present(key, 1);
	await evaluate();
	await pass(6 * MINUTE_MS);
	const second = await deadKey();
	await present(second, 1);
	await evaluate();
	await putRule(fixture.context(), { tenant_id, rule: "new_source", enabled: false });
	const sweep = () => sweepAlerts({ database: fixture.verification.database, clock: clock() }, 400);
	clock().advance(399 * DAY_MS);
	await sweep();
	equal((await alerts()).length, 2);
	clock().advance(DAY_MS + 1);
	await sweep();
	deepEqual(await states(), ["dead_key_presented raised 1"]);
	const canary = await fixture.key(tenant_id, { canary: true });
	const present_all = async () => {
		await present(second, 1);
		await present(canary, 1, from("198.51.100.7", "curl/8"));
		fixture.main.exposures.add(second.kid, "url", null);
		await fixture.main.exposures.flush();
		await fixture.pass(0);
		await evaluate();
	};
	await present_all();
	await eraseTenant({ ...fixture.context(), forget_documents: async () => undefined }, { tenant_id });
	// Its keys are still presented by programs that do not know.
	await present_all();
	const left: string[] = [];
	for (const table of ["alerts", "alert_rules", "alert_news", "outbox", "key_exposures", "canary_uses", "key_sources", "secret_sources", "mails"])
		for (const _row of await behind(`select 1 from keywright.${table} where tenant_id = $1`, [tenant_id])) left.push(table);
	deepEqual(left, []);
});
