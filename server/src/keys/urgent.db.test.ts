/** A change of a key neither starts nor waits for the aggregation of usage, which may be slow or run on a stalled node. */
import { equal } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type KeysFixture, keyInput, keysFixture } from "../../testing/keys.ts";
import { createKey } from "./create.ts";
import { pauseKey } from "./pause.ts";
import { revokeKey } from "./revocation/revoke.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

test("a key is paused and revoked without aggregating usage first", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const ids = { tenant_id, key_id: key.id };
	await fixture.behind("insert into usage_flushes (node_id, flush_number, flushed_at) values ('elsewhere', 1, now())");
	const isWaiting = async () => (await fixture.behind("select waiting from usage_flushes where node_id = 'elsewhere'"))[0]?.waiting;
	equal(await isWaiting(), true, "a flush waits to be aggregated");
	equal((await pauseKey(fixture.context(), ids)).status, "paused");
	equal((await revokeKey(fixture.context(), { ...ids, reason: "suspected_exposure" })).status, "revoked");
	equal(await isWaiting(), true, "neither change aggregated it");
});
