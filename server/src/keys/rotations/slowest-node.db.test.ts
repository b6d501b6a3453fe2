import { deepEqual, equal, match, ok } from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import type { MadeKey, Process } from "../../../testing/verification.ts";
import { record } from "../../audit/record.ts";
import { read } from "../../database/transaction.ts";
import { sweepInvalidations } from "../../nodes/store.ts";
import { startFlushing } from "../../usage/flush.ts";
import { appendFlush } from "../../usage/flush-store.ts";
import { Meter } from "../../usage/meter.ts";
import { readUsageSeen } from "../../usage/sources/progress-store.ts";
import { makeSource } from "../../usage/sources/source.ts";
import { completeRotations } from "./end-due.ts";
import { getRotation } from "./read.ts";

/** Longer than the required silence of these sources. */
const LONG_SECONDS = 7_200;
/** Longer than a node's lease in these tests. */
const LEASE_OVER_SECONDS = 1_200_000;
const SERVER = makeSource("203.0.113.0/24", "node", "orders-1");

suite("the end of an old secret depends on the node whose counts arrived last", () => {
	let fixture: RotationFixture;
	let key: MadeKey;
	let rotation_id: string;
	let other: Process;
	beforeEach(async () => {
		fixture = await rotationFixture();
		key = await fixture.key(await fixture.verification.tenant(fixture.main.node));
		for (let round = 0; round < 4; round += 1) {
			await fixture.present(key.raw_key, SERVER);
			await fixture.pass(10);
		}
		const { raw_key, rotation } = await fixture.rotate(key);
		rotation_id = rotation.id;
		await fixture.use(raw_key, SERVER);
		// Its counts are not written: it still answers requests but has lost the database.
		other = await fixture.verification.process();
		await other.ask(key.raw_key, { source: SERVER });
	});
	afterEach(() => fixture.close());

	const completed = () => completeRotations(fixture.context());
	const look = () => getRotation(fixture.context(), { tenant_id: key.tenant_id, key_id: key.key_id, rotation_id });
	const fence = (at_ms: number) =>
		fixture.verification.behind("update keywright.nodes set fenced_at = $2 where id = $1", [other.node.id, new Date(at_ms)]);

	test("a node without the database delays completion, and the uses that it writes later count", async () => {
		await fixture.pass(LONG_SECONDS);
		equal(await completed(), 0);
		const { reasons, safe_to_complete } = await look();
		equal(safe_to_complete, false);
		match(reasons[0]?.detail ?? "", /a server has not reported yet/);
		const { clock, database } = fixture.verification;
		const flush = async () => startFlushing({ database, meter: other.meter, clock, node: other.node, log: testLog }).stop();
		await other.ask(key.raw_key, { source: SERVER });
		await flush();
		equal(await completed(), 0, "the old secret was used there a moment ago");
		await fixture.pass(4 * LONG_SECONDS);
		equal(await completed(), 0, "and may be used there still");
		await flush();
		equal(await completed(), 1);
	});

	test("silence counts from the time at which a node was fenced", async () => {
		await fixture.pass(LONG_SECONDS);
		await fence(fixture.verification.clock.now());
		equal(await completed(), 0);
		await fixture.pass(LONG_SECONDS);
		equal(await completed(), 1);
	});

	test("silence counts from the time at which a node was fenced also after old rows of fenced nodes were removed", async () => {
		const { database, behind } = fixture.verification;
		await behind("insert into keywright.nodes (id, version, applied_seq, lease_ms, fenced_at) values ('node_before', 'test', 0, 5000, 'epoch')");
		await fixture.pass(LONG_SECONDS);
		await fence(fixture.verification.clock.now());
		await record({ database }, (tx) => sweepInvalidations(tx, -LEASE_OVER_SECONDS));
		deepEqual(await behind("select id from keywright.nodes where fenced_at is not null"), [{ id: other.node.id }]);
		equal(await completed(), 0, "the old secret may have been used at the fenced node");
		await fixture.pass(LONG_SECONDS);
		equal(await completed(), 1);
	});

	test("a node that stopped has written its counts and delays nothing", async () => {
		await other.node.stop();
		await fixture.pass(LONG_SECONDS);
		equal(await completed(), 1);
	});

	test("a node that never returns is fenced once its lease has expired", async () => {
		await fixture.pass(LONG_SECONDS);
		equal(await completed(), 0);
		const node_id = other.node.id;
		await fixture.pass(LEASE_OVER_SECONDS);
		equal(await completed(), 1);
		const [row] = await fixture.verification.behind("select fenced_at from keywright.nodes where id = $1", [node_id]);
		equal(row?.fenced_at instanceof Date, true);
	});

	test("silence counts from the time of lost counts, whether a batch was rejected or the meter was full", async () => {
		await other.node.stop();
		const { clock, database } = fixture.verification;
		const seen = async () => (await read({ database, scope: "*" }, readUsageSeen)).gaps_until_ms;
		const full = new Meter({ clock, entries_max: 2 });
		const flushing = startFlushing({ database, meter: full, clock, node: fixture.main.node, log: testLog });
		await fixture.pass(LONG_SECONDS - 60);
		for (const kid of ["one", "two", "three"])
			full.count(full.keyCounter(key.tenant_id, key.key_id, kid), full.operationCounter(key.tenant_id, null, "op"), "allowed", clock.now());
		ok(full.lost > 0);
		await flushing.flushNow();
		equal(await seen(), clock.now());
		await fixture.pass(60);
		equal(await completed(), 0, "the old secret may be used there still");
		equal((await look()).sources[0]?.moved, false);
		await fixture.pass(LONG_SECONDS);
		const refused = full.keyCounter(key.tenant_id, key.key_id, "k\0id");
		full.count(refused, full.operationCounter(key.tenant_id, null, "op"), "allowed", clock.now());
		for (let round = 0; round < 3; round += 1) await flushing.flushNow().catch(() => undefined);
		await flushing.flushNow();
		equal(await seen(), clock.now());
		equal(await completed(), 0);
		await fixture.pass(LONG_SECONDS);
		await flushing.flushNow();
		equal(await completed(), 1);
		await flushing.stop();
	});

	test("a single node uses its own counts, up to the earliest that is not aggregated yet", async () => {
		await other.node.stop();
		const { clock, database } = fixture.verification;
		const seen = () => read({ database, scope: "*" }, readUsageSeen);
		await fixture.pass(LONG_SECONDS);
		await look();
		deepEqual(await seen(), { until_ms: clock.now(), gaps_until_ms: 0 });
		const first_ms = clock.now() - 30_000;
		const minute = Math.floor(first_ms / 60_000);
		const fact = {
			...key,
			minute,
			code: "allowed" as const,
			requests: 1,
			first_ms,
			last_ms: clock.now(),
			source: SERVER,
			last_success: null,
			target: null,
		};
		const batch = { facts: 1, keys: [fact], uses: [], operations: [], key_checks: [], secret_operations: [] };
		await record({ database }, (tx) => appendFlush(tx, { flusher_id: "flusher_other", flush_number: 1, batch }));
		equal((await seen()).until_ms, first_ms);
		equal(await completed(), 0, "that use is evidence first");
		await fixture.pass(4 * LONG_SECONDS);
		equal(await completed(), 1);
	});
});
