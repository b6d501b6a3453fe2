import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import { ManualClock, systemClock } from "../../core/clock.ts";
import { parseAddress } from "../../core/network.ts";
import { startFlushing } from "../flush.ts";
import { Meter } from "../meter.ts";
import { PROGRAM_NAMES_PER_TENANT_MAX, SOURCES_PER_KEY_MAX } from "../store.ts";
import { sweepEvidence } from "./evidence-sweep.ts";
import { listSources } from "./list.ts";
import { OTHER_SOURCES, type Source, sourceOf } from "./source.ts";

const DAY_MS = 86_400_000;
const AT = Date.UTC(2026, 0, 15, 12, 0, 0);

function from(address: string, agent = "curl/8.5.0", client: string | null = null): Source {
	const parsed = parseAddress(address);
	ok(parsed);
	return sourceOf(parsed, agent, client);
}

suite("sources of keys", () => {
	let db: UsageTestDatabase;
	before(async () => {
		db = await usageTestDatabase(12);
	});
	after(() => db.close());

	function start() {
		const meter = new Meter({ clock: systemClock });
		return { meter, flushing: startFlushing({ database: db.database, meter, clock: systemClock, node: { id: "node_test" }, log: testLog }) };
	}

	const list = async (key: number) => (await listSources(db.contextFor("a"), { tenant_id: "a", key_id: `a_key_${key}` })).data;

	test("a key's sources have counts, times and the last secret, latest first", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "op");
		const office = meter.keyCounter("a", "a_key_0", "a_kid_0", from("203.0.113.7", "curl/8.5.0", "orders"));
		const cloud = meter.keyCounter("a", "a_key_0", "a_kid_0", from("2001:db8:1::9", "node"));
		meter.count(office, operation, "allowed", AT + 10);
		meter.count(office, operation, "rate_limited", AT + 20);
		meter.count(cloud, operation, "allowed", AT + 90_000);
		await flushing.flushNow();
		// The next minute, and another secret.
		const replaced = meter.keyCounter("a", "a_key_0", "a_kid_0b", from("203.0.113.200", "curl/8.6.0", "orders"));
		meter.count(replaced, operation, "key_revoked", AT + 60_000);
		await flushing.stop();
		const found = await list(0);
		deepEqual(
			found.map(({ id: _id, ...source }) => source),
			[
				{
					...{ network: "2001:db8:1::/48", agent: "node", client: null, name: null, told_apart: false },
					...{ first_seen_at: new Date(AT + 90_000).toISOString(), last_seen_at: new Date(AT + 90_000).toISOString() },
					...{ requests: 1, refused: 0, last_kid: "a_kid_0" },
				},
				{
					...{ network: "203.0.113.0/24", agent: "curl", client: "orders", name: null, told_apart: true },
					...{ first_seen_at: new Date(AT + 10).toISOString(), last_seen_at: new Date(AT + 60_000).toISOString() },
					...{ requests: 3, refused: 2, last_kid: "a_kid_0b" },
				},
			],
		);
		deepEqual(
			found.map(({ id }) => id),
			[cloud.source.id, office.source.id],
		);
		const [used] = await db.query("select first_used_at, last_used_at from secret_activity where kid = 'a_kid_0'");
		deepEqual(used, { first_used_at: new Date(AT + 10), last_used_at: new Date(AT + 90_000) });
	});

	test("requests with an ended secret are reported separately from use of the key", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "dead");
		const old = meter.keyCounter("a", "a_key_5", "a_kid_5", from("203.0.113.7", "curl/8.5.0"));
		meter.count(old, operation, "allowed", AT);
		meter.count(old, operation, "key_paused", AT + 1_000);
		await flushing.flushNow();
		const ask = async () =>
			(await listSources({ ...db.contextFor("a"), clock: new ManualClock(AT + 100_000) }, { tenant_id: "a", key_id: "a_key_5" })).dead;
		deepEqual(await ask(), []);
		for (let times = 0; times < 3; times += 1) meter.count(old, operation, "key_rotated", AT + 60_000 + times);
		await flushing.stop();
		deepEqual(await ask(), [
			{
				...{ kid: "a_kid_5", source_id: old.source.id, name: null, network: "203.0.113.0/24", agent: "curl", client: null },
				...{ requests: 3, requests_today: 3 },
				...{ first_seen_at: new Date(AT + 60_000).toISOString(), last_seen_at: new Date(AT + 60_002).toISOString() },
			},
		]);
	});

	test("for any split into flushes and minutes each request is in exactly one source, and the sources of a key are bounded", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "many");
		const sources = Array.from({ length: 100 }, (_, index) => from(`198.51.${index}.1`));
		let counted = 0;
		for (let round = 0; round < 3; round += 1) {
			for (const [index, source] of sources.entries()) {
				for (let times = 0; times <= index % 3; times += 1) {
					meter.count(
						meter.keyCounter("a", "a_key_1", "a_kid_1", source),
						operation,
						times === 1 ? "rate_limited" : "allowed",
						AT + round * 45_000 + index,
					);
					counted += 1;
				}
				if (index === 50) await flushing.flushNow();
			}
			if (round === 1) await list(1);
		}
		await flushing.stop();
		const found = await list(1);
		equal(found.length, SOURCES_PER_KEY_MAX + 1);
		equal(found.filter(({ id }) => id === OTHER_SOURCES.id).length, 1);
		equal(
			found.reduce((sum, { requests }) => sum + requests, 0),
			counted,
		);
		equal(
			found.reduce((sum, { refused }) => sum + refused, 0),
			3 * sources.filter((_, index) => index % 3 >= 1).length,
		);
		const [row] = await db.query<{ sum: string }>("select sum(requests) from usage_keys where key_id = 'a_key_1'");
		equal(Number(row?.sum), counted);
		const others = found.find(({ id }) => id === OTHER_SOURCES.id);
		deepEqual([others?.network, others?.agent, others?.client], ["other", "other", null]);
	});

	test("the program names of a tenant are bounded over all keys; sources with further names are combined", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "named");
		const named = (name: number) => from("198.18.7.77", `program-${name}x/1.0`);
		let counted = 0;
		for (let name = 0; name < PROGRAM_NAMES_PER_TENANT_MAX + 20; name += 1) {
			const key = 6 + (name % 6);
			meter.count(meter.keyCounter("a", `a_key_${key}`, `a_kid_${key}`, named(name)), operation, "allowed", AT + name);
			if (name % 100 === 99) {
				await flushing.flushNow();
				await list(6);
			}
			counted += 1;
		}
		const beyond = named(PROGRAM_NAMES_PER_TENANT_MAX);
		for (const source of [named(0), beyond, from("198.18.7.77", "curl/8.5.0")])
			meter.count(meter.keyCounter("a", "a_key_6", "a_kid_6", source), operation, "allowed", AT + 60_000);
		await flushing.stop();
		const found = (await Promise.all([6, 7, 8, 9, 10, 11].map(list))).flat();
		const names = new Set(found.map(({ agent }) => agent).filter((agent) => agent.startsWith("program-")));
		equal(names.size, PROGRAM_NAMES_PER_TENANT_MAX);
		equal(
			found.reduce((sum, { requests }) => sum + requests, 0),
			counted + 3,
		);
		const together = found.filter(({ id }) => id === OTHER_SOURCES.id);
		equal(
			together.reduce((sum, { requests }) => sum + requests, 0),
			21,
		);
		deepEqual(found.find(({ id }) => id === named(0).id)?.requests, 2);
		ok(!found.some(({ id }) => id === beyond.id));
		const { length } = await db.query("select name from program_names where tenant_id = 'a'");
		equal(length, PROGRAM_NAMES_PER_TENANT_MAX);
	});

	test("unused program names are deleted after 90 days, and names in use are retained", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "swept");
		const use = async (agent: string, day: number) => {
			const source = from("198.18.7.77", agent);
			meter.count(meter.keyCounter("a", "a_key_4", "a_kid_4", source), operation, "allowed", AT + day * DAY_MS);
			await flushing.flushNow();
			return (await list(4)).find(({ id }) => id === source.id)?.agent ?? null;
		};
		const sweepAt = (day: number) => sweepEvidence({ database: db.database, clock: { now: () => AT + day * DAY_MS, monotonic: () => 0 } });
		const names = async () =>
			(await db.query<{ name: string }>("select name from program_names where tenant_id = 'a' order by name")).map(({ name }) => name);
		equal((await names()).length, PROGRAM_NAMES_PER_TENANT_MAX, "the test before has used all of them up");
		const [kept = ""] = await names();
		equal(await use(`${kept}/1`, 50), kept);
		equal(await use("order-bot/1.2", 80), null, "there is no room for another name");
		await sweepAt(89);
		equal((await names()).length, PROGRAM_NAMES_PER_TENANT_MAX);
		await sweepAt(92);
		deepEqual(await names(), [kept]);
		equal(await use("order-bot/1.2", 92), "order-bot");
		deepEqual((await names()).toSorted(), [kept, "order-bot"].toSorted());
		await flushing.stop();
	});

	test("unknown keys, another tenant's keys and erased tenants get no sources and do not block aggregation", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "strange");
		const source = from("192.0.2.1");
		await db.query("insert into tenants (id, name, erased_at) values ('e', 'e', now())");
		await db.query(
			"insert into keys (tenant_id, id, name, environment, owner, permissions, created_by) values ('e', 'e_key', 'e', 'prod', '{}', '{}', '{}')",
		);
		for (const [tenant, key] of [
			["gone", "gone_key"],
			["b", "a_key_2"],
			["e", "e_key"],
			["a", "a_key_3"],
		] as const)
			meter.count(meter.keyCounter(tenant, key, `kid_${key}`, source), operation, "allowed", AT);
		await flushing.stop();
		const rows = await db.query("select tenant_id, key_id from key_sources where source_id = $1", [source.id]);
		deepEqual(rows, [{ tenant_id: "a", key_id: "a_key_3" }]);
	});

	test("a tenant sees its own keys' sources only", async () => {
		const { meter, flushing } = start();
		meter.count(meter.keyCounter("b", "b_key_0", "b_kid_0", from("192.0.2.9")), meter.operationCounter("b", null, "op"), "allowed", AT);
		await flushing.stop();
		await db.query("select 1");
		for (const tenant_id of ["a", "b"]) {
			const answer = listSources(db.contextFor("a"), { tenant_id, key_id: "b_key_0" });
			await answer.then(
				() => ok(false, "the sources were returned"),
				(error: { code?: string }) => equal(error.code, "not_found"),
			);
		}
	});
});
