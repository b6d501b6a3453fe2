import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { getPointers, type KeysFixture, keysFixture, refused } from "../../testing/keys.ts";
import { listKeys } from "./read.ts";
import { ORDERS, type Order, SORTS, type Sort } from "./sort.ts";

const RUNS = 10;
const KEYS_MAX = 14;
const EPOCH_MS = Date.UTC(2026, 0, 1);

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

/** The sort values of a key; times in microseconds since the start of 2026. */
interface OneKey {
	name: string;
	created: number;
	expires: number | null;
	rotation_due: number | null;
	last_used: number | null;
}

/** Few distinct values, so that there are many ties. Microseconds exceed the precision of a JavaScript Date. */
const micros: fc.Arbitrary<number | null> = fc.option(fc.constantFrom(0, 1, 999, 1_000, 5_000_001), { nil: null });
const oneKey: fc.Arbitrary<OneKey> = fc.record({
	name: fc.constantFrom("a", "A", "b", "Zebra", "zebra", "ä", "🦊", 'quote " back \\', "x".repeat(200), "🦊".repeat(200)),
	created: micros.map((value) => value ?? 7),
	expires: micros,
	rotation_due: micros,
	last_used: micros,
});

function timeText(value: number | null): string | null {
	if (value === null) return null;
	return `${new Date(EPOCH_MS + Math.floor(value / 1_000)).toISOString().slice(0, 23)}${String(value % 1_000).padStart(3, "0")}Z`;
}

async function insert(tenant_id: string, keys: readonly OneKey[]): Promise<void> {
	for (const [index, key] of keys.entries()) {
		const id = `key_${tenant_id}_${index}`;
		await fixture.behind(
			`insert into keys (tenant_id, id, name, environment, owner, permissions, created_at, created_by, expires_at, rotation_due_at)
			values ($1, $2, $3, 'prod', '{"name":"Ada"}', '{}', $4, '{"kind":"system","name":"test"}', $5, $6)`,
			[tenant_id, id, key.name, timeText(key.created), timeText(key.expires), timeText(key.rotation_due)],
		);
		for (const kid of [`${id}_old`, id]) {
			await fixture.behind(
				"insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4) values ($1, $2, $3, '', 1, 'p', 'abcd')",
				[kid, tenant_id, id],
			);
		}
		if (key.last_used === null) continue;
		await fixture.behind(
			`insert into secret_activity (kid, tenant_id, first_used_at, last_used_at) values ($1, $2, $3, $3), ($1 || '_old', $2, '2025-01-01', '2025-01-01')`,
			[id, tenant_id, timeText(key.last_used)],
		);
	}
}

async function allPages(tenant_id: string, how: { sort: Sort; order: Order; limit: number }): Promise<string[]> {
	const ids: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await listKeys(fixture.context({ scope: tenant_id }), { tenant_id, ...how, ...(cursor === undefined ? {} : { cursor }) });
		assert(page.data.length <= how.limit && (page.next_cursor === null || page.data.length === how.limit));
		ids.push(...page.data.map((key) => key.id));
		cursor = page.next_cursor ?? undefined;
	} while (cursor !== undefined);
	return ids;
}

/** A comparable sort value. Names are compared for equality only, since PostgreSQL defines their order. */
function compare(a: number | null, b: number | null, order: Order): number {
	if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
	return order === "asc" ? a - b : b - a;
}

test("in every order and page size, the pages contain each key once, with nulls last", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(oneKey, { minLength: 1, maxLength: KEYS_MAX }), fc.integer({ min: 1, max: 5 }), async (keys, limit) => {
			const tenant_id = await fixture.tenant();
			await insert(tenant_id, keys);
			for (const sort of SORTS) {
				for (const order of ORDERS) {
					const whole = await allPages(tenant_id, { sort, order, limit: 200 });
					assert.deepEqual(await allPages(tenant_id, { sort, order, limit }), whole, `${sort} ${order}`);
					assert.deepEqual(whole.toSorted(), keys.map((_key, index) => `key_${tenant_id}_${index}`).toSorted());
					const listed = whole.map((id) => keys[Number(id.slice(id.lastIndexOf("_") + 1))]);
					for (const [index, key] of listed.entries()) {
						const next = listed[index + 1];
						if (!key || !next) continue;
						if (sort !== "name" && sort !== "status") assert(compare(key[sort], next[sort], order) <= 0, `${sort} ${order}`);
					}
					if (sort === "name") assertTogether(listed.map((key) => key?.name.toLowerCase() ?? ""));
				}
			}
		}),
		{ numRuns: RUNS },
	);
});

/** Equal names, ignoring case, must be adjacent. */
function assertTogether(names: readonly string[]): void {
	const ended = new Set<string>();
	for (const [index, name] of names.entries()) {
		assert(!ended.has(name), `${name} stands in two places`);
		if (names[index + 1] !== name) ended.add(name);
	}
}

const DAY_MS = 86_400_000;

test("a list shows only the keys that need attention on request, and sorts by status with those first", async () => {
	const tenant_id = await fixture.tenant();
	const now_ms = fixture.context().clock.now();
	const micros_ahead = (days: number) => (now_ms - EPOCH_MS + days * DAY_MS) * 1_000;
	const calm = { created: micros_ahead(-60), expires: null, rotation_due: null, last_used: micros_ahead(-1) };
	await insert(tenant_id, [
		{ ...calm, name: "calm", expires: micros_ahead(31), rotation_due: micros_ahead(8) },
		{ ...calm, name: "ends", expires: micros_ahead(29) },
		{ ...calm, name: "due", rotation_due: micros_ahead(6) },
		{ ...calm, name: "overdue", rotation_due: micros_ahead(-6) },
		{ ...calm, name: "idle", last_used: micros_ahead(-31) },
		{ ...calm, name: "never", last_used: null },
		{ ...calm, name: "new", created: micros_ahead(-1), last_used: null },
		{ ...calm, name: "expired", expires: micros_ahead(-1) },
		{ ...calm, name: "replaced" },
		{ ...calm, name: "revoked", last_used: micros_ahead(-31) },
		{ ...calm, name: "exposed" },
		{ ...calm, name: "was exposed" },
	]);
	const [replaced, revoked] = [`key_${tenant_id}_8`, `key_${tenant_id}_9`];
	await fixture.behind(
		`insert into rotations (tenant_id, id, key_id, state, predecessor_kid, started_at, started_by, expiry_set_at_before)
		values ($1, 'rot_1', $2, 'open', $2, now(), '{"kind":"system","name":"test"}', now())`,
		[tenant_id, replaced],
	);
	for (const [at, kid] of [
		[10, `key_${tenant_id}_10`],
		[11, `key_${tenant_id}_11_old`],
	] as const)
		await fixture.behind(
			"insert into key_exposures (tenant_id, key_id, kid, kind, first_at, last_at, requests) values ($1, $2, $3, 'url', now(), now(), 1)",
			[tenant_id, `key_${tenant_id}_${at}`, kid],
		);
	await fixture.behind("update secrets set retired_at = now() where kid = $1", [`key_${tenant_id}_11_old`]);
	await fixture.behind(`update keys set revoked_at = now(), revoked_by = '{"kind":"system","name":"test"}', revoke_reason = 'other' where id = $1`, [
		revoked,
	]);
	const needy = await listKeys(fixture.context(), { tenant_id, attention: true, total: true, sort: "name" });
	assert.deepEqual(
		needy.data.map(({ name }) => name),
		["due", "ends", "exposed", "idle", "never", "overdue", "replaced"],
	);
	assert.equal(needy.total, 7);
	const names: string[] = [];
	let cursor: string | null | undefined;
	while (cursor !== null) {
		const page = await listKeys(fixture.context({ scope: tenant_id }), { tenant_id, sort: "status", limit: 4, ...(cursor ? { cursor } : {}) });
		names.push(...page.data.map(({ name }) => name));
		cursor = page.next_cursor;
	}
	assert.deepEqual(names.slice(0, 7).sort(), ["due", "ends", "exposed", "idle", "never", "overdue", "replaced"]);
	assert.deepEqual(
		[names.slice(7, 10).sort(), names.slice(10)],
		[
			["calm", "new", "was exposed"],
			["expired", "revoked"],
		],
	);
});

test("names sort in either order; by default names and dates ahead ascend, creation and last use descend", async () => {
	const tenant_id = await fixture.tenant();
	const plain = { created: 0, expires: null, rotation_due: null, last_used: null };
	await insert(tenant_id, [
		{ ...plain, name: "beta", created: 1, expires: 2, last_used: 1 },
		{ ...plain, name: "Alpha", created: 3, expires: 1, last_used: 3 },
		{ ...plain, name: "gamma", created: 2 },
	]);
	const names = async (how: { sort?: Sort; order?: Order }) => (await listKeys(fixture.context(), { tenant_id, ...how })).data.map((key) => key.name);
	assert.deepEqual(await names({ sort: "name" }), ["Alpha", "beta", "gamma"]);
	assert.deepEqual(await names({ sort: "name", order: "desc" }), ["gamma", "beta", "Alpha"]);
	assert.deepEqual(await names({}), ["Alpha", "gamma", "beta"]);
	assert.deepEqual(await names({ order: "asc" }), ["beta", "gamma", "Alpha"]);
	assert.deepEqual(await names({ sort: "last_used" }), ["Alpha", "beta", "gamma"]);
	assert.deepEqual(await names({ sort: "last_used", order: "asc" }), ["beta", "Alpha", "gamma"]);
	assert.deepEqual(await names({ sort: "expires" }), ["Alpha", "beta", "gamma"]);
});

test("a cursor of another order, or a modified one, is refused", async () => {
	const tenant_id = await fixture.tenant();
	await insert(
		tenant_id,
		[0, 1, 2].map((value) => ({ name: `k${value}`, created: value, expires: null, rotation_due: value, last_used: value })),
	);
	const context = fixture.context({ scope: tenant_id });
	const { next_cursor } = await listKeys(context, { tenant_id, sort: "expires", order: "asc", limit: 1 });
	assert(next_cursor !== null);
	const made = (...texts: string[]) => Buffer.from(JSON.stringify(texts)).toString("base64url");
	const wrong = [
		{ cursor: next_cursor },
		{ cursor: next_cursor, sort: "expires", order: "desc" },
		{ cursor: made("created", "desc", "", "key") },
		{ cursor: made("created", "desc", "2026-02-30T00:00:00.000000Z", "key") },
		{ cursor: made("created", "desc", "2026-01-01T00:00:00.000Z", "key") },
		{ cursor: made("created", "desc", "2026-01-01T00:00:00.000000Z", "") },
		{ cursor: made("created", "desc", "2026-01-01T00:00:00.000000Z") },
		{ cursor: made("status", "asc", "5", "key"), sort: "status" },
		{ cursor: made("status", "asc", "", "key"), sort: "status" },
		{ cursor: made("name", "asc", "", "key"), sort: "name" },
		{ cursor: made("name", "asc", "\0", "key"), sort: "name" },
		{ cursor: "e30" },
	] as const;
	for (const query of wrong) {
		const failure = await refused(fixture, "invalid_request", () => listKeys(context, { tenant_id, ...query }));
		assert.deepEqual(getPointers(failure), ["/query/cursor"]);
	}
});
