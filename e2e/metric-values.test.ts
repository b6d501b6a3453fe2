/** Each metric moves with what it measures. Names, labels and alert rules: metrics.test.ts. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Receiver } from "../server/testing/webhooks.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeTenant } from "./things.ts";

/** What the database knows is read at most every five seconds, and usage is flushed each second. */
const SEEN_WITHIN_MS = 10_000;
const POLL_MS = 100;

let server: Server;
let receiver: Receiver;
let tenant_id: string;

before(async () => {
	receiver = await Receiver.start();
	server = await startServer({ env: { KEYWRIGHT_OUTGOING_ALLOWED: "127.0.0.1" } });
	tenant_id = (await makeTenant(server, { plan_id: await makePlan(server) })).id;
});

after(async () => {
	await server?.stop();
	receiver.close();
});

const use = async (key: MadeKey, status: number) => void expectStatus(await server.keyed(key.raw_key, "GET", "/whoami"), status);

/** All values, by series as Prometheus writes it. */
async function read(): Promise<ReadonlyMap<string, number>> {
	const { text } = expectStatus(await server.send({ method: "GET", path: "/metrics", headers: server.bearer }), 200);
	const lines = text.split("\n").filter((line) => line.startsWith("keywright_"));
	return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

/** How much each of these series grew while `run` ran. */
async function growthOf(series: readonly string[], run: () => Promise<void>): Promise<number[]> {
	const earlier = await read();
	await run();
	const later = await read();
	return series.map((name) => (later.get(name) ?? 0) - (earlier.get(name) ?? 0));
}

async function waitFor(what: string, isRight: (values: ReadonlyMap<string, number>) => boolean): Promise<void> {
	for (const until = performance.now() + SEEN_WITHIN_MS; ; await sleep(POLL_MS)) {
		const values = await read();
		if (isRight(values)) return;
		ok(performance.now() < until, `${what} within ${SEEN_WITHIN_MS} ms`);
	}
}

test("the first use of a key is one read of a grant, which stays in memory; further uses read none", async () => {
	const key = await makeKey(server, tenant_id);
	const series = ["keywright_grants", "keywright_grant_reads_total", 'keywright_requests_total{status="200",code=""}'];
	deepEqual(await growthOf(series.slice(0, 2), () => use(key, 200)), [1, 1]);
	const [grants, reads, answers] = await growthOf(series, async () => {
		for (let request = 0; request < 5; request += 1) await use(key, 200);
	});
	// The scrape is a request too.
	deepEqual([grants, reads, answers], [0, 0, 6]);
});

test("a change that ends access waits once for the nodes, and its code is counted where it refuses", async () => {
	const key = await makeKey(server, tenant_id);
	await use(key, 200);
	const [waited, seconds] = await growthOf(["keywright_barrier_seconds_count", "keywright_barrier_seconds_sum"], async () => {
		expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/revoke`, { reason: "other" }), 200);
	});
	equal(waited, 1);
	ok(seconds !== undefined && seconds > 0 && seconds < 5);
	const refused = ['keywright_requests_total{status="401",code="key_revoked"}', 'keywright_decisions_total{kind="keyed",code="key_revoked"}'];
	deepEqual(await growthOf(refused, () => use(key, 401)), [1, 1]);
});

test("usage waits until it is flushed, and none is lost", async () => {
	const key = await makeKey(server, tenant_id);
	// A flush may come between the request and the scrape, so not every try sees its usage wait.
	let has_waited = false;
	for (let tries = 0; tries < 20 && !has_waited; tries += 1) {
		await use(key, 200);
		has_waited = ((await read()).get("keywright_usage_waiting") ?? 0) > 0;
	}
	ok(has_waited);
	await waitFor("no usage waits", (values) => values.get("keywright_usage_waiting") === 0);
	const values = await read();
	ok((values.get("keywright_usage_flush_age_seconds") ?? Number.NaN) < 5);
	equal(values.get("keywright_usage_lost"), 0);
});

test("one node holds its lease, its clock is right, and its connections are counted by pool", async () => {
	const values = await read();
	deepEqual(
		["keywright_lease_held", "keywright_nodes", "keywright_database_reachable"].map((name) => values.get(name)),
		[1, 1, 1],
	);
	ok(Math.abs(values.get("keywright_clock_skew_seconds") ?? Number.NaN) < 1);
	for (const pool of ["requests", "verification"]) {
		const [busy = 0, idle = 0, waiting] = ["busy", "idle", "waiting"].map((state) =>
			values.get(`keywright_database_connections{pool="${pool}",state="${state}"}`),
		);
		ok(busy + idle >= 1, pool);
		equal(waiting, 0);
	}
});

test("an event that a webhook does not accept waits and is overdue, and an alert is counted while it is open", async () => {
	receiver.status = 503;
	expectStatus(await server.operator("POST", "/webhooks", { url: receiver.url(), events: ["key.exposed"] }), 201);
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	const exposed = 'keywright_alerts{rule="key_exposed",status="raised"}';
	equal((await read()).get(exposed), 0);
	expectStatus(await server.send({ method: "GET", path: `/api/v1/m2m/whoami?api_key=${key.raw_key}` }), 401);
	await waitFor("the alert", (values) => values.get(exposed) === 1);
	await waitFor("the delivery", (values) => values.get('keywright_waiting{kind="deliveries"}') === 1);
	await waitFor("the failing webhook", (values) => values.get("keywright_operator_webhooks_failing") === 1);
	equal((await read()).get('keywright_waiting{kind="mails"}'), 0);

	const { data } = expectStatus(await server.management(tenant_id, "GET", "/alerts"), 200).as<{ data: { id: string }[] }>();
	expectStatus(await server.management(tenant_id, "POST", `/alerts/${data[0]?.id}/acknowledge`), 200);
	await waitFor("the acknowledged alert", (values) => values.get(exposed) === 0 && values.get(exposed.replace("raised", "acknowledged")) === 1);
});
