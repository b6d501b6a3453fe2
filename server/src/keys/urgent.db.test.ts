/** Urgent changes do not wait for the aggregation of usage, which may be slow or run on a stalled node. */
import { equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type KeysFixture, keyInput, keysFixture } from "../../testing/keys.ts";
import { createKey } from "./create.ts";
import { pauseKey } from "./pause.ts";
import { revokeKey } from "./revoke.ts";

/** The aggregation's lock, as in usage/store.ts. */
const AGGREGATION_LOCK = 7_362_011;
const HELD_MS = 4_000;
const SOON_MS = 2_000;

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

test("a key is paused and revoked without delay during a slow aggregation of usage", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const ids = { tenant_id, key_id: key.id };
	await fixture.behind("insert into usage_flushes (node_id, flush_number, flushed_at) values ('elsewhere', 1, now())");
	const [free] = await fixture.behind("select waiting from usage_flushes where node_id = 'elsewhere'");
	equal(free?.waiting, true, "a flush waits to be aggregated");
	const held = fixture.behind(`begin; select pg_advisory_xact_lock(${AGGREGATION_LOCK}); select pg_sleep(${HELD_MS / 1_000}); commit`);
	await sleep(100);
	const began = performance.now();
	equal((await pauseKey(fixture.context(), ids)).status, "paused");
	equal((await revokeKey(fixture.context(), { ...ids, reason: "suspected_exposure" })).status, "revoked");
	const took_ms = performance.now() - began;
	ok(took_ms < SOON_MS, `${took_ms} ms`);
	await held;
	const [flush] = await fixture.behind("select waiting from usage_flushes where node_id = 'elsewhere'");
	equal(flush?.waiting, true, "a change starts no aggregation");
});
