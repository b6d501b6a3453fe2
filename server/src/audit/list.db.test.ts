import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import pg from "pg";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import type { Caller } from "../core/caller.ts";
import { ManualClock } from "../core/clock.ts";
import { type Change, change } from "./change.ts";
import { listAllEntries, listEntries } from "./list.ts";
import type { EntryQuery } from "./query.ts";

const OPERATOR: Caller = { kind: "operator" };
const ADMIN: Caller = { kind: "member", person_id: "per_1", member_id: "mem_1", name: "Dana", email: "dana@example.com", role: "admin" };
const START = Date.UTC(2026, 10, 29, 12);

suite("audit lists", () => {
	let db: TestDatabase;
	let behind: pg.Client;
	const clock = new ManualClock(START);

	before(async () => {
		db = await testDatabase({ clock });
		behind = new pg.Client({ connectionString: db.superuserUrl });
		await behind.connect();
	});
	after(async () => {
		await behind.end();
		await db.close();
	});

	const siteNote = (tenant_id: string, id: string, name = "Shop") => ({
		action: "site.created",
		target: { kind: "site", id },
		details: { site: { id, name, environment: null } },
		tenant_id,
	});
	type Overrides = Parameters<TestDatabase["context"]>[0];

	function write(overrides: Overrides, ...audit: Extract<Change<null>, { audit: unknown }>["audit"]): Promise<null> {
		clock.advance(1_000);
		return change(db.context(overrides), async () => ({ result: null, audit }));
	}

	async function ids(tenant_id: string, query: EntryQuery = {}): Promise<string[]> {
		const page = await listEntries({ ...db.context({ scope: tenant_id }), caller: ADMIN }, { tenant_id, ...query });
		return page.data.map(({ id }) => id);
	}

	test("an entry says who did what to what, what it was before, from where and in which request", async () => {
		const at = new Date(clock.now()).toISOString();
		const operator = db.context({ scope: "shape", address: "198.51.100.7" });
		await change(operator, async () => ({
			result: null,
			audit: [
				{
					action: "site.updated",
					target: { kind: "site", id: "main" },
					details: { before: { name: "Shop", environment: null }, site: { name: "Shop", environment: "prod", internal: "x" } },
					tenant_id: "shape",
				},
			],
		}));
		const expected = {
			id: "aud_1.shape",
			at,
			actor: { kind: "operator", id: null, name: "operator token" },
			action: "site.updated",
			target: { kind: "site", id: "main", name: "Shop" },
			before: { name: "Shop", environment: null },
			after: { name: "Shop", environment: "prod" },
			ip: null,
			request_id: operator.request_id,
		};
		deepEqual((await listEntries({ ...db.context({ scope: "shape" }), caller: ADMIN }, { tenant_id: "shape" })).data, [expected]);
		const seen = (await listEntries({ ...db.context({ scope: "shape" }), caller: OPERATOR }, { tenant_id: "shape" })).data;
		deepEqual(seen, [{ ...expected, ip: "198.51.100.7" }], "an operator sees the address of an operator");
		const all = await listAllEntries(db.context(), { tenant_id: "shape" });
		deepEqual(all.data, [{ ...expected, tenant_id: "shape", ip: "198.51.100.7" }]);
	});

	test("entries are found by actor, action, target and time, alone and together", async () => {
		const scope = "filters";
		await write({ actor: { kind: "key", id: "key_9", name: "prod-order-bot" }, scope }, siteNote(scope, "s1"));
		await write({ actor: { kind: "system", name: "loop" }, scope }, siteNote(scope, "s2"), {
			action: "key.revoked",
			target: { kind: "key", id: "key_9" },
			tenant_id: scope,
		});
		await write({ scope }, { action: "keys.imported", target: { kind: "legacy_format", id: "old" }, tenant_id: scope });
		const [first = ""] = (await listEntries({ ...db.context({ scope }), caller: ADMIN }, { tenant_id: scope })).data.slice(-1).map(({ at }) => at);
		const later = new Date(Date.parse(first) + 1).toISOString();
		const all = ["aud_4.filters", "aud_3.filters", "aud_2.filters", "aud_1.filters"];
		const [fourth, third, second, one] = all;
		deepEqual(await ids(scope), all);
		deepEqual(await ids(scope, { actor: "key_9" }), [one]);
		deepEqual(await ids(scope, { actor: "system" }), [third, second]);
		deepEqual(await ids(scope, { actor: "operator" }), [fourth]);
		deepEqual(await ids(scope, { action: "site.created" }), [second, one]);
		deepEqual(await ids(scope, { action: "key" }), [third], "a subject is not the beginning of another");
		deepEqual(await ids(scope, { target: "key_9" }), [third]);
		deepEqual(await ids(scope, { from: later }), [fourth, third, second]);
		deepEqual(await ids(scope, { to: later }), [one], "the end is exclusive");
		deepEqual(await ids(scope, { actor: "system", action: "site", target: "s2", from: later }), [second]);
		deepEqual(await ids(scope, { actor: "system", action: "site", target: "s1" }), []);
		deepEqual(await ids(scope, { actor: "mem_9' or true --" }), []);
		for (const period of [{ from: later, to: first }, { to: "2016-12-31T23:59:60Z" }, { from: first, to: first }])
			await rejects(ids(scope, period), /invalid_request/);
	});

	test("pages that follow the cursor hold every entry once, also of one instant and of several tenants", async () => {
		for (const scope of ["page-a", "page-b"])
			await write({ scope }, siteNote(scope, "0"), ...Array.from({ length: 6 }, (_, at) => siteNote(scope, `${at + 1}`)));
		const seen: string[] = [];
		for (let cursor: string | null = ""; cursor !== null; ) {
			const page = await listEntries(
				{ ...db.context({ scope: "page-a" }), caller: ADMIN },
				{ tenant_id: "page-a", limit: 3, ...(cursor === "" ? {} : { cursor }) },
			);
			seen.push(...page.data.map(({ target }) => target.id));
			cursor = page.next_cursor;
		}
		deepEqual(seen, ["6", "5", "4", "3", "2", "1", "0"]);
		const over_all: string[] = [];
		for (let cursor: string | null = ""; cursor !== null; ) {
			const page = await listAllEntries(db.context(), { limit: 4, action: "site.created", ...(cursor === "" ? {} : { cursor }) });
			over_all.push(...page.data.map(({ id }) => id));
			cursor = page.next_cursor;
		}
		equal(new Set(over_all).size, over_all.length);
		equal(over_all.filter((id) => /\.page-[ab]$/.test(id)).length, 14);
	});

	test("no tenant reads the entries of another, whatever is asked for", async () => {
		await write({ scope: "own" }, siteNote("own", "own-site"));
		await write({ scope: "other" }, siteNote("other", "other-site"));
		deepEqual(await ids("own", { target: "other-site" }), []);
		const crossed = await listEntries({ ...db.context({ scope: "own" }), caller: ADMIN }, { tenant_id: "other" });
		deepEqual(crossed.data, [], "row-level security holds where the query would not");
	});

	test("entries of earlier versions and erased ones answer null, and keep what, when and to which id", async () => {
		await write({ scope: "early", address: "192.0.2.1" }, siteNote("early", "main"));
		await behind.query("update keywright.audit_entries set details = details - 'before' - 'after' - 'ip' - 'target_name' where chain = 'early'");
		const read = async () => (await listAllEntries(db.context(), { tenant_id: "early" })).data[0];
		const early = await read();
		deepEqual([early?.before, early?.after, early?.ip, early?.target], [null, null, null, { kind: "site", id: "main", name: null }]);
		equal(early?.actor.name, "operator token");
		await behind.query("select keywright.erase_audit_details('early')");
		const erased = await read();
		deepEqual(erased?.actor, { kind: null, id: null, name: null });
		deepEqual([erased?.action, erased?.target.id, erased?.before, erased?.after, erased?.ip], ["site.created", "main", null, null, null]);
		const left = await behind.query("select actor_kind, actor_id from keywright.audit_entries where chain = 'early'");
		deepEqual(left.rows, [{ actor_kind: null, actor_id: null }], "nothing of the actor is left in a column");
		ok(erased?.request_id.startsWith("req_"));
	});
});
