import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import { systemClock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { parseAddress } from "../../core/network.ts";
import { inTransaction } from "../../database/transaction.ts";
import { aggregateUsage } from "../aggregate.ts";
import { startFlushing } from "../flush.ts";
import { Meter } from "../meter.ts";
import { SOURCES_PER_KEY_MAX } from "../store.ts";
import { readSecretOperations, readSecretSources } from "./evidence-store.ts";
import { sweepEvidence } from "./evidence-sweep.ts";
import { getSource, OTHER_SOURCES, type Source } from "./source.ts";

const AT = Date.UTC(2026, 0, 15, 12, 0, 0);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function from(address: string, agent = "curl/8.5.0"): Source {
	const parsed = parseAddress(address);
	ok(parsed);
	return getSource(parsed, agent, null);
}

suite("evidence of the operations and sources of secrets", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase(8);
		for (let key = 0; key < 8; key += 1)
			await db.query(
				`insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4) values ('a_kid_${key}b', 'a', 'a_key_${key}', '', 1, 'pepper', 'efgh')`,
			);
	});
	after(() => db.close());

	function start() {
		const meter = new Meter({ clock: systemClock });
		const flushing = startFlushing({ database: db.database, meter, clock: systemClock, node: { id: "node_test" }, log: testLog });
		const aggregate = async (): Promise<void> => {
			await flushing.flushNow();
			await aggregateUsage({ database: db.database, log: testLog });
		};
		return { meter, flushing, aggregate };
	}

	const sources = (key: number, now = AT) =>
		inTransaction(db.database, "a", (tx) => readSecretSources(tx, { tenant_id: "a", key_id: `a_key_${key}` }, new Date(now)));
	const operations = (key: number) => inTransaction(db.database, "a", (tx) => readSecretOperations(tx, { tenant_id: "a", key_id: `a_key_${key}` }));

	test("each source of a secret has its sightings and longest gap, for any split into flushes", async () => {
		const { meter, flushing, aggregate } = start();
		const operation = meter.operationCounter("a", null, "GET /orders");
		const old = meter.keyCounter("a", "a_key_0", "a_kid_0", from("203.0.113.7"));
		const fresh = meter.keyCounter("a", "a_key_0", "a_kid_0b", from("203.0.113.7"));
		const uses = [0, 10, 500, 2_000, 62_000, 62_900, 200_000];
		for (const [index, at] of uses.entries()) {
			meter.count(old, operation, index === 4 ? "rate_limited" : "allowed", AT + at);
			if (index % 2 === 1) await aggregate();
		}
		meter.count(fresh, operation, "allowed", AT + 201_000);
		await aggregate();
		await flushing.stop();
		const [first, second] = await sources(0);
		equal(first?.kid, "a_kid_0b");
		deepEqual([second?.kid, second?.requests, second?.sightings, second?.gap_ms], ["a_kid_0", 7, 3, 137_100]);
		deepEqual([second?.first_seen_at, second?.last_seen_at], [new Date(AT), new Date(AT + 200_000)]);
		equal(first?.source_id, second?.source_id);
	});

	test("the longest gap covers this window and the previous one: an old outlier expires, a nightly job's gap does not", async () => {
		const { meter, flushing, aggregate } = start();
		const operation = meter.operationCounter("a", null, "GET /orders");
		const nightly = meter.keyCounter("a", "a_key_1", "a_kid_1", from("203.0.113.7"));
		const days = [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
		for (const day of days) {
			for (let burst = 0; burst < 3; burst += 1) meter.count(nightly, operation, "allowed", AT + day * DAY_MS + burst * 2_000);
			await aggregate();
		}
		await flushing.stop();
		const [seen] = await sources(1);
		ok(seen);
		equal(seen.sightings, days.length);
		equal(Math.max(seen.gap_ms, seen.gap_before_ms), DAY_MS - 4_000);
	});

	test("requests with an ended secret are counted separately from live use, by day", async () => {
		const { meter, flushing, aggregate } = start();
		const operation = meter.operationCounter("a", null, "GET /orders");
		const old = meter.keyCounter("a", "a_key_2", "a_kid_2", from("203.0.113.7"));
		meter.count(old, operation, "allowed", AT);
		meter.count(old, operation, "key_paused", AT + 5_000);
		for (let times = 0; times < 3; times += 1) meter.count(old, operation, "key_rotated", AT + MINUTE_MS + times);
		await aggregate();
		meter.count(old, operation, "key_rotated", AT + DAY_MS);
		meter.count(old, operation, "key_revoked", AT + DAY_MS + MINUTE_MS);
		await aggregate();
		await flushing.stop();
		const [seen] = await sources(2, AT + DAY_MS);
		deepEqual([seen?.requests, seen?.last_seen_at], [2, new Date(AT + 5_000)]);
		deepEqual([seen?.dead_requests, seen?.dead_today, seen?.dead_last_seen_at], [5, 2, new Date(AT + DAY_MS + MINUTE_MS)]);
		deepEqual((await sources(2, AT + 2 * DAY_MS))[0]?.dead_today, 0);
	});

	test("sources beyond the limit per key are combined, and none is lost", async () => {
		const { meter, flushing, aggregate } = start();
		const operation = meter.operationCounter("a", null, "GET /orders");
		for (let index = 0; index < 100; index += 1)
			meter.count(meter.keyCounter("a", "a_key_3", "a_kid_3", from(`198.51.${index}.1`)), operation, "allowed", AT + index * 2_000);
		await aggregate();
		await flushing.stop();
		const seen = await sources(3);
		equal(seen.length, SOURCES_PER_KEY_MAX + 1);
		equal(
			seen.reduce((sum, source) => sum + source.requests, 0),
			100,
		);
		equal(seen.find(({ source_id }) => source_id === OTHER_SOURCES.id)?.requests, 100 - SOURCES_PER_KEY_MAX);
	});

	test("a successful operation is recorded per secret at most hourly, and a refused one never", async () => {
		const { meter, flushing, aggregate } = start();
		const counter = meter.keyCounter("a", "a_key_4", "a_kid_4", from("203.0.113.7"));
		const [read, write, never] = ["GET /orders", "POST /orders", "DELETE /orders"].map((name) => meter.operationCounter("a", null, name));
		ok(read && write && never);
		for (let minute = 0; minute < 130; minute += 1) {
			meter.count(counter, read, "allowed", AT + minute * MINUTE_MS);
			if (minute < 10) meter.count(counter, write, "allowed", AT + minute * MINUTE_MS + 1);
			meter.count(counter, never, "permission_missing", AT + minute * MINUTE_MS + 2);
			if (minute % 7 === 0) await aggregate();
		}
		await aggregate();
		await flushing.stop();
		deepEqual(await operations(4), [
			{ kid: "a_kid_4", operation: "GET /orders", last_succeeded_at: new Date(AT + 120 * MINUTE_MS) },
			{ kid: "a_kid_4", operation: "POST /orders", last_succeeded_at: new Date(AT + 1) },
		]);
	});

	test("evidence is deleted 90 days after it was last seen, not sooner", async () => {
		const { meter, flushing, aggregate } = start();
		const operation = meter.operationCounter("a", null, "GET /orders");
		for (const [address, day] of [
			["203.0.113.7", 0],
			["198.51.100.7", 2],
		] as const)
			meter.count(meter.keyCounter("a", "a_key_6", "a_kid_6", from(address)), operation, "allowed", AT + day * DAY_MS);
		await aggregate();
		await flushing.stop();
		const sweepAt = (day: number) => sweepEvidence({ database: db.database, clock: { now: () => AT + day * DAY_MS, monotonic: () => 0 } });
		await sweepAt(90);
		equal((await sources(6)).length, 2);
		await sweepAt(91);
		deepEqual(
			(await sources(6)).map(({ network }) => network),
			["198.51.100.0/24"],
		);
		equal((await operations(6)).length, 1);
		await sweepAt(93);
		deepEqual([await sources(6), await operations(6)], [[], []]);
	});

	test("nothing is stored for an erased tenant or an unknown secret", async () => {
		const { meter, flushing, aggregate } = start();
		const operation = meter.operationCounter("b", null, "GET /orders");
		await db.query("update tenants set erased_at = now(), plan_id = null where id = 'b'");
		meter.count(meter.keyCounter("b", "b_key_0", "b_kid_0", from("203.0.113.7")), operation, "allowed", AT);
		meter.count(meter.keyCounter("a", "a_key_5", "no_such_kid", from("203.0.113.7")), operation, "allowed", AT);
		await aggregate();
		await flushing.stop();
		const { length } = await inTransaction(db.database, ALL_TENANTS, (tx) =>
			readSecretSources(tx, { tenant_id: "b", key_id: "b_key_0" }, new Date(AT)),
		);
		equal(length, 0);
		deepEqual(await sources(5), []);
	});
});
