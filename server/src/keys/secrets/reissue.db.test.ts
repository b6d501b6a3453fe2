import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, type KeysFixture, keyInput, keysFixture, refused } from "../../../testing/keys.ts";
import { updateTenant } from "../../tenants/tenants.ts";
import { createKey } from "../create.ts";
import { createKeyForHandover } from "../handovers/create-key.ts";
import { getKey } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { reissueKey } from "./reissue.ts";
import { setStorageLocation } from "./storage-location.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

test("a reissue before the first use replaces the secret immediately", async () => {
	const tenant_id = await fixture.tenant();
	const { key, raw_key } = await createKey(fixture.context(), keyInput(tenant_id));
	fixture.clock.advance(60_000);
	const context = fixture.context({ scope: tenant_id });
	const again = await reissueKey(context, { tenant_id, key_id: key.id });
	assert.deepEqual([await fixture.isLive(raw_key), await fixture.isLive(again.raw_key)], [false, true]);
	assert.deepEqual(
		again.key.secrets.map((secret) => secret.status),
		["issued", "retired"],
	);
	assert.equal(again.key.rotation_due_at, new Date(fixture.clock.now() + 90 * 86_400_000).toISOString());
	const third = await reissueKey(context, { tenant_id, key_id: key.id });
	assert.deepEqual([await fixture.isLive(again.raw_key), await fixture.isLive(third.raw_key)], [false, true]);
	assert.deepEqual((await auditActions(fixture, tenant_id)).slice(-3), ["key.created", "key.reissued", "key.reissued"]);
	assert.equal((await fixture.behind("select 1 from invalidations where id = $1", [key.id])).length, 3);
	assert(!(await fixture.dump()).includes(again.raw_key.slice(-38, -6)));
});

test("after concurrent reissues only the last secret is live", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const made = await Promise.all(Array.from({ length: 10 }, () => reissueKey(fixture.context(), { tenant_id, key_id: key.id })));
	const live = await Promise.all(made.map(({ raw_key }) => fixture.isLive(raw_key)));
	assert.equal(live.filter(Boolean).length, 1);
});

test("a key that is in use, revoked, expired, another tenant's or a suspended tenant's cannot be reissued", async () => {
	const tenant_id = await fixture.tenant();
	const make = async (expires_at?: string) =>
		(await createKey(fixture.context(), keyInput(tenant_id, expires_at === undefined ? {} : { expires_at }))).key;
	const [used, revoked, expired, paused] = [await make(), await make(), await make(new Date(fixture.clock.now() + 10).toISOString()), await make()];
	const { raw_key } = await reissueKey(fixture.context(), { tenant_id, key_id: used.id });
	await fixture.use({ tenant_id, kid: (await getKey(fixture.context(), { tenant_id, key_id: used.id })).secrets[0]?.kid ?? "" });
	await revokeKey(fixture.context(), { tenant_id, key_id: revoked.id, reason: "other" });
	fixture.clock.advance(10);
	for (const { id } of [used, revoked, expired]) await refused(fixture, "conflict", () => reissueKey(fixture.context(), { tenant_id, key_id: id }));
	assert.equal(await fixture.isLive(raw_key), true);
	const theirs = await fixture.tenant();
	await refused(fixture, "not_found", () => reissueKey(fixture.context({ scope: theirs }), { tenant_id: theirs, key_id: paused.id }));
	await updateTenant(fixture.context(), { tenant_id, status: "suspended" });
	await refused(fixture, "tenant_suspended", () => reissueKey(fixture.context(), { tenant_id, key_id: paused.id }));
});

test("a key with a used, replaced secret counts as used", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	await reissueKey(fixture.context(), { tenant_id, key_id: key.id });
	await fixture.use({ tenant_id, kid: key.secrets[0]?.kid ?? "" });
	await refused(fixture, "conflict", () => reissueKey(fixture.context(), { tenant_id, key_id: key.id }));
});

test("a reissue cancels the key's handover; a repeat with the same Idempotency-Key issues nothing", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKeyForHandover(fixture.context(), { ...keyInput(tenant_id), handover: {} });
	const context = fixture.context({ idempotency_key: "once" });
	const made = await reissueKey(context, { tenant_id, key_id: key.id });
	assert.deepEqual([made.key.handover?.status, made.key.secrets.length], ["cancelled", 1]);
	const repeat = await refused(fixture, "secret_already_issued", () => reissueKey(context, { tenant_id, key_id: key.id }));
	assert.deepEqual(repeat.metadata.members, { key_id: key.id });
});

test("the storage location belongs to one secret, not to its replacement", async () => {
	const tenant_id = await fixture.tenant();
	const { key } = await createKey(fixture.context(), keyInput(tenant_id));
	const context = fixture.context({ scope: tenant_id });
	const where = { tenant_id, key_id: key.id, place: "other" } as const;
	const kept = await setStorageLocation(context, { ...where, note: " the safe " });
	const at = new Date(fixture.clock.now()).toISOString();
	assert.deepEqual(kept.secrets[0]?.kept_in, { place: "other", note: "the safe", at });
	fixture.clock.advance(1_000);
	const state = await fixture.state();
	assert.deepEqual((await setStorageLocation(context, { ...where, note: "the safe" })).secrets[0]?.kept_in?.at, at);
	assert.equal(await fixture.state(), state, "a repeat changes nothing");
	const moved = await setStorageLocation(context, { ...where, place: "secret_manager" });
	assert.deepEqual([moved.secrets[0]?.kept_in?.place, moved.secrets[0]?.kept_in?.note], ["secret_manager", null]);
	const { key: again } = await reissueKey(context, { tenant_id, key_id: key.id });
	assert.deepEqual(
		again.secrets.map((secret) => secret.kept_in?.place ?? null),
		[null, "secret_manager"],
	);
	const { key: handed } = await createKeyForHandover(fixture.context(), { ...keyInput(tenant_id), handover: {} });
	await refused(fixture, "conflict", () => setStorageLocation(context, { ...where, key_id: handed.id }));
	await revokeKey(context, { tenant_id, key_id: key.id, reason: "other" });
	await refused(fixture, "conflict", () => setStorageLocation(context, where));
	const theirs = await fixture.tenant();
	await refused(fixture, "not_found", () => setStorageLocation(fixture.context({ scope: theirs }), { ...where, tenant_id: theirs }));
});
