import { deepEqual, equal } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type KeysFixture, keysFixture } from "../../../testing/keys.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import { createKey } from "../create.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { rotateKeyForHandover } from "../rotations/rotate.ts";
import { KeyNewsEmitter } from "./emit.ts";

suite("events of what happens to keys by itself", () => {
	let fixture: KeysFixture;
	before(async () => {
		fixture = await keysFixture();
	});
	after(() => fixture.close());

	const emitter = () => new KeyNewsEmitter({ database: fixture.db.database, clock: fixture.clock });
	const events = async (tenant_id: string) =>
		(
			await fixture.behind(
				"select type || ' ' || (data ->> 'name') as event from outbox where tenant_id = $1 and type = any ($2) order by position",
				[tenant_id, ["key.first_used", "key.new_source", "key.expired", "rotation.due", "rotation.overdue"]],
			)
		).map(({ event }) => event);

	async function newKey(tenant_id: string, name: string, over: object = {}) {
		const { key } = await createKey(fixture.context(), { tenant_id, name, environment: "dev", owner: "Dana", ...over });
		return { tenant_id, key_id: key.id, kid: key.secrets[0]?.kid ?? "" };
	}

	async function see({ tenant_id, key_id, kid }: { tenant_id: string; key_id: string; kid: string }, source_id: string) {
		await fixture.behind(
			`insert into key_sources (tenant_id, key_id, source_id, network, agent, first_seen_at, last_seen_at, last_kid, requests, refused)
			values ($1, $2, $3, '203.0.113.0/24', 'order-bot', $4, $4, $5, 1, 0)`,
			[tenant_id, key_id, source_id, new Date(fixture.clock.now()), kid],
		);
	}

	test("the first use of a key is one event, whichever nodes look, and a replaced secret is no first use", async () => {
		const tenant_id = await fixture.tenant();
		const key = await newKey(tenant_id, "bot");
		const [one, two] = [emitter(), emitter()];
		await one.look();
		deepEqual(await events(tenant_id), []);
		await fixture.use(key);
		await see(key, "src_first");
		await Promise.all([one.look(), two.look()]);
		await one.look();
		await emitter().look();
		deepEqual(await events(tenant_id), ["key.first_used bot"]);
		fixture.clock.advance(HOUR_MS);
		await fixture.behind(
			"insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4) values ('second', $1, $2, '', 1, 'p', 'a1B2')",
			[tenant_id, key.key_id],
		);
		await fixture.use({ tenant_id, kid: "second" });
		await one.look();
		deepEqual(await events(tenant_id), ["key.first_used bot"]);
	});

	test("a first use that a node stores half an hour late has its event within ten minutes", async () => {
		const tenant_id = await fixture.tenant();
		const key = await newKey(tenant_id, "late");
		const one = emitter();
		await one.look();
		await fixture.use(key);
		const at = new Date(fixture.clock.now() - 30 * MINUTE_MS);
		await fixture.behind("update secret_activity set first_used_at = $2 where kid = $1", [key.kid, at]);
		fixture.clock.advance(10 * MINUTE_MS);
		await one.look();
		deepEqual(await events(tenant_id), ["key.first_used late"]);
	});

	test("a first use that a busy node stores half a minute late has its event soon after that, not only with the long look", async () => {
		const tenant_id = await fixture.tenant();
		const key = await newKey(tenant_id, "late");
		const one = emitter();
		const used_at = new Date(fixture.clock.now());
		for (let second = 0; second < 45; second += 1) {
			await one.look();
			if (second === 30) {
				await fixture.use(key);
				await fixture.behind("update secret_activity set first_used_at = $2 where kid = $1", [key.kid, used_at]);
			}
			fixture.clock.advance(SECOND_MS);
		}
		await one.look();
		deepEqual(await events(tenant_id), ["key.first_used late"]);
	});

	test("more keys than fit into a page have their event, also when they expire in the same microsecond", { timeout: 60_000 }, async () => {
		const tenant_id = await fixture.tenant();
		const { key_id } = await newKey(tenant_id, "one of many");
		const at = new Date(fixture.clock.now() - MINUTE_MS).toISOString().replace("Z", "456Z");
		await fixture.behind(
			`insert into keys select (jsonb_populate_record(k, jsonb_build_object('id', 'key_many_' || n, 'expires_at', $2::text))).*
			from keys k, generate_series(1, 1100) n where k.id = $1`,
			[key_id, at],
		);
		await emitter().look();
		equal((await events(tenant_id)).length, 1_100);
	});

	test("a source that appears while a key is in use is one event with its client and network; those of its first minutes are none", async () => {
		const tenant_id = await fixture.tenant();
		const key = await newKey(tenant_id, "bot");
		await fixture.use(key);
		await see(key, "src_a");
		fixture.clock.advance(5 * MINUTE_MS);
		await see(key, "src_b");
		fixture.clock.advance(10 * MINUTE_MS);
		await see(key, "src_c");
		await Promise.all([emitter().look(), emitter().look()]);
		deepEqual(await events(tenant_id), ["key.first_used bot", "key.new_source bot"]);
		const [event] = await fixture.behind("select data from outbox where tenant_id = $1 and type = 'key.new_source'", [tenant_id]);
		const { name, environment, key_id } = { name: "bot", environment: "dev", key_id: key.key_id };
		const first_seen_at = new Date(fixture.clock.now()).toISOString();
		deepEqual(event?.data, { key_id, name, environment, source_id: "src_c", network: "203.0.113.0/24", client: "order-bot", first_seen_at });
	});

	test("a source that is new to more keys than fit into a page at the same moment is an event of each", { timeout: 60_000 }, async () => {
		const tenant_id = await fixture.tenant();
		const { key_id, kid } = await newKey(tenant_id, "one of many");
		await fixture.use({ tenant_id, kid });
		fixture.clock.advance(HOUR_MS);
		const copies = (table: string, columns: string, where: string) =>
			fixture.behind(
				`insert into ${table} select (jsonb_populate_record(t, jsonb_build_object(${columns}))).* from ${table} t, generate_series(1, 1100) n where ${where} = $1`,
				[where === "id" ? key_id : kid],
			);
		await copies("keys", "'id', 'key_moved_' || n", "id");
		await copies("secrets", "'kid', 'kid_moved_' || n, 'key_id', 'key_moved_' || n", "kid");
		await copies("secret_activity", "'kid', 'kid_moved_' || n", "kid");
		await fixture.behind(
			`insert into key_sources (tenant_id, key_id, source_id, network, agent, first_seen_at, last_seen_at, last_kid, requests, refused)
			select tenant_id, id, 'src_moved', '203.0.113.0/24', 'order-bot', $2, $2, $3, 1, 0 from keys where tenant_id = $1`,
			[tenant_id, new Date(fixture.clock.now()), kid],
		);
		await emitter().look();
		equal((await events(tenant_id)).filter((event) => String(event).startsWith("key.new_source")).length, 1_101);
	});

	test("expiry and due rotation are one event each when their time comes, also after hours without a node; revoked keys have none", async () => {
		const tenant_id = await fixture.tenant();
		const in_days = (days: number) => new Date(fixture.clock.now() + days * DAY_MS).toISOString();
		await newKey(tenant_id, "expires", { expires_at: in_days(2) });
		await newKey(tenant_id, "rotates", { rotate_every_days: 3 });
		const revoked = await newKey(tenant_id, "revoked", { expires_at: in_days(2) });
		await revokeKey(fixture.context(), { tenant_id, key_id: revoked.key_id, reason: "other" });
		const running = emitter();
		for (let hour = 0; hour < 60; hour += 1) {
			await running.look();
			fixture.clock.advance(HOUR_MS);
		}
		deepEqual(await events(tenant_id), ["key.expired expires"]);
		fixture.clock.advance(20 * HOUR_MS);
		await emitter().look();
		deepEqual(await events(tenant_id), ["key.expired expires", "rotation.due rotates"]);
	});

	test("a key that was not replaced is overdue a day after its date and each week after that, once each; not while it is paused or being replaced", async () => {
		const tenant_id = await fixture.tenant();
		const names = ["forgotten", "paused", "under way"] as const;
		const keys = await Promise.all(names.map((name) => newKey(tenant_id, name, { rotate_every_days: 3 })));
		await fixture.behind("update keys set paused_at = now() where tenant_id = $1 and name = 'paused'", [tenant_id]);
		await rotateKeyForHandover(fixture.context(), { tenant_id, key_id: keys[2]?.key_id ?? "", handover: {} });
		const overdue = async () => (await events(tenant_id)).filter((event) => String(event).startsWith("rotation.overdue"));
		const after: number[] = [];
		fixture.clock.advance(3 * DAY_MS);
		for (let hours = 0; hours <= 24 * 16; hours += 12) {
			await Promise.all([emitter().look(), emitter().look()]);
			if ((await overdue()).length > after.length) after.push(hours / 24);
			fixture.clock.advance(12 * HOUR_MS);
		}
		deepEqual(after, [1, 8, 15]);
		deepEqual(await overdue(), Array(3).fill("rotation.overdue forgotten"));
	});

	test("more keys than one step holds are all found", async () => {
		const tenant_id = await fixture.tenant();
		await newKey(tenant_id, "many", { expires_at: new Date(fixture.clock.now() + HOUR_MS).toISOString() });
		await fixture.behind(
			`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by, created_at, expiry_set_at, expires_at)
			select tenant_id, id || '_' || i, name, environment, owner, permissions, created_by, created_at, expiry_set_at, expires_at
			from keys, generate_series(1, 1100) as i where tenant_id = $1`,
			[tenant_id],
		);
		fixture.clock.advance(2 * HOUR_MS);
		await emitter().look();
		equal((await events(tenant_id)).length, 1101);
	});
});
