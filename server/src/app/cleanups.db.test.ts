import { deepEqual, ok, throws } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type MadeKey, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { readConfig } from "../config.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { nextAttemptAt } from "../outbox/retry.ts";
import { getCleanups } from "./cleanups.ts";

let fixture: VerificationFixture;
let key: MadeKey;
before(async () => {
	fixture = await verificationFixture();
	const { node } = await fixture.process();
	key = await fixture.key(node, await fixture.tenant(node));
	await fixture.behind(
		`insert into keywright.webhooks (tenant_id, id, url, pepper_id, secret, after_position, created_at)
		values ($1, 'whk_1', 'https://hooks.shop.example', 'none', '', 0, now())`,
		[key.tenant_id],
	);
});
after(() => fixture.close());

const SEEN = "code, check_name, operation, source_id, network, agent, facts";
const SEEN_AS = "'key_revoked', 'not_revoked', 'GET /test', 'src_1', '192.0.2.0/24', 'curl', '{}'";

/** How a row of each kind is made, with the id $1, from the time $2. */
const MADE = {
	outbox: () =>
		`insert into keywright.outbox (id, tenant_id, type, data, created_at, distributed_at) values ($1, '${key.tenant_id}', 'key.paused', '{}', $2, $2)`,
	webhook_deliveries: () => `with event as (${MADE.outbox()} returning tenant_id, id)
		insert into keywright.webhook_deliveries (tenant_id, id, webhook_id, event_id, sequence, status, at)
		select tenant_id, id, 'whk_1', id, 1, 'delivered', $2 from event`,
	alerts: () => `insert into keywright.alerts (tenant_id, id, rule, subject, status, evidence, count, raised_at, last_at, resolved_at)
		values ('${key.tenant_id}', $1, 'key_unused', $1, 'resolved', '{}', 1, $2::timestamptz - interval '1 day', $2, $2)`,
	auth_failures: (proven: boolean) => `insert into keywright.auth_failures (request_id, tenant_id, key_id, kid, at, ${SEEN}, proven, sampled)
		values ($1, '${key.tenant_id}', '${key.key_id}', '${key.kid}', $2, ${SEEN_AS}, ${proven}, false)`,
	unknown_auth_failures: () => `insert into keywright.unknown_auth_failures (request_id, at, ${SEEN}, address, requests)
		values ($1, $2, ${SEEN_AS}, '192.0.2.7', 1)`,
} as const;

/** The ids of the rows that are left of one a minute before and one a minute after they are `days` old. */
async function leftOf(table: keyof typeof MADE, days: number, environment: Record<string, string>, insert: string): Promise<unknown[]> {
	const { clock, database, behind } = fixture;
	for (const [id, minutes] of Object.entries({ older: 1, younger: -1 }))
		await behind(insert, [`${id} ${table}`, new Date(clock.now() - days * DAY_MS - minutes * MINUTE_MS)]);
	for (const run of Object.values(getCleanups({ ...readConfig(environment), database, clock }))) await run();
	const id = /failures/.test(table) ? "request_id" : "id";
	const rows = await behind(`delete from keywright.${table} where ${id} in ($1, $2) returning ${id} as id`, [`older ${table}`, `younger ${table}`]);
	await behind("delete from keywright.outbox");
	return rows.map((row) => String(row.id).split(" ")[0]);
}

for (const [table, setting, unset_days, set_days] of [
	["outbox", "KEYWRIGHT_EVENT_RETENTION_DAYS", 30, [2, 45, 400]],
	["webhook_deliveries", "KEYWRIGHT_EVENT_RETENTION_DAYS", 30, [2, 45, 400]],
	["alerts", "KEYWRIGHT_ALERT_RETENTION_DAYS", 400, [1, 30, 500, 3_650]],
] as const)
	test(`rows of ${table} are deleted ${unset_days} days later, or as many as ${setting} says`, async () => {
		deepEqual(await leftOf(table, unset_days, {}, MADE[table]()), ["younger"]);
		for (const days of set_days) deepEqual(await leftOf(table, days, { [setting]: String(days) }, MADE[table]()), ["younger"], `${days}`);
	});

test("a refusal is deleted 30 days later, without a proof after 7, and so is one of no tenant with the full address", async () => {
	deepEqual(await leftOf("auth_failures", 30, {}, MADE.auth_failures(true)), ["younger"]);
	deepEqual(await leftOf("auth_failures", 7, {}, MADE.auth_failures(false)), ["younger"]);
	deepEqual(await leftOf("unknown_auth_failures", 7, {}, MADE.unknown_auth_failures()), ["younger"]);
});

test("events are kept for longer than the last attempt to deliver them can be away", () => {
	let at = 0;
	for (let attempt = 1, next = nextAttemptAt(1, 0, 1); next !== null; attempt += 1, next = nextAttemptAt(attempt, at, 1)) at = next.getTime();
	ok(at > DAY_MS && at < 2 * DAY_MS, `${at / HOUR_MS} hours`);
	throws(() => readConfig({ KEYWRIGHT_EVENT_RETENTION_DAYS: "1" }), /KEYWRIGHT_EVENT_RETENTION_DAYS/);
});
