import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../../testing/usage.ts";
import { ManualClock, systemClock } from "../../core/clock.ts";
import { parseAddress } from "../../core/network.ts";
import { DAY_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { aggregateUsage } from "../aggregate.ts";
import { startFlushing } from "../flush.ts";
import { Meter } from "../meter.ts";
import { SOURCES_PER_KEY_MAX } from "../store.ts";
import { findAmbiguity } from "./ambiguity.ts";
import { readSecretSources } from "./evidence-store.ts";
import { sweepEvidence } from "./evidence-sweep.ts";
import { listSources } from "./list.ts";
import { getSource, OTHER_SOURCES, type Source } from "./source.ts";

const INVENTED_NAMES = 300;
const AT = Date.UTC(2026, 0, 15, 12, 0, 0);

function from(address: string, agent = "curl/8.5.0", client: string | null = null): Source {
	const parsed = parseAddress(address);
	ok(parsed);
	return getSource(parsed, agent, client);
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

	const list = async (key: number) => {
		await aggregateUsage(db.contextFor("a"));
		return (await listSources(db.contextFor("a"), { tenant_id: "a", key_id: `a_key_${key}` })).data;
	};

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
		const ask = async () => {
			await aggregateUsage(db.contextFor("a"));
			return (await listSources({ ...db.contextFor("a"), clock: new ManualClock(AT + 100_000) }, { tenant_id: "a", key_id: "a_key_5" })).dead;
		};
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

	test("a client that invents program names affects only its own key: every other key of the tenant still identifies new programs", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "named");
		const invented = (name: number) => from("198.18.7.77", `program-${name}x/1.0`);
		for (let name = 0; name < INVENTED_NAMES; name += 1) {
			meter.count(meter.keyCounter("a", "a_key_6", "a_kid_6", invented(name)), operation, "allowed", AT + name);
			if (name % 100 === 99) {
				await flushing.flushNow();
				await list(6);
			}
		}
		const bot = from("198.18.7.77", "order-bot/1.2");
		for (const key of [6, 7]) meter.count(meter.keyCounter("a", `a_key_${key}`, `a_kid_${key}`, bot), operation, "allowed", AT + 60_000);
		await flushing.stop();
		const [full, other] = [await list(6), await list(7)];
		equal(full.length, SOURCES_PER_KEY_MAX + 1);
		deepEqual(
			full.filter(({ id }) => id === OTHER_SOURCES.id).map(({ requests, told_apart }) => [requests, told_apart]),
			[[INVENTED_NAMES + 1 - SOURCES_PER_KEY_MAX, false]],
		);
		deepEqual(
			other.map(({ agent, told_apart }) => [agent, told_apart]),
			[["order-bot", true]],
		);
	});

	test("a key at its limit frees idle sources after 14 days, but none that a member named and none during a rotation; what is freed needs a person", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "swept");
		const keys = [
			{ key: 8, sources: SOURCES_PER_KEY_MAX },
			{ key: 9, sources: SOURCES_PER_KEY_MAX },
			{ key: 10, sources: SOURCES_PER_KEY_MAX - 1 },
		];
		const numbered = (name: number) => from("198.18.7.77", `program-${name}x/1.0`);
		for (const { key, sources } of keys)
			for (let name = 0; name < sources; name += 1)
				meter.count(meter.keyCounter("a", `a_key_${key}`, `a_kid_${key}`, numbered(name)), operation, "allowed", AT + name);
		const recent = numbered(1);
		for (const { key } of keys) meter.count(meter.keyCounter("a", `a_key_${key}`, `a_kid_${key}`, recent), operation, "allowed", AT + 10 * DAY_MS);
		await flushing.flushNow();
		for (const { key } of keys) await list(key);
		await db.query("insert into source_names (tenant_id, source_id, name) values ('a', $1, 'The shop')", [numbered(0).id]);
		await db.query("update secrets set retires_at = now() + interval '1 day' where kid = 'a_kid_9'");
		const sweepAt = (day: number) => sweepEvidence({ database: db.database, clock: new ManualClock(AT + day * DAY_MS) });
		const left = async () => Promise.all(keys.map(async ({ key }) => (await list(key)).length));
		await sweepAt(13);
		deepEqual(await left(), [SOURCES_PER_KEY_MAX, SOURCES_PER_KEY_MAX, SOURCES_PER_KEY_MAX - 1]);
		await sweepAt(15);
		deepEqual(await left(), [2, SOURCES_PER_KEY_MAX, SOURCES_PER_KEY_MAX - 1]);
		deepEqual((await list(8)).map(({ id }) => id).toSorted(), [numbered(0).id, recent.id].toSorted());
		const seen = await read(db.contextFor("a"), (tx) => readSecretSources(tx, { tenant_id: "a", key_id: "a_key_8" }, new Date(AT)));
		equal(seen.length, SOURCES_PER_KEY_MAX, "what was used with the secret is still evidence");
		deepEqual(
			new Set(seen.filter(({ source_id }) => source_id === numbered(2).id).map((source) => findAmbiguity(source))),
			new Set(["too_many_sources"]),
		);
		meter.count(meter.keyCounter("a", "a_key_8", "a_kid_8", from("198.18.7.77", "order-bot/1.2")), operation, "allowed", AT + 15 * DAY_MS);
		await flushing.stop();
		deepEqual((await list(8)).find(({ agent }) => agent === "order-bot")?.told_apart, true);
	});

	test("sources that were not seen for 90 days are deleted", async () => {
		const { meter, flushing } = start();
		const operation = meter.operationCounter("a", null, "old");
		const used = async (agent: string, day: number) => {
			meter.count(meter.keyCounter("a", "a_key_4", "a_kid_4", from("198.18.7.77", agent)), operation, "allowed", AT + day * DAY_MS);
			await flushing.flushNow();
			return (await list(4)).map((source) => source.agent).toSorted();
		};
		await used("order-bot/1", 0);
		deepEqual(await used("crm-sync/3", 50), ["crm-sync", "order-bot"]);
		const sweepAt = (day: number) => sweepEvidence({ database: db.database, clock: new ManualClock(AT + day * DAY_MS) });
		await sweepAt(89);
		equal((await list(4)).length, 2);
		await sweepAt(92);
		deepEqual(
			(await list(4)).map(({ agent }) => agent),
			["crm-sync"],
		);
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
