import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../../testing/keys.ts";
import { updateTenant } from "../../tenants/tenants.ts";
import { createKey } from "../create.ts";
import { createKeyForHandover } from "../handovers/create-key.ts";
import { pauseKey } from "../pause.ts";
import { listKeys } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import type { CreateInput } from "../schema.ts";
import { bulkRevoke } from "./bulk-revoke.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

async function make(tenant_id: string, overrides: Partial<CreateInput> = {}): Promise<string> {
	fixture.clock.advance(1);
	return (await createKey(fixture.context(), keyInput(tenant_id, overrides))).key.id;
}

async function getRevoked(tenant_id: string): Promise<string[]> {
	return (await listKeys(fixture.context(), { tenant_id, status: "revoked", limit: 200 })).data.map((key) => key.id).sort();
}

function getIds(answer: { keys: { id: string }[] }): string[] {
	return answer.keys.map((key) => key.id);
}

test("a bulk revocation revokes exactly the keys of its preview, in one change", async () => {
	const tenant_id = await fixture.tenant();
	const first = await make(tenant_id, { integration: "crm", owner: { name: "Grace", email: "grace@example.com" } });
	const second = await make(tenant_id, { integration: "crm" });
	const paused = await make(tenant_id, { integration: "crm", environment: "dev" });
	const other = await make(tenant_id, { integration: "shop" });
	const gone = await make(tenant_id, { integration: "crm" });
	const { key: handed } = await createKeyForHandover(fixture.context(), {
		...keyInput(tenant_id, { integration: "crm", environment: "staging" }),
		handover: {},
	});
	await pauseKey(fixture.context(), { tenant_id, key_id: paused });
	await revokeKey(fixture.context(), { tenant_id, key_id: gone, reason: "integration_retired" });
	const context = fixture.context({ scope: tenant_id });
	const ask = { tenant_id, filter: { integration: "crm" }, reason: "suspected_exposure", note: "laptop stolen" } as const;
	const state = await fixture.state();
	const preview = await bulkRevoke(context, { ...ask, preview: true });
	assert.equal(await fixture.state(), state);
	assert.equal(preview.revoked, false);
	assert.deepEqual(getIds(preview), [handed.id, paused, second, first]);
	assert.deepEqual(preview.keys.at(-1), {
		id: first,
		name: "prod-order-bot",
		environment: "prod",
		owner: { name: "Grace", email: "grace@example.com" },
		last_used_at: null,
		usage_24h: 0,
	});
	const before_revocation = await fixture.behind("select seq from change_sequence");
	const done = await bulkRevoke(context, { ...ask, preview: false, expected_key_ids: getIds(preview).toReversed() });
	assert.deepEqual([done.revoked, getIds(done)], [true, getIds(preview)]);
	assert.deepEqual(await getRevoked(tenant_id), [first, second, paused, gone, handed.id].sort());
	const [after_revocation] = await fixture.behind("select seq from change_sequence");
	assert.equal(Number(after_revocation?.seq), Number(before_revocation[0]?.seq) + 1, "one change");
	const invalidated = await fixture.behind("select id from invalidations where seq = $1", [after_revocation?.seq]);
	assert.deepEqual(invalidated.map(({ id }) => id).sort(), getIds(preview).sort());
	assert.equal((await auditActions(fixture, tenant_id)).filter((action) => action === "key.revoked").length, 5);
	const events = await fixture.behind("select 1 from outbox where tenant_id = $1 and type = 'key.revoked'", [tenant_id]);
	assert.equal(events.length, 5);
	const [of_other] = (await listKeys(context, { tenant_id, integration: "shop" })).data;
	assert.deepEqual([of_other?.id, of_other?.status], [other, "active"]);
	const [of_gone] = await fixture.behind("select revoke_reason from keys where id = $1", [gone]);
	assert.equal(of_gone?.revoke_reason, "integration_retired", "the first reason stays");
	const [handover] = await fixture.behind("select cancelled_at from handovers where key_id = $1", [handed.id]);
	assert(handover?.cancelled_at instanceof Date, "its link ended with it");
	const repeat = await refused(fixture, "conflict", () => bulkRevoke(context, { ...ask, preview: false, expected_key_ids: getIds(preview) }));
	assert.deepEqual(repeat.metadata.members, { key_ids: [] });
	const waited_for = [{ node_id: context.node.id, confirmed: true }];
	assert.deepEqual(await bulkRevoke(context, { ...ask, preview: false, expected_key_ids: [] }), { keys: [], revoked: false, waited_for });
});

test("no key is revoked if the selection differs from the one that the caller confirmed", async () => {
	const tenant_id = await fixture.tenant();
	const seen = [await make(tenant_id), await make(tenant_id)];
	const context = fixture.context({ scope: tenant_id });
	const run = (expected_key_ids: string[], key_ids?: string[]) =>
		bulkRevoke(context, { tenant_id, ...(key_ids ? { key_ids } : { filter: {} }), reason: "other", preview: false, expected_key_ids });
	const added = await make(tenant_id);
	for (const expected of [seen, [], [...seen, "key_unknown"], [...seen, added, "key_unknown"]]) {
		const failure = await refused(fixture, "conflict", () => run(expected));
		assert.deepEqual(failure.metadata.members, { key_ids: [added, ...seen.toReversed()] });
	}
	await revokeKey(fixture.context(), { tenant_id, key_id: seen[0] ?? "", reason: "other" });
	await refused(fixture, "conflict", () => run(seen, seen));
	assert.equal((await run([seen[1] ?? ""], seen)).revoked, true);
	assert.deepEqual(await getRevoked(tenant_id), seen.toSorted());
});

test("a key created during a bulk revocation is revoked only if it was confirmed", async () => {
	const tenant_id = await fixture.tenant();
	const seen = [await make(tenant_id), await make(tenant_id), await make(tenant_id)];
	const making = Promise.all(Array.from({ length: 10 }, () => make(tenant_id)));
	const attempt = bulkRevoke(fixture.context(), { tenant_id, filter: {}, reason: "other", preview: false, expected_key_ids: seen }).then(
		(done) => done.revoked,
		(error: { code?: string }) => {
			assert.equal(error.code, "conflict");
			return false;
		},
	);
	await making;
	assert.deepEqual(await getRevoked(tenant_id), (await attempt) ? seen.toSorted() : []);
});

test("concurrent revocations of overlapping keys cause no deadlock and revoke each key once", async () => {
	const tenant_id = await fixture.tenant();
	const keys: string[] = [];
	for (let n = 0; n < 20; n += 1) keys.push(await make(tenant_id));
	const single = keys.map((key_id) => revokeKey(fixture.context(), { tenant_id, key_id, reason: "other" }));
	const bulk = [keys, keys.toReversed()].map((key_ids) =>
		bulkRevoke(fixture.context(), { tenant_id, key_ids, reason: "other", preview: false, expected_key_ids: keys }).catch((error: { code?: string }) =>
			assert.equal(error.code, "conflict"),
		),
	);
	await Promise.all([...single, ...bulk]);
	assert.equal((await auditActions(fixture, tenant_id)).filter((action) => action === "key.revoked").length, keys.length);
});

test("a bulk revocation takes either ids or a filter, keys of the tenant only, and at most 200", async () => {
	const tenant_id = await fixture.tenant();
	const theirs = await fixture.tenant();
	const [mine, foreign] = [await make(tenant_id), await make(theirs)];
	const context = fixture.context({ scope: tenant_id });
	const ask = { tenant_id, reason: "other", preview: true } as const;
	const wrong = async (input: Partial<Parameters<typeof bulkRevoke>[1]>) =>
		getPointers(await refused(fixture, "invalid_request", () => bulkRevoke(context, { ...ask, ...input })));
	assert.deepEqual(await wrong({}), ["/key_ids"]);
	assert.deepEqual(await wrong({ key_ids: [mine], filter: {} }), ["/filter"]);
	assert.deepEqual(await wrong({ key_ids: [mine], preview: false }), ["/expected_key_ids"]);
	for (const strange of [foreign, "key_unknown"]) {
		assert.deepEqual(await wrong({ key_ids: [mine, strange] }), ["/key_ids/1"]);
		assert.deepEqual(await wrong({ key_ids: [mine, strange], preview: false, expected_key_ids: [mine, strange] }), ["/key_ids/1"]);
	}
	await fixture.behind(
		`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by)
		select $1, 'key_' || n, 'Key', 'prod', '{"name":"Ada"}', '{}', '{"kind":"system","name":"test"}' from generate_series(1, 200) as n`,
		[tenant_id],
	);
	assert.deepEqual(await wrong({ filter: {} }), ["/filter"]);
	assert.deepEqual(await wrong({ filter: {}, preview: false, expected_key_ids: [] }), ["/filter"]);
	const most = await bulkRevoke(context, { ...ask, filter: { owner: "ada" } });
	assert.equal(most.keys.length, 200);
	const done = await bulkRevoke(context, { ...ask, filter: { owner: "ada" }, preview: false, expected_key_ids: getIds(most) });
	assert.deepEqual([done.revoked, done.keys.length], [true, 200]);
	assert.deepEqual(getIds(await bulkRevoke(context, { ...ask, filter: {} })), [mine]);
	assert.deepEqual(await getRevoked(theirs), []);
});

test("a bulk revocation works in a suspended tenant", async () => {
	const tenant_id = await fixture.tenant();
	const key_id = await make(tenant_id);
	await updateTenant(fixture.context(), { tenant_id, status: "suspended" });
	const input = { tenant_id, key_ids: [key_id], reason: "other", preview: false, expected_key_ids: [key_id] } as const;
	assert.equal(
		(await bulkRevoke(fixture.context(), { ...input, key_ids: [...input.key_ids], expected_key_ids: [...input.expected_key_ids] })).revoked,
		true,
	);
});
