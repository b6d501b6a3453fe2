/** What is urgent waits for no bookkeeping: usage may be settled slowly, or by a node that stands still. */
import { equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type KeysFixture, keyInput, keysFixture } from "../../testing/keys.ts";
import { createKey } from "./create.ts";
import { pauseKey } from "./pause.ts";
import { revokeKey } from "./revoke.ts";

/** As in usage/store.ts: whoever settles holds it. */
const SETTLE_LOCK = 7_362_011;
const HELD_MS = 4_000;
const SOON_MS = 2_000;

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

test("a key is paused and revoked at once while usage is being settled for long", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const ids = { tenant_id, key_id: key.id };
	await fixture.behind("insert into usage_flushes (node_id, flush_number, flushed_at) values ('elsewhere', 1, now())");
	const [free] = await fixture.behind("select waiting from usage_flushes where node_id = 'elsewhere'");
	equal(free?.waiting, true, "something waits to be settled");
	const held = fixture.behind(`begin; select pg_advisory_xact_lock(${SETTLE_LOCK}); select pg_sleep(${HELD_MS / 1_000}); commit`);
	await sleep(100);
	const began = performance.now();
	equal((await pauseKey(fixture.context(), ids)).status, "paused");
	equal((await revokeKey(fixture.context(), { ...ids, reason: "suspected_exposure" })).status, "revoked");
	const took_ms = performance.now() - began;
	ok(took_ms < SOON_MS, `${took_ms} ms`);
	await held;
	const isSettled = async () => (await fixture.behind("select waiting from usage_flushes where node_id = 'elsewhere'"))[0]?.waiting === false;
	for (const until = performance.now() + SOON_MS; !(await isSettled()); await sleep(20)) ok(performance.now() < until, "it was settled all the same");
});
