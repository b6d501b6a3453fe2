import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { connect, createServer, type Server } from "node:net";
import { after, before, suite, test } from "node:test";
import pg from "pg";
import { testLog } from "../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../testing/usage.ts";
import { record } from "../audit/record.ts";
import { systemClock } from "../core/clock.ts";
import { connectDatabase, type Database } from "../database/database.ts";
import type { Batch } from "./batch.ts";
import { startFlushing } from "./flush.ts";
import { appendFlush } from "./flush-store.ts";
import { Meter } from "./meter.ts";
import { UNKNOWN_SOURCE } from "./sources/source.ts";

const KEYS = 300;

/** Relays bytes between clients and PostgreSQL, and can close a connection right after its commit was forwarded. */
interface Wire {
	readonly url: string;
	cutAtNextCommit(): void;
	readonly cuts: number;
	close(): Promise<void>;
}

async function startWire(appUrl: string): Promise<Wire> {
	const { host, port, user, database } = new pg.Client({ connectionString: appUrl });
	let cutting = false;
	let cuts = 0;
	const server: Server = createServer((down) => {
		const up = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
		let deaf = false;
		down.on("data", (bytes) => {
			up.write(bytes);
			if (!cutting || !bytes.includes("commit\0")) return;
			cutting = false;
			deaf = true;
			cuts += 1;
		});
		up.on("data", (bytes) => {
			if (deaf) down.destroy();
			else down.write(bytes);
		});
		for (const [one, other] of [
			[up, down],
			[down, up],
		] as const) {
			one.on("error", () => other.destroy());
			one.on("close", () => other.destroy());
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	ok(address !== null && typeof address === "object");
	return {
		url: `postgresql://${user}@127.0.0.1:${address.port}/${database}`,
		cutAtNextCommit() {
			cutting = true;
		},
		get cuts() {
			return cuts;
		},
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
}

suite("flushing usage", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase(KEYS);
	});
	after(() => db.close());

	function startMeter(database: Database = db.database) {
		const meter = new Meter({ clock: systemClock });
		return { meter, flushing: startFlushing({ database, meter, clock: systemClock, node: { id: "node_test" }, log: testLog }) };
	}

	async function countedBy(operation: string): Promise<number> {
		const [row] = await db.query<{ sum: string }>("select coalesce(sum(requests), 0) as sum from usage_operations where operation = $1", [operation]);
		return Number(row?.sum);
	}

	async function getCounted(key_id: string): Promise<number> {
		const [row] = await db.query<{ sum: string }>("select coalesce(sum(requests), 0) as sum from usage_keys where key_id = $1", [key_id]);
		return Number(row?.sum);
	}

	test("counts are stored in both tables by minute and code, with the first and last use", async () => {
		const { meter, flushing } = startMeter();
		const at = Date.UTC(2026, 0, 15, 12, 0, 59);
		const key = meter.keyCounter("a", "a_key_0", "a_kid_0");
		const operation = meter.operationCounter("a", "site", "op");
		meter.count(key, operation, "allowed", at);
		meter.count(key, operation, "allowed", at + 2_000);
		meter.count(key, operation, "rate_limited", at + 3_000);
		meter.recordConnectivityCheck(key, at + 4_000);
		await flushing.flushNow();
		meter.count(key, operation, "allowed", at + 5_000);
		await flushing.stop();
		const keys = await db.query(
			"select kid, granularity_seconds, start, code, requests from usage_keys where key_id = 'a_key_0' order by start, code",
		);
		const [first, second] = [new Date(at - 59_000), new Date(at + 1_000)];
		deepEqual(keys, [
			{ kid: "a_kid_0", granularity_seconds: 60, start: first, code: "allowed", requests: "1" },
			{ kid: "a_kid_0", granularity_seconds: 60, start: second, code: "allowed", requests: "2" },
			{ kid: "a_kid_0", granularity_seconds: 60, start: second, code: "rate_limited", requests: "1" },
		]);
		const operations = await db.query("select site_id, start, code, requests from usage_operations where operation = 'op' order by start, code");
		deepEqual(
			operations,
			keys.map(({ start, code, requests }) => ({ site_id: "site", start, code, requests })),
		);
		deepEqual(await db.query("select first_used_at, last_used_at from secret_activity where kid = 'a_kid_0'"), [
			{ first_used_at: new Date(at), last_used_at: new Date(at + 5_000) },
		]);
		deepEqual(await db.query("select last_check_at from key_activity where key_id = 'a_key_0'"), [{ last_check_at: new Date(at + 4_000) }]);
	});

	test("a later flush with an earlier time does not move the last use back", async () => {
		const at = Date.UTC(2026, 0, 15, 12, 0, 0);
		for (const offset of [10_000, 0]) {
			const { meter, flushing } = startMeter();
			const key = meter.keyCounter("a", "a_key_9", "a_kid_9");
			meter.count(key, meter.operationCounter("a", null, "back"), "allowed", at + offset);
			meter.recordConnectivityCheck(key, at + offset);
			await flushing.stop();
		}
		deepEqual(await db.query("select first_used_at, last_used_at from secret_activity where kid = 'a_kid_9'"), [
			{ first_used_at: new Date(at), last_used_at: new Date(at + 10_000) },
		]);
		deepEqual(await db.query("select last_check_at from key_activity where key_id = 'a_key_9'"), [{ last_check_at: new Date(at + 10_000) }]);
	});

	test("the same flush sent twice, even concurrently, counts once", async () => {
		const fact = { tenant_id: "a", minute: 29_000_000, code: "allowed", requests: 5 } as const;
		const times = { first_ms: 29_000_000 * 60_000, last_ms: 29_000_000 * 60_000 + 1, source: UNKNOWN_SOURCE, last_success: null, target: null };
		const batch: Batch = {
			facts: 2,
			keys: [{ ...fact, ...times, key_id: "a_key_1", kid: "a_kid_1" }],
			operations: [{ ...fact, site_id: "", operation: "twice" }],
			key_checks: [],
			uses: [],
			secret_operations: [],
		};
		const send = (flush_number: number) => record(db, (tx) => appendFlush(tx, { flusher_id: "flusher_test", flush_number, batch }));
		const applied = await Promise.all([send(1), send(1), send(1)]);
		deepEqual(applied.toSorted(), [false, false, true]);
		equal(await send(1), false);
		equal(await countedBy("twice"), 5);
		equal(await send(2), true);
		equal(await countedBy("twice"), 10);
		equal(await getCounted("a_key_1"), 10);
	});

	test("a commit whose response is lost is not applied again", async () => {
		const wire = await startWire(db.appUrl);
		const database = connectDatabase({ url: wire.url, log: testLog });
		const { meter, flushing } = startMeter(database);
		const key = meter.keyCounter("a", "a_key_2", "a_kid_2");
		const operation = meter.operationCounter("a", null, "lost answer");
		for (let i = 0; i < 7; i += 1) meter.count(key, operation, "allowed", Date.now());
		wire.cutAtNextCommit();
		await rejects(flushing.flushNow(), { code: "unavailable" });
		equal(wire.cuts, 1);
		equal(await countedBy("lost answer"), 7);
		meter.count(key, operation, "allowed", Date.now());
		await flushing.flushNow();
		equal(await countedBy("lost answer"), 8);
		equal(await getCounted("a_key_2"), 8);
		await flushing.stop();
		await database.close();
		await wire.close();
	});

	test("a failed flush is retried unchanged, and later counts follow it", async () => {
		const { meter, flushing } = startMeter();
		const key = meter.keyCounter("a", "a_key_3", "a_kid_3");
		const operation = meter.operationCounter("a", null, "retried");
		meter.count(key, operation, "allowed", Date.now());
		await db.query("alter table usage_flushes rename to usage_flushes_away");
		await rejects(flushing.flushNow(), /usage_flushes/);
		meter.count(key, operation, "allowed", Date.now());
		await rejects(flushing.flushNow(), /usage_flushes/);
		await db.query("alter table usage_flushes_away rename to usage_flushes");
		await flushing.flushNow();
		equal(await countedBy("retried"), 2);
		equal(await getCounted("a_key_3"), 2);
		await flushing.stop();
	});

	test("unknown keys and tenants do not block a flush, and get no activity", async () => {
		const { meter, flushing } = startMeter();
		const operation = meter.operationCounter("a", null, "erased");
		const gone = meter.keyCounter("gone", "gone_key", "gone_kid");
		const foreign = meter.keyCounter("b", "a_key_4", "a_kid_4");
		const there = meter.keyCounter("a", "a_key_5", "a_kid_5");
		meter.count(gone, meter.operationCounter("gone", null, "erased"), "allowed", Date.now());
		for (const key of [foreign, there]) meter.count(key, operation, "allowed", Date.now());
		for (const key of [gone, foreign, there]) meter.recordConnectivityCheck(key, Date.now());
		await flushing.flushNow();
		await flushing.stop();
		equal(await countedBy("erased"), 3);
		deepEqual(await db.query("select kid from secret_activity where kid in ('gone_kid', 'a_kid_4', 'a_kid_5')"), [{ kid: "a_kid_5" }]);
		deepEqual(await db.query("select key_id from key_activity where key_id in ('gone_key', 'a_key_4', 'a_key_5')"), [{ key_id: "a_key_5" }]);
	});

	test("values that PostgreSQL rejects do not block later flushes for long", async () => {
		const { meter, flushing } = startMeter();
		const key = meter.keyCounter("a", "a_key_6", "a_kid_6");
		meter.count(key, meter.operationCounter("a", null, "bad \0"), "allowed", Date.now());
		for (let i = 0; i < 3; i += 1) await rejects(flushing.flushNow(), /0x00/);
		meter.count(key, meter.operationCounter("a", null, "good"), "allowed", Date.now());
		await flushing.flushNow();
		equal(await countedBy("good"), 1);
		await flushing.stop();
	});

	test("two nodes that flush the same rows concurrently, in any order, sum exactly", async () => {
		const nodes = [startMeter(), startMeter(), startMeter()];
		const rounds = 8;
		for (let round = 0; round < rounds; round += 1) {
			for (const { meter } of nodes) {
				for (const i of Array.from({ length: KEYS }, (_, key) => key).sort(() => Math.random() - 0.5)) {
					const operation = meter.operationCounter("b", `site_${i % 7}`, "together");
					meter.count(meter.keyCounter("b", `b_key_${i}`, `b_kid_${i}`), operation, "allowed", Date.now());
				}
			}
			await Promise.all(nodes.map(({ flushing }) => flushing.flushNow()));
		}
		await Promise.all(nodes.map(({ flushing }) => flushing.stop()));
		equal(await countedBy("together"), nodes.length * rounds * KEYS);
		const wrong = await db.query("select key_id, sum(requests) from usage_keys where kid like 'b\\_%' group by key_id having sum(requests) <> $1", [
			nodes.length * rounds,
		]);
		deepEqual(wrong, []);
	});

	test("100,000 requests counted during flushes are exactly 100,000 in the database", async () => {
		const { meter, flushing } = startMeter();
		const operation = meter.operationCounter("a", null, "hundred thousand");
		const before = (await db.query<{ sum: string }>("select sum(requests) from usage_keys where tenant_id = 'a'"))[0]?.sum;
		let counted = 0;
		let flushes = 0;
		const counting = (async () => {
			while (counted < 100_000) {
				for (let i = 0; i < 1_000; i += 1) {
					const key = counted % KEYS;
					meter.count(meter.keyCounter("a", `a_key_${key}`, `a_kid_${key}`), operation, counted % 10 === 0 ? "rate_limited" : "allowed", Date.now());
					counted += 1;
				}
				await new Promise((resolve) => setTimeout(resolve, 2));
			}
		})();
		const racing = (async () => {
			while (counted < 100_000) {
				await flushing.flushNow();
				flushes += 1;
				// An empty flush does no I/O, so it would never yield to the counting code.
				await new Promise((resolve) => setImmediate(resolve));
			}
		})();
		await Promise.all([counting, racing]);
		await flushing.stop();
		ok(flushes > 2);
		equal(await countedBy("hundred thousand"), 100_000);
		const after = (await db.query<{ sum: string }>("select sum(requests) from usage_keys where tenant_id = 'a'"))[0]?.sum;
		equal(Number(after) - Number(before), 100_000);
		equal(meter.lost, 0);
	});

	test("it flushes within about a second, and each process has its own flusher id", async () => {
		const names = async () => (await db.query("select distinct node_id from usage_flushes where node_id like 'flusher\\_%'")).length;
		const known = await names();
		const { meter, flushing } = startMeter();
		meter.count(meter.keyCounter("a", "a_key_7", "a_kid_7"), meter.operationCounter("a", null, "by itself"), "allowed", Date.now());
		const deadline = Date.now() + 10_000;
		while ((await countedBy("by itself")) === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
		equal(await countedBy("by itself"), 1);
		await flushing.stop();
		notEqual(await names(), known);
	});
});
