import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type BareTestDatabase, bareTestDatabase } from "../../testing/database.ts";
import { append, LONG_LEASE_SECONDS, pausable, startNode } from "../../testing/nodes.ts";
import { record } from "../audit/record.ts";
import { ManualClock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { inTransaction } from "../database/transaction.ts";
import type { SequencedInvalidation } from "./invalidation.ts";
import type { Node } from "./node.ts";
import { patienceMs } from "./others.ts";
import { fenceNodes, insertNode, readOtherNodes, renewNode, sweepInvalidations } from "./store.ts";

const SOON_MS = 5_000;
const A_WHILE_MS = 60;
const BEFORE_ITS_END_MS = 1_500;
const KEY = { kind: "key", id: "key_1" } as const;

async function until(what: string, so: () => boolean | Promise<boolean>): Promise<void> {
	for (const end = performance.now() + SOON_MS; performance.now() < end; await sleep(5)) if (await so()) return;
	throw new Error(`${what}: not within ${SOON_MS} ms`);
}

/** Whether `work` ends long before a lease of 3 s does; the limit is long enough for a slow machine. */
async function endsSoon(work: Promise<unknown>): Promise<boolean> {
	return Promise.race([work.then(() => true), sleep(BEFORE_ITS_END_MS, false)]);
}

/** Whether `work` is still running after a while. */
async function stillWaits(work: Promise<unknown>): Promise<boolean> {
	return Promise.race([work.then(() => false), sleep(A_WHILE_MS, true)]);
}

suite("nodes on one database", () => {
	let bare: BareTestDatabase;
	let behind: pg.Client;
	let running: Node[] = [];

	before(async () => {
		bare = await bareTestDatabase();
		behind = new pg.Client({ connectionString: bare.superuserUrl });
		await behind.connect();
	});
	beforeEach(async () => {
		for (const node of running) await node.stop();
		running = [];
		await behind.query("delete from keywright.nodes");
	});
	after(async () => {
		for (const node of running) await node.stop();
		await behind.end();
		await bare.close();
	});

	async function start(options: Parameters<typeof startNode>[1] & { database?: typeof bare.database } = {}): Promise<Node> {
		const node = await startNode(options.database ?? bare.database, options);
		running.push(node);
		return node;
	}

	async function rows(): Promise<{ id: string; fenced: boolean; applied_seq: number }[]> {
		const found = await behind.query<{ id: string; fenced: boolean; applied_seq: string }>(
			"select id, fenced_at is not null as fenced, applied_seq from keywright.nodes order by started_at",
		);
		return found.rows.map((row) => ({ ...row, applied_seq: Number(row.applied_seq) }));
	}

	const idsOfLiving = async (): Promise<string[]> => (await rows()).filter((row) => !row.fenced).map((row) => row.id);

	test("a wait for the node that made the change ends before its next renewal, although no node notifies it", async () => {
		const [maker, other] = [await start(), await start()];
		const seq = await append(bare.database, maker, [KEY]);
		const made = await maker.awaitBarrier(seq);
		deepEqual(
			made,
			[maker, other].map(({ id }) => ({ node_id: id, confirmed: true })),
		);
		const repeated = await Promise.race([other.awaitBarrier(seq), sleep(SOON_MS, null, { ref: false })]);
		deepEqual(
			repeated,
			[other, maker].map(({ id }) => ({ node_id: id, confirmed: true })),
		);
	});

	test("a node that has started is on the list, holds a lease and knows what was committed before", async () => {
		const first = await start();
		await append(bare.database, first, [KEY]);
		const second = await start();
		equal(second.lease.holds(), true);
		ok(second.applied_seq >= 1);
		equal(second.touchedSince("key", "any", second.applied_seq - 1), true, "what it may have read before it was there");
		equal(second.touchedSince("key", "any", second.applied_seq), false);
		deepEqual(await idsOfLiving(), [first.id, second.id]);
	});

	test("entries arrive once each, in the order of their commits and of their places in a change", async () => {
		const [changer, other] = [await start(), await start()];
		const seen: SequencedInvalidation[] = [];
		other.onInvalidation((entries) => seen.push(...(entries ?? [])));
		const first = await append(bare.database, changer, [
			{ kind: "plan", id: "p" },
			{ kind: "tenant", id: "t" },
			{ kind: "site", id: "t/s" },
		]);
		const second = await append(bare.database, changer, [KEY]);
		await Promise.all([other.catchUp(), other.catchUp(), other.catchUp()]);
		await other.catchUp();
		equal(second, first + 1);
		deepEqual(
			seen.map(({ seq, kind, id }) => [seq, kind, id]),
			[
				[first, "plan", "p"],
				[first, "tenant", "t"],
				[first, "site", "t/s"],
				[second, "key", "key_1"],
			],
		);
		equal(other.applied_seq, second);
	});

	test("a node confirms a change after its listeners have followed it, such as a cached value that is read again", async () => {
		const [changer, other] = [await start(), await start()];
		const read = Promise.withResolvers<void>();
		let followed = false;
		other.onInvalidation(() => read.promise.then(() => (followed = true)));
		const seq = await append(bare.database, changer, [KEY]);
		const confirmed = changer.awaitBarrier(seq).then(() => followed);
		const early = await Promise.race([confirmed, other.catchUp().then(() => "confirmed early"), sleep(SOON_MS, "waits", { ref: false })]);
		equal(early, "waits");
		read.resolve();
		equal(await confirmed, true);
	});

	test("numbers are in the order of commits: no reader ever sees a gap, with 20 changes at once", async () => {
		const node = await start();
		let looks = 0;
		async function look(): Promise<void> {
			while (looks < 20) {
				const { rows } = await behind.query<{ current: number; seen: number; least: number | null }>(
					`select s.seq::int as current, count(distinct i.seq)::int as seen, min(i.seq)::int as least
					from keywright.change_sequence s left join keywright.invalidations i on true group by s.seq`,
				);
				const [row] = rows;
				ok(row);
				equal(row.seen, row.least === null ? 0 : row.current - row.least + 1, `at number ${row.current}`);
				looks += 1;
			}
		}
		async function changeMeanwhile(_: unknown, lane: number): Promise<number[]> {
			const numbers: number[] = [];
			while (looks < 20) numbers.push(await append(bare.database, node, [{ kind: "key", id: `key_${lane}` }]));
			return numbers;
		}
		const [, ...made] = await Promise.all([
			look().finally(() => {
				looks = Number.POSITIVE_INFINITY;
			}),
			...Array.from({ length: 20 }, changeMeanwhile),
		]);
		for (const lane of made) {
			deepEqual(
				lane,
				lane.toSorted((a, b) => a - b),
				"one after the other, ever later",
			);
		}
		equal(new Set(made.flat()).size, made.flat().length, "no number is given twice");
	});

	test("a notification makes the other node apply and confirm a change long before its next renewal is due", async () => {
		const [changer, other] = [await start(), await start()];
		const heard: string[] = [];
		other.onInvalidation((entries) => heard.push(...(entries ?? []).map((entry) => entry.id)));
		const began = performance.now();
		const seq = await append(bare.database, changer, [KEY]);
		await changer.awaitBarrier(seq);
		deepEqual(heard, ["key_1"], "the barrier passed before the other node had applied it");
		equal(other.applied_seq, seq);
		ok(performance.now() - began < (LONG_LEASE_SECONDS * 1_000) / 4);
	});

	test("the barrier waits for a node that has not yet confirmed, and not for those that have", async () => {
		const changer = await start();
		const slow = pausable(bare.database);
		const [other, quick] = [await start({ database: slow.database }), await start()];
		slow.hold();
		const seq = await append(bare.database, changer, [KEY]);
		const waiting = changer.awaitBarrier(seq);
		equal(await stillWaits(waiting), true);
		equal(quick.applied_seq, seq);
		equal(other.applied_seq < seq, true);
		slow.release();
		await waiting;
		equal(other.applied_seq, seq);
	});

	test("the barrier of an old number waits for no node", async () => {
		const changer = await start();
		const seq = await append(bare.database, changer, [KEY]);
		const slow = pausable(bare.database);
		await start({ database: slow.database });
		slow.hold();
		await changer.awaitBarrier(seq);
		slow.release();
	});

	test("a silent node is fenced once its lease has expired, and registers again, with empty memory, when it is back", async () => {
		const changer = await start();
		const frozen = pausable(bare.database);
		const other = await start({ database: frozen.database, lease_seconds: 0.3 });
		const forgotten: (number | null)[] = [];
		other.onInvalidation((entries) => forgotten.push(entries === null ? null : entries.length));
		const id = other.id;
		frozen.hold();
		const began = performance.now();
		const seq = await append(bare.database, changer, [KEY]);
		await changer.awaitBarrier(seq);
		equal(other.lease.holds(), false, "acknowledged while the silent node could still answer");
		ok(performance.now() - began >= patienceMs(300));
		deepEqual(await idsOfLiving(), [changer.id]);

		frozen.release();
		await until("a new lease", () => other.lease.holds());
		notEqual(other.id, id, "a fenced node's renewal fails for good");
		deepEqual(forgotten.filter((entries) => entries === null).length, 1, "everything is forgotten, once");
		equal(forgotten.at(-1), null);
		equal(other.touchedSince("key", "any", seq - 1), true);
		deepEqual(await idsOfLiving(), [changer.id, other.id]);
		equal((await rows()).length, 3, "one row for each time it was entered");
	});

	test("a lease runs from before what it rests on was read, however long the reading took", async () => {
		const changer = await start();
		const clock = new ManualClock();
		const slow = pausable(bare.database);
		const other = await start({ database: slow.database, clock, lease_seconds: 100 });
		clock.advance(99_000);
		slow.holdAnswers();
		const { begun } = slow;
		// A single notification causes a single renewal: `change` would notify again while it waits.
		await append(bare.database, changer, [KEY]);
		await until("a renewal that has begun", () => slow.begun > begun);
		clock.advance(60_000);
		slow.release();
		await until("a renewed lease", () => other.lease.holds());
		clock.advance(39_999);
		equal(other.lease.holds(), true);
		clock.advance(1);
		equal(other.lease.holds(), false);
	});

	test("a node that has renewed since it was looked at is not fenced", async () => {
		const [node, other] = [await start(), await start()];
		const seen = await inTransaction(bare.database, ALL_TENANTS, (tx) => readOtherNodes(tx, node.id));
		await record(bare, (tx) => renewNode(tx, other.id, other.applied_seq));
		await record(bare, (tx) => fenceNodes(tx, seen));
		deepEqual(await idsOfLiving(), [node.id, other.id]);
		const again = await inTransaction(bare.database, ALL_TENANTS, (tx) => readOtherNodes(tx, node.id));
		await record(bare, (tx) => fenceNodes(tx, again));
		deepEqual(await idsOfLiving(), [node.id]);
	});

	test("a late confirmation of an older number does not replace a newer one", async () => {
		const node = await start();
		const seq = await append(bare.database, node, [KEY]);
		await record(bare, (tx) => renewNode(tx, node.id, seq));
		await record(bare, (tx) => renewNode(tx, node.id, seq - 1));
		equal((await rows())[0]?.applied_seq, seq);
	});

	test("a fenced node delays one change only", async () => {
		const changer = await start();
		const frozen = pausable(bare.database);
		await start({ database: frozen.database, lease_seconds: 3 });
		frozen.hold();
		await changer.awaitBarrier(await append(bare.database, changer, [KEY]));
		equal(await endsSoon(changer.awaitBarrier(await append(bare.database, changer, [KEY]))), true);
		frozen.release();
	});

	test("a node is waited for by its own lease, not by the changer's", async () => {
		const changer = await start({ lease_seconds: 0.1 });
		const frozen = pausable(bare.database);
		const other = await start({ database: frozen.database, lease_seconds: 0.6 });
		frozen.hold();
		await changer.awaitBarrier(await append(bare.database, changer, [KEY]));
		equal(other.lease.holds(), false);
		frozen.release();
	});

	test("moving the database's system time forward fences no node", async () => {
		const changer = await start({ lease_seconds: 0.4 });
		const slow = pausable(bare.database);
		const other = await start({ database: slow.database });
		slow.hold();
		await sleep(A_WHILE_MS);
		await behind.query("update keywright.nodes set renewed_at = renewed_at - interval '1 day' where id = $1", [other.id]);
		const waiting = changer.awaitBarrier(await append(bare.database, changer, [KEY]));
		equal(await stillWaits(waiting), true);
		equal(other.lease.holds(), true);
		slow.release();
		await waiting;
	});

	test("a node that died long ago delays no change", async () => {
		await record(bare, (tx) => insertNode(tx, { id: "node_dead", version: "test", lease_ms: 3_000, single_node: false }));
		const changer = await start({ lease_seconds: 0.2 });
		await sleep(patienceMs(3_000) + A_WHILE_MS);
		const seq = await append(bare.database, changer, [KEY]);
		equal(await endsSoon(changer.awaitBarrier(seq)), true);
		deepEqual(await idsOfLiving(), [changer.id]);
	});

	test("a fenced node registers once, however many notifications and renewals detect it at the same time", async () => {
		const [changer, other] = [await start(), await start({ lease_seconds: 0.08 })];
		for (let round = 0; round < 5; round += 1) {
			const { id } = other;
			await behind.query("update keywright.nodes set fenced_at = now() where id = $1", [id]);
			await Promise.all(Array.from({ length: 10 }, () => append(bare.database, changer, [KEY])));
			await until("entered anew", () => other.id !== id && other.lease.holds());
		}
		await changer.awaitBarrier(await append(bare.database, changer, [KEY]));
		deepEqual(await idsOfLiving(), [changer.id, other.id]);
		equal((await rows()).length, 7);
	});

	test("a lost LISTEN connection is replaced, and missed changes are read", async () => {
		const [changer, other] = [await start(), await start()];
		async function listeners(): Promise<number[]> {
			const found = await behind.query<{ pid: number }>(
				"select pid from pg_stat_activity where datname = current_database() and query like 'listen %' order by pid",
			);
			return found.rows.map((row) => row.pid);
		}
		const lost = await listeners();
		equal(lost.length, 2);
		await behind.query("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", [lost]);
		const seq = await append(bare.database, changer, [KEY]);
		await changer.awaitBarrier(seq);
		equal(other.applied_seq, seq);
		await until("two new listeners", async () => (await listeners()).filter((pid) => !lost.includes(pid)).length === 2);
		const later = await append(bare.database, changer, [KEY]);
		await changer.awaitBarrier(later);
		equal(other.applied_seq, later);
	});

	test("a node that stops has no lease and no node waits for it, also if a notification arrives at that moment", async () => {
		const [changer, other] = [await start(), await start({ lease_seconds: 0.2 })];
		const pushes = Promise.all(Array.from({ length: 10 }, () => append(bare.database, changer, [KEY])));
		await other.stop();
		await pushes;
		equal(other.lease.holds(), false);
		await changer.awaitBarrier(await append(bare.database, changer, [KEY]));
		deepEqual(await idsOfLiving(), [changer.id]);
	});

	test("a single node fences the rows of all others at its start", async () => {
		await record(bare, (tx) => insertNode(tx, { id: "node_dead", version: "test", lease_ms: 900_000, single_node: false }));
		const node = await start({ single_node: true });
		deepEqual(await idsOfLiving(), [node.id]);
		equal(await endsSoon(node.awaitBarrier(await append(bare.database, node, [KEY]))), true);
	});

	test("entries are kept until every node has applied them, and then for a while", async () => {
		const changer = await start();
		const seq = await append(bare.database, changer, [KEY]);
		await record(bare, (tx) => insertNode(tx, { id: "node_behind", version: "test", lease_ms: 900_000, single_node: false }));
		await behind.query("update keywright.nodes set applied_seq = $1 where id = 'node_behind'", [seq - 1]);
		await behind.query("update keywright.nodes set applied_seq = $1 where id = $2", [seq, changer.id]);
		const count = async () => Number((await behind.query("select count(*) from keywright.invalidations where seq = $1", [seq])).rows[0]?.count);
		await behind.query("update keywright.invalidations set committed_at = now() - interval '2 hours'");
		await record(bare, (tx) => sweepInvalidations(tx, 3_600));
		equal(await count(), 1, "a node has not applied it");
		await behind.query("update keywright.nodes set applied_seq = $1 where id = 'node_behind'", [seq]);
		await behind.query("update keywright.invalidations set committed_at = now() - interval '10 minutes'");
		await record(bare, (tx) => sweepInvalidations(tx, 3_600));
		equal(await count(), 1, "it is young");
		await behind.query("update keywright.invalidations set committed_at = now() - interval '2 hours'");
		await record(bare, (tx) => sweepInvalidations(tx, 3_600));
		equal(await count(), 0);
	});
});
