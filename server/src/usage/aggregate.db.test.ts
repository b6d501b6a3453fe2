/** Flushed usage reaches the reports even when a statement times out or PostgreSQL rejects a flush. */
import { deepEqual } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../testing/usage.ts";
import { record } from "../audit/record.ts";
import { systemClock } from "../core/clock.ts";
import { aggregateUsage } from "./aggregate.ts";
import { startFlushing } from "./flush.ts";
import { Meter } from "./meter.ts";
import { makeSource } from "./sources/source.ts";
import { aggregateFlushes } from "./store.ts";

const AT = Date.UTC(2026, 0, 15, 12, 0, 0);

suite("aggregating usage", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase(2);
	});
	after(() => db.close());

	/** One pending flush per request. */
	async function flush(key: number, requests: number): Promise<void> {
		const meter = new Meter({ clock: systemClock });
		const flushing = startFlushing({ database: db.database, meter, clock: systemClock, node: { id: "node_test" }, log: testLog });
		const counter = meter.keyCounter("a", `a_key_${key}`, `a_kid_${key}`);
		for (let request = 0; request < requests; request += 1) {
			meter.count(counter, meter.operationCounter("a", null, "settled"), "allowed", AT);
			await flushing.flushNow();
		}
		await flushing.stop();
	}

	const aggregate = () => aggregateUsage({ database: db.database, log: testLog });
	const getCounted = (key: number) => db.query("select sum(requests)::integer as requests from usage_keys where key_id = $1", [`a_key_${key}`]);

	test("a batch that exceeds the statement timeout is aggregated flush by flush", async () => {
		await flush(0, 5);
		await db.query(`create function too_slow() returns trigger language plpgsql as $$ begin
			if (select count(*) from taken) > 1 then raise exception 'canceling statement due to statement timeout' using errcode = 'query_canceled'; end if;
			return null;
		end $$`);
		await db.query(
			"create trigger too_slow after update on usage_flushes referencing new table as taken for each statement execute function too_slow()",
		);
		await aggregate();
		await db.query("drop trigger too_slow on usage_flushes");
		deepEqual(await getCounted(0), [{ requests: 5 }]);
	});

	test("a flush that PostgreSQL rejects is set aside unchanged, and the others are aggregated", async () => {
		await flush(1, 2);
		const broken = ["a", "a_key_1", "a_kid_1", "no minute", "allowed", "1"].map((value) => `|${value}`).join("\n");
		await db.query("insert into usage_flushes (node_id, flush_number, flushed_at, keys) values ('broken', 1, '2026-01-01', $1)", [broken]);
		await flush(1, 2);
		await aggregate();
		deepEqual(await getCounted(1), [{ requests: 4 }]);
		deepEqual(await db.query("select waiting, keys from usage_flushes where node_id = 'broken'"), [{ waiting: false, keys: broken }]);
	});

	test("a flush in which every request did something else from elsewhere is aggregated without a timeout", async () => {
		const meter = new Meter({ clock: systemClock });
		const flushing = startFlushing({ database: db.database, meter, clock: systemClock, node: { id: "node_test" }, log: testLog });
		for (let request = 0; request < 10_000; request += 1) {
			const counter = meter.keyCounter("a", "a_key_0", "a_kid_0", makeSource(`203.0.${request % 256}.0/24`, `program-${request}`, null));
			meter.count(counter, meter.operationCounter("a", null, `operation ${request}`), "allowed", AT + 60_000);
		}
		await flushing.stop();
		await record({ database: db.database }, (tx) => aggregateFlushes(tx, 10));
		deepEqual(await db.query("select sum(requests)::integer as requests from usage_keys where start = $1", [new Date(AT + 60_000)]), [
			{ requests: 10_000 },
		]);
	});
});
