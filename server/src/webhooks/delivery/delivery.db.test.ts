import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import pg from "pg";
import { TEST_PEPPER, type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { isSignedBy, Receiver } from "../../../testing/webhooks.ts";
import { type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import { ManualClock } from "../../core/clock.ts";
import { createLog } from "../../core/log.ts";
import { AllowList, parseAllowList } from "../../core/network.ts";
import { parsePeppers } from "../../core/pepper.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import { Outgoing } from "../../outbox/outgoing/outgoing.ts";
import { insertEvents } from "../../outbox/store.ts";
import { putPlan } from "../../plans/plans.ts";
import { createTenant } from "../../tenants/tenants.ts";
import { createWebhook } from "../create.ts";
import { listDeliveries, replay } from "../deliveries.ts";
import { rotateSecret } from "../rotate-secret.ts";
import { webhookKeysFrom } from "../secrets.ts";
import { TestPace } from "../test-pace.ts";
import { deleteWebhook, getWebhook, listWebhooks, updateWebhookSettings } from "../webhooks.ts";
import { Deliverer } from "./deliverer.ts";
import { claimQueues, distributeEvents, lockClaim, releaseClaim, storeAttempt } from "./queue-store.ts";
import { resealWebhooks, sweepEvents } from "./sweep.ts";

const OPERATOR = "*";
const OTHER_PEPPER = "another-pepper-of-the-tests-0123456789-abcdefghij";
const SCHEDULE_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS];

let db: TestDatabase;
let clock: ManualClock;
let behind: pg.Client;
let tenant_id: string;
let receiver: Receiver;
const receivers: Receiver[] = [];
const keys = webhookKeysFrom(parsePeppers(TEST_PEPPER));
const outgoing = new Outgoing({ allowed: loopback(), timeout_ms: 500 });

function loopback(): AllowList {
	const list = parseAllowList(["127.0.0.1"]);
	ok(list instanceof AllowList);
	return list;
}

before(async () => {
	clock = new ManualClock();
	db = await testDatabase({ clock });
	behind = new pg.Client({ connectionString: db.superuserUrl });
	await behind.connect();
	await putPlan(db.context(), { plan_id: "plan", name: "Plan", capabilities: ["m2m_api"] });
});
beforeEach(async () => {
	tenant_id = (await createTenant(db.context(), { name: "Tenant", plan_id: "plan" })).id;
	receiver = await newReceiver();
});
afterEach(async () => {
	for (const each of receivers.splice(0)) each.close();
	await behind.query("delete from keywright.webhooks");
	// A change would wait for them.
	await behind.query("delete from keywright.nodes where version = 'other'");
});
after(async () => {
	await behind.end();
	await db.close();
});

async function newReceiver(): Promise<Receiver> {
	const made = await Receiver.start();
	receivers.push(made);
	return made;
}

function context(over: Partial<ChangeContext> = {}) {
	return { ...db.context(over), webhook_keys: keys, outgoing, webhook_tests: new TestPace(clock) };
}

function deliverer(over: Partial<ConstructorParameters<typeof Deliverer>[0]> = {}): Deliverer {
	return new Deliverer({
		...{ database: db.database, clock, log: testLog, node: db.node, outgoing, webhook_keys: keys, random: () => 0.5 },
		systemContext: (name) => db.context({ actor: { kind: "system", name } }),
		...over,
	});
}

async function deliver(by = deliverer()): Promise<void> {
	await by.look();
	await by.idle();
}

/** What the list of webhooks says of this one: finished deliveries of 24 hours, and those that wait. */
async function counts({ id }: { id: string }) {
	const found = (await listWebhooks(context(), { tenant_id })).data.find((webhook) => webhook.id === id);
	return [found?.deliveries_24h, found?.waiting];
}

async function newWebhook(over: { tenant_id?: string; url?: string; events?: ("key.created" | "key.paused" | "webhook.disabled")[] } = {}) {
	const { webhook, secret } = await createWebhook(context(), { tenant_id, url: receiver.url(), ...over });
	return { id: webhook.id, secret, named: { tenant_id: over.tenant_id ?? tenant_id, webhook_id: webhook.id } };
}

/** Commits a change of the tenant with this event. */
async function emit(key_id: string, type: "key.created" | "key.paused" = "key.paused", of = tenant_id): Promise<void> {
	const data = { key_id, name: "bot", environment: "prod", expires_at: null };
	await change(db.context(), async () => ({
		result: undefined,
		audit: [{ action: type, target: { kind: "key", id: key_id }, tenant_id: of }],
		events: [{ tenant_id: of, type, data }],
	}));
}

const keyIds = (at = receiver) => at.received.map(({ data }) => data.key_id);
const deliveries = async (named: { tenant_id: string; webhook_id: string }) => (await listDeliveries(context(), named)).data;

test("an event is delivered once to each endpoint that wants it, signed, with its tenant and a sequence without gaps", async () => {
	await emit("key_before");
	const every = await newWebhook();
	const paused = await newWebhook({ url: receiver.url("/paused"), events: ["key.paused"] });
	const operators = await newWebhook({ tenant_id: OPERATOR, url: receiver.url("/operator") });
	const other = (await createTenant(db.context(), { name: "Other", plan_id: "plan" })).id;
	await emit("key_1", "key.created");
	await emit("key_2");
	await emit("key_3", "key.paused", other);
	await deliver();
	await deliver();
	const at = (path: string) =>
		receiver.received.filter((message) => message.path === path).map(({ data }) => [data.key_id, data.tenant_id, data.sequence]);
	deepEqual(at("/hook"), [
		["key_1", tenant_id, 1],
		["key_2", tenant_id, 2],
	]);
	deepEqual(at("/paused"), [["key_2", tenant_id, 1]]);
	deepEqual(at("/operator"), [
		["key_1", tenant_id, 1],
		["key_2", tenant_id, 2],
		["key_3", other, 3],
	]);
	for (const { path, headers, body, timestamp } of receiver.received) {
		const { secret } = path === "/hook" ? every : path === "/paused" ? paused : operators;
		ok(isSignedBy(secret, headers, body) && !isSignedBy("whsec_AAAA", headers, body) && !isSignedBy(secret, headers, `${body} `));
		equal(headers["webhook-timestamp"], String(Math.floor(clock.now() / 1_000)));
		equal(new Date(timestamp).toISOString(), timestamp);
	}
	const [created] = receiver.received.filter(({ type }) => type === "key.created");
	deepEqual(created?.data, { key_id: "key_1", name: "bot", environment: "prod", expires_at: null, tenant_id, sequence: 1 });
	const [last, first] = await deliveries(every.named);
	deepEqual([first?.type, first?.status, first?.attempt, first?.response_status, first?.error], ["key.created", "delivered", 1, 204, null]);
	ok(typeof first?.duration_ms === "number");
	equal(last?.event_id, receiver.received.find(({ path, data }) => path === "/hook" && data.key_id === "key_2")?.headers["webhook-id"]);
	const { last_delivery, deliveries_24h, waiting } = await getWebhook(context(), every.named);
	deepEqual([deliveries_24h, waiting], [{ delivered: 2, failed: 0 }, 0]);
	deepEqual(last_delivery, { at: new Date(clock.now()).toISOString(), status: "delivered", response_status: 204, error: null });
});

test("events of concurrent changes arrive in the order of their commits", async () => {
	await newWebhook();
	await Promise.all(Array.from({ length: 30 }, (_, index) => emit(`key_${index}`)));
	await deliver();
	const { rows } = await behind.query("select target_id from keywright.audit_entries where chain = $1 and action = 'key.paused' order by seq", [
		tenant_id,
	]);
	deepEqual(
		keyIds(),
		rows.map(({ target_id }) => target_id),
	);
	deepEqual(
		receiver.received.map(({ data }) => data.sequence),
		rows.map((_, index) => index + 1),
	);
});

test("an event of bookkeeping that commits after a later one is not lost, and has the later sequence", async () => {
	await newWebhook();
	const exposed = { key_id: "key_1", name: "bot", environment: "prod", kid: "kid_1", kind: "url" as const, source_id: null };
	await record({ database: db.database }, async (tx) => {
		await insertEvents(tx, [{ tenant_id, type: "key.exposed", data: exposed }]);
		await emit("key_meanwhile");
		await deliver();
		deepEqual(keyIds(), ["key_meanwhile"]);
	});
	await deliver();
	deepEqual(
		receiver.received.map(({ type, data }) => [type, data.sequence]),
		[
			["key.paused", 1],
			["key.exposed", 2],
		],
	);
});

test("a failing endpoint is attempted again after 5 s, 30 s, 2 min, 10 min, 1, 3, 6 and 12 h, and is then disabled", async () => {
	const failing = await newWebhook({ events: ["key.paused"] });
	const watching = await newWebhook({ url: receiver.url("/watch"), events: ["webhook.disabled"] });
	receiver.status = 500;
	await emit("key_1");
	await deliver();
	const begun = new Date(clock.now()).toISOString();
	for (const [index, pause] of SCHEDULE_MS.entries()) {
		const [delivery] = await deliveries(failing.named);
		deepEqual([delivery?.attempt, delivery?.status, delivery?.response_status], [index + 1, "pending", 500]);
		if (index === 0) deepEqual(await counts(failing), [{ delivered: 0, failed: 0 }, 1]);
		equal(new Date(delivery?.next_attempt_at ?? 0).getTime() - clock.now(), pause);
		clock.advance(pause - 1);
		await deliver();
		equal(receiver.received.length, index + 1, "not before its time");
		clock.advance(1);
		if (index === SCHEDULE_MS.length - 1) receiver.status = 503;
		await deliver();
	}
	equal(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size, 1);
	const [delivery] = await deliveries(failing.named);
	deepEqual([delivery?.attempt, delivery?.status, delivery?.next_attempt_at], [9, "failed", null]);
	deepEqual(await counts(failing), [{ delivered: 0, failed: 1 }, 0]);
	const { status, disabled_reason, failing_since } = await getWebhook(context(), failing.named);
	deepEqual([status, disabled_reason, failing_since], ["disabled", "failing", begun]);
	receiver.status = 204;
	await emit("key_2");
	await deliver();
	const [disabled] = receiver.received.slice(9);
	deepEqual([disabled?.path, disabled?.type, disabled?.data.webhook_id], ["/watch", "webhook.disabled", failing.id]);
	ok(isSignedBy(watching.secret, disabled?.headers ?? {}, disabled?.body ?? ""));
	equal((await deliveries(failing.named)).length, 1, "a disabled webhook receives nothing");
	await updateWebhookSettings(context(), { ...failing.named, status: "active" });
	await emit("key_3");
	await deliver();
	deepEqual(keyIds().slice(10), ["key_3"]);
	equal((await getWebhook(context(), failing.named)).failing_since, null);
	clock.advance(DAY_MS - 1);
	deepEqual(await counts(failing), [{ delivered: 1, failed: 1 }, 0], "the counts of the list are of the last 24 hours");
	clock.advance(1);
	deepEqual(await counts(failing), [{ delivered: 0, failed: 0 }, 0]);
});

test("a failing webhook of the operator is logged once an hour, from an hour on", async () => {
	const lines: string[] = [];
	const log = createLog({ level: "warn", brand: "kw", output: { write: (line) => void lines.push(line) } });
	const failing = await newWebhook({ tenant_id: OPERATOR, events: ["key.paused"] });
	const by = deliverer({ log });
	receiver.status = 500;
	await emit("key_1");
	await deliver(by);
	for (const pause of SCHEDULE_MS.slice(0, 4)) {
		clock.advance(pause);
		await deliver(by);
	}
	equal(lines.length, 0);
	for (const pause of SCHEDULE_MS.slice(4, 6)) {
		clock.advance(pause);
		await deliver(by);
	}
	equal(lines.filter((line) => line.includes("operator_webhook_failing") && line.includes(failing.id)).length, 2);
});

test("a pause varies by a fifth in both directions", async () => {
	for (const [random, expected] of [
		[0, 4_000],
		[0.999_999, 6_000],
	] as const) {
		const { named } = await newWebhook();
		receiver.status = 500;
		await emit("key_1");
		await deliver(deliverer({ random: () => random }));
		const [delivery] = await deliveries(named);
		ok(Math.abs(new Date(delivery?.next_attempt_at ?? 0).getTime() - clock.now() - expected) <= 1);
		await deleteWebhook(context(), named);
	}
});

test("a receiver that answers 410 is disabled at once", async () => {
	const { named } = await newWebhook();
	receiver.status = 410;
	await emit("key_1");
	await deliver();
	const { status, disabled_reason } = await getWebhook(context(), named);
	deepEqual([status, disabled_reason], ["disabled", "gone"]);
	const { rows } = await behind.query(
		"select details->'facts' as facts from keywright.audit_entries where chain = $1 and action = 'webhook.disabled'",
		[tenant_id],
	);
	equal(rows.length, 1);
});

test("endpoints that never answer delay no other one", async () => {
	const silent = await newReceiver();
	silent.status = null;
	for (let index = 0; index < 10; index += 1) await newWebhook({ url: silent.url(`/${index}`) });
	await newWebhook();
	await emit("key_1");
	await emit("key_2");
	const working = deliverer();
	await working.look();
	while (receiver.received.length < 2 || silent.received.length < 10) await new Promise(setImmediate);
	await emit("key_3");
	while (receiver.received.length < 3) await working.look();
	deepEqual(keyIds(), ["key_1", "key_2", "key_3"]);
	await working.idle();
});

test("a delivery that failed is not waited for: later events overtake it, and their sequences say so", async () => {
	await newWebhook();
	receiver.status = 500;
	await emit("key_1");
	await deliver();
	receiver.status = 204;
	await emit("key_2");
	await deliver();
	clock.advance(5 * SECOND_MS);
	await deliver();
	deepEqual(
		receiver.received.map(({ data }) => [data.key_id, data.sequence]),
		[
			["key_1", 1],
			["key_2", 2],
			["key_1", 1],
		],
	);
});

test("another node takes over from one that died: after 60 seconds, or once that node was fenced", async () => {
	const { named } = await newWebhook();
	await emit("key_1");
	const claim = "update keywright.webhook_queues set claimed_by = $1, claimed_until = $2, due_at = $2::timestamptz - interval '1 hour'";
	await deliver();
	await emit("key_2");
	await deliver();
	for (const fenced of [false, true]) {
		await behind.query("insert into keywright.nodes (id, version, applied_seq, lease_ms, fenced_at) values ($1, 'other', 0, 5000, $2)", [
			`node_${fenced}`,
			fenced ? new Date() : null,
		]);
		await emit(`key_${fenced}`);
		await behind.query(claim, [`node_${fenced}`, new Date(clock.now() + MINUTE_MS)]);
		await deliver();
		equal(keyIds().includes(`key_${fenced}`), fenced);
		if (fenced) continue;
		clock.advance(MINUTE_MS);
		await deliver();
		ok(keyIds().includes(`key_${fenced}`));
	}
	equal((await deliveries(named)).filter(({ status }) => status === "delivered").length, 4);
});

test("two nodes at once deliver each event once and in order", async () => {
	await newWebhook();
	const nodes = [deliverer(), deliverer({ node: { id: "node_2" } })];
	await behind.query("insert into keywright.nodes (id, version, applied_seq, lease_ms) values ('node_2', 'other', 0, 5000)");
	const emitted = (async () => {
		for (let index = 0; index < 20; index += 1) await emit(`key_${index}`);
	})();
	let done = false;
	void emitted.then(() => {
		done = true;
	});
	while (!done || receiver.received.length < 20) await Promise.all(nodes.map((node) => node.look()));
	await Promise.all(nodes.map((node) => deliver(node)));
	deepEqual(
		keyIds(),
		Array.from({ length: 20 }, (_, index) => `key_${index}`),
	);
});

test("a stop gives up an unanswered delivery, which the next start makes again", async () => {
	const { named } = await newWebhook();
	receiver.status = null;
	await emit("key_1");
	const stopping = deliverer({ outgoing: new Outgoing({ allowed: loopback() }) });
	await stopping.look();
	while (receiver.received.length === 0) await new Promise(setImmediate);
	await stopping.stop();
	const [delivery] = await deliveries(named);
	deepEqual([delivery?.status, delivery?.attempt], ["pending", 0]);
	receiver.status = 204;
	await deliver();
	deepEqual(keyIds(), ["key_1", "key_1"]);
});

test("while the secret is replaced both sign; afterwards only the new one", async () => {
	const { secret: old, named } = await newWebhook();
	const { secret, webhook } = await rotateSecret(context(), { ...named, overlap_seconds: 600 });
	equal(webhook.previous_secret_expires_at, new Date(clock.now() + 600_000).toISOString());
	const signers = async () => {
		receiver.received.length = 0;
		await emit("key_1");
		await deliver();
		const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
		return [isSignedBy(old, headers, body), isSignedBy(secret, headers, body)];
	};
	deepEqual(await signers(), [true, true]);
	clock.advance(600_000);
	deepEqual(await signers(), [false, true]);
	const { secret: last } = await rotateSecret(context(), { ...named, overlap_seconds: 0 });
	deepEqual(await signers(), [false, false]);
	ok(isSignedBy(last, receiver.received[0]?.headers ?? {}, receiver.received[0]?.body ?? ""));
});

test("a replay has the same id and sequence, and a new series of attempts", async () => {
	const { named } = await newWebhook();
	await emit("key_1");
	await deliver();
	const [{ id = "" } = {}] = await deliveries(named);
	const again = await replay(context(), { ...named, delivery_id: id });
	deepEqual([again.status, again.attempt], ["pending", 0]);
	await deliver();
	const [first, second] = receiver.received;
	deepEqual([second?.headers["webhook-id"], second?.body], [first?.headers["webhook-id"], first?.body]);
	deepEqual((await deliveries(named)).length, 1);
});

test("events and deliveries are deleted after the retention, those of an erased tenant and of a deleted webhook at once", async () => {
	const operators = await newWebhook({ tenant_id: OPERATOR });
	const own = await newWebhook();
	await emit("key_1");
	await deliver();
	equal((await deliveries(own.named)).length, 1);
	await deleteWebhook(context(), own.named);
	equal((await behind.query("select 1 from keywright.webhook_deliveries where webhook_id = $1", [own.id])).rowCount, 0);
	await behind.query("update keywright.outbox set created_at = $1", [new Date(clock.now() - 29 * 24 * HOUR_MS)]);
	await sweepEvents({ database: db.database, clock }, 30);
	equal((await deliveries(operators.named)).length, 1);
	await sweepEvents({ database: db.database, clock }, 29 - 1);
	equal((await deliveries(operators.named)).length, 0);
	await emit("key_2");
	await deliver();
	await behind.query("delete from keywright.outbox where tenant_id = $1", [tenant_id]);
	equal((await deliveries(operators.named)).length, 0, "the operator's deliveries of the tenant's events go with them");
});

test("a webhook that is being delivered to is deleted after the attempt was stored, without a deadlock", async () => {
	const { named } = await newWebhook();
	await emit("key_1");
	let deleting = Promise.resolve();
	await record({ database: db.database }, async (tx) => {
		const now = new Date(clock.now());
		const until = new Date(clock.now() + MINUTE_MS);
		await distributeEvents(tx, now);
		await claimQueues(tx, { node_id: db.node.id, now, until, failing: false, limit: 10 });
	});
	await record({ database: db.database }, async (tx) => {
		ok(await lockClaim(tx, named, db.node.id));
		const [{ id = "" } = {}] = await deliveries(named);
		const at = new Date(clock.now()).toISOString();
		const attempt = { id, attempts: 1, at, duration_ms: 5, status: "delivered" as const, response_status: 204, error: null, next_attempt_at: null };
		await storeAttempt(tx, named, attempt, { failing_since: null, until: new Date(clock.now()) });
		deleting = deleteWebhook(context(), named);
		while ((await behind.query("select 1 from pg_locks where not granted")).rowCount === 0) await new Promise(setImmediate);
		await releaseClaim(tx, named);
	});
	await deleting;
	await rejects(getWebhook(context(), named));
});

test("secrets are stored encrypted, for their row only, and follow a new pepper", async () => {
	const { secret, id, named } = await newWebhook();
	const other = await newWebhook();
	const stored = await behind.query<{ id: string; secret: Buffer }>("select id, secret from keywright.webhooks");
	for (const row of stored.rows) ok(!row.secret.includes(Buffer.from(secret.slice(6), "base64")) && !row.secret.includes(secret));
	const both = webhookKeysFrom(parsePeppers(`${OTHER_PEPPER},${TEST_PEPPER}`));
	equal(await resealWebhooks({ ...context(), webhook_keys: both }), 2);
	equal(await resealWebhooks({ ...context(), webhook_keys: both }), 0);
	await emit("key_1");
	await deliver(deliverer({ webhook_keys: webhookKeysFrom(parsePeppers(OTHER_PEPPER)) }));
	ok(receiver.received.some(({ headers, body }) => isSignedBy(secret, headers, body)));
	await behind.query("update keywright.webhooks set secret = (select secret from keywright.webhooks where id = $1) where id = $2", [other.id, id]);
	receiver.received.length = 0;
	await emit("key_2");
	await deliver(deliverer({ webhook_keys: webhookKeysFrom(parsePeppers(OTHER_PEPPER)) }));
	ok(!receiver.received.some(({ headers, body }) => isSignedBy(secret, headers, body)));
	equal((await deliveries(named))[0]?.attempt, 0, "a swapped secret signs nothing");
});

test("an event is inserted with the fields of its schema only", async () => {
	const data = { key_id: "key_x", name: "bot", environment: "prod", surplus: "not in the schema" };
	await change(db.context(), async (tx) => {
		await insertEvents(tx, [{ tenant_id, type: "key.paused", data }]);
		return { result: undefined, audit: [{ action: "key.paused", target: { kind: "key", id: "key_x" }, tenant_id }] };
	});
	const { rows } = await behind.query("select data from keywright.outbox where tenant_id = $1", [tenant_id]);
	deepEqual(rows[0]?.data, { key_id: "key_x", name: "bot", environment: "prod" });
});
