import { deepEqual, equal, ok } from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TEST_PEPPER } from "../../testing/audit.ts";
import { testLog } from "../../testing/database.ts";
import { CALLERS, rotationFixture } from "../../testing/rotations.ts";
import type { MadeKey } from "../../testing/verification.ts";
import { Receiver } from "../../testing/webhooks.ts";
import { AllowList, parseAllowList } from "../core/network.ts";
import { parsePeppers } from "../core/pepper.ts";
import { MINUTE_MS } from "../core/time.ts";
import { connectDatabase } from "../database/database.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { Outgoing } from "../outbox/outgoing/outgoing.ts";
import { createWebhook } from "../webhooks/create.ts";
import { Deliverer } from "../webhooks/delivery/deliverer.ts";
import { webhookKeysFrom } from "../webhooks/secrets.ts";
import { TestPace } from "../webhooks/test-pace.ts";
import { evaluateNews, evaluateStates } from "./run.ts";

/** Of the turns below; less than the time after which an alert is resolved. */
const TURN_MS = 2 * MINUTE_MS;
const TURNS_DOWN = 30;
const KILLED_AT = 15;

const fixture = await rotationFixture();
const { clock, behind, database } = fixture.verification;
const receiver = await Receiver.start();
const allowed = parseAllowList(["127.0.0.1"]);
ok(allowed instanceof AllowList);
const outgoing = new Outgoing({ allowed, timeout_ms: 1_000 });
const webhook_keys = webhookKeysFrom(parsePeppers(TEST_PEPPER));
after(async () => {
	receiver.close();
	await fixture.close();
});

async function until<T>(read: () => T | null | Promise<T | null>): Promise<T> {
	for (;;) {
		const found = await read();
		if (found !== null) return found;
		await sleep(10);
	}
}

/** What a node does about events and alerts, on connections of its own, which `name` marks. */
function startNode(id: string, name: string) {
	const url = `${database.directUrl}${database.directUrl.includes("?") ? "&" : "?"}application_name=${name}`;
	const own = connectDatabase({ url, log: testLog });
	const systemContext = (system: string) => fixture.context({ database: own, actor: { kind: "system", name: system } });
	const deliverer = new Deliverer({ database: own, clock, log: testLog, node: { id }, outgoing, webhook_keys, systemContext, random: () => 0.5 });
	const evaluator = { database: own, now: () => new Date(clock.now()) };
	return {
		...{ id, own, deliverer, evaluator },
		async turn(): Promise<void> {
			await evaluateNews(evaluator);
			await evaluateStates(evaluator);
			await deliverer.look();
			await deliverer.idle();
		},
		/** Ends its connections wherever they are, and lets it make no others. */
		async kill(): Promise<void> {
			const closed = own.close();
			await behind("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [name]);
			await closed;
		},
	};
}

test("with a receiver down for an hour and a node killed meanwhile, a second node delivers every event, and no alert is raised twice", async () => {
	const first = startNode(fixture.main.node.id, "first");
	const second = startNode((await fixture.second()).node.id, "second");
	after(() => second.own.close());
	const tenant_id = await fixture.verification.tenant(fixture.main.node);
	const webhook_tests = new TestPace(clock);
	await createWebhook({ ...fixture.context(), webhook_keys, outgoing, webhook_tests }, { tenant_id, url: receiver.url() });
	const deadKey = async (): Promise<MadeKey> => {
		const key = await fixture.key(tenant_id);
		await revokeKey(fixture.context(), { ...key, reason: "other" });
		return key;
	};
	const [always, before] = [await deadKey(), await deadKey()];

	receiver.status = 503;
	await fixture.use(before.raw_key, CALLERS.orders);
	for (let turn = 0; turn < KILLED_AT; turn += 1) {
		await fixture.use(always.raw_key, CALLERS.orders);
		await Promise.all([first.turn(), second.turn()]);
		clock.advance(TURN_MS);
	}

	// The first node dies while it sends an event and writes an alert.
	const meanwhile = await deadKey();
	await fixture.use(meanwhile.raw_key, CALLERS.orders);
	receiver.status = null;
	const sent = receiver.received.length;
	await first.deliverer.look();
	await until(() => (receiver.received.length > sent ? true : null));
	await behind("begin");
	await behind("lock table keywright.outbox in share mode");
	const evaluation = evaluateNews(first.evaluator).then(
		() => "committed",
		() => "lost",
	);
	await until(async () => (await behind("select from pg_locks where not granted and relation = 'keywright.outbox'::regclass"))[0] ?? null);
	await first.kill();
	await behind("commit");
	equal(await evaluation, "lost");
	await first.deliverer.idle();
	const claims = await behind("select claimed_by from keywright.webhook_queues where tenant_id = $1", [tenant_id]);
	deepEqual(claims, [{ claimed_by: first.id }]);

	receiver.status = 503;
	const taken_over_at = receiver.received.length;
	for (let turn = KILLED_AT; turn < TURNS_DOWN; turn += 1) {
		await fixture.use(always.raw_key, CALLERS.orders);
		await second.turn();
		clock.advance(TURN_MS);
	}
	ok(receiver.received.length > taken_over_at, "the second node sends nothing");

	receiver.status = 204;
	const up_at = receiver.received.length;
	for (let hours = 0; hours < 3; hours += 0.5) {
		await second.turn();
		clock.advance(30 * MINUTE_MS);
	}
	const accepted = new Set(receiver.received.slice(up_at).map(({ headers }) => headers["webhook-id"]));
	const emitted = await behind("select id, type from keywright.outbox where tenant_id = $1 order by position", [tenant_id]);
	deepEqual(
		emitted.filter(({ id }) => !accepted.has(String(id))),
		[],
	);
	const raised = receiver.received.slice(up_at).flatMap(({ type, data }) => (type === "alert.raised" ? [`${data.rule} ${data.key_id}`] : []));
	const once = [always, before, meanwhile].map(({ key_id }) => `dead_key_presented ${key_id}`);
	deepEqual(raised.sort(), [...once, "webhook_failing null"].sort());
	const alerts = await behind("select key_id, count, status from keywright.alerts where tenant_id = $1 and key_id is not null", [tenant_id]);
	const counted = alerts.map(({ key_id, count, status }) => `${key_id} ${count} ${status}`).sort();
	deepEqual(counted, [`${always.key_id} ${TURNS_DOWN} resolved`, `${before.key_id} 1 resolved`, `${meanwhile.key_id} 1 resolved`].sort());
});
