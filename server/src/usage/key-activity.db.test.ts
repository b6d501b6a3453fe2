import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type UsageTestDatabase, usageTestDatabase } from "../../testing/usage.ts";
import { ManualClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { keysActivity } from "./key-activity.ts";

const HOUR_MS = 3_600_000;
const NOON_MS = Date.UTC(2026, 5, 15, 12);

let db: UsageTestDatabase;
const clock = new ManualClock(NOON_MS + 25 * 60_000);
before(async () => {
	db = await usageTestDatabase(120);
});
after(() => db.close());

async function count(key: string, start_ms: number, code: string, requests: number, granularity_seconds = 60): Promise<void> {
	await db.query("insert into usage_keys (tenant_id, key_id, kid, granularity_seconds, start, code, requests) values ($1, $2, $3, $4, $5, $6, $7)", [
		...[key.slice(0, 1), key, key.replace("key", "kid"), granularity_seconds, new Date(start_ms), code, requests],
	]);
}

test("each key has 24 hours, the current one last, with allowed and refused requests", async () => {
	await count("a_key_0", NOON_MS + 20 * 60_000, "allowed", 3);
	await count("a_key_0", NOON_MS + 21 * 60_000, "allowed", 4);
	await count("a_key_0", NOON_MS + 21 * 60_000, "rate_limited", 2);
	await count("a_key_0", NOON_MS + 21 * 60_000, "permission_missing", 5);
	await count("a_key_0", NOON_MS - 23 * HOUR_MS, "allowed", 7);
	await count("a_key_0", NOON_MS - 23 * HOUR_MS, "allowed", 1, 3_600);
	await count("a_key_0", NOON_MS - 23 * HOUR_MS - 60_000, "allowed", 1_000);
	await count("a_key_1", NOON_MS - HOUR_MS, "key_paused", 9, 3_600);
	for (const [code, requests] of Object.entries({ key_revoked: 1, key_expired: 2, key_rotated: 4 })) await count("a_key_1", NOON_MS, code, requests);
	await count("a_key_2", NOON_MS - HOUR_MS, "allowed", 1_000);
	await count("b_key_0", NOON_MS, "allowed", 1_000);
	const { data } = await keysActivity(db.contextFor("a", clock), { tenant_id: "a", key_ids: "a_key_1,a_key_0,a_key_1" });
	assert.deepEqual(
		data.map((entry) => entry.key_id),
		["a_key_1", "a_key_0"],
	);
	const [one, zero] = data;
	for (const { hours } of data) {
		assert.deepEqual(
			hours.map((hour) => hour.start),
			Array.from({ length: 24 }, (_, index) => new Date(NOON_MS + (index - 23) * HOUR_MS).toISOString()),
		);
	}
	const counts = (hours: { allowed: number; refused: number }[] = []) => hours.map(({ allowed, refused }) => [allowed, refused]);
	const nothing = Array.from({ length: 22 }, () => [0, 0]);
	assert.deepEqual(counts(zero?.hours), [[8, 0], ...nothing, [7, 7]]);
	assert.deepEqual(counts(one?.hours), [...nothing, [0, 9], [0, 7]]);
	assert.deepEqual([one?.hours.at(-2)?.ended, one?.hours.at(-1)?.ended, zero?.hours.at(-1)?.ended], [0, 7, 0]);
});

test("unknown keys and another tenant's keys get the same 404, and 1 to 100 keys may be named", async () => {
	const ask = (key_ids: string) => keysActivity(db.contextFor("a", clock), { tenant_id: "a", key_ids });
	const details = new Set<string>();
	for (const strange of ["b_key_0", "a_key_nobody", "a_key_0,b_key_0"]) {
		await assert.rejects(ask(strange), (error) => {
			assert(error instanceof ApiError);
			details.add(`${error.code} ${error.detail}`);
			return true;
		});
	}
	assert.equal(details.size, 1);
	assert.match([...details].join(""), /^not_found/);
	const ids = Array.from({ length: 101 }, (_, index) => `a_key_${index}`);
	await assert.rejects(ask(ids.join(",")), { code: "invalid_request" });
	await assert.rejects(ask(",,"), { code: "invalid_request" });
	assert.equal((await ask(ids.slice(1).join(","))).data.length, 100);
});
