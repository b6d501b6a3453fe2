import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../testing/keys.ts";
import { verifyChain } from "../audit/verify.ts";
import { putPermission } from "../plans/catalogue/permissions.ts";
import { deleteSite } from "../tenants/sites/sites.ts";
import { updateTenant } from "../tenants/tenants.ts";
import { createKey } from "./create.ts";
import { pauseKey, resumeKey } from "./pause.ts";
import { getKey } from "./read.ts";
import { revokeKey } from "./revocation/revoke.ts";
import type { KeyAnswer, KeyEverywhere, UpdateInput } from "./schema.ts";
import { updateKeySettings } from "./update.ts";

const DAY_MS = 86_400_000;
let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

async function makeKey(tenant_id: string, overrides: Parameters<typeof keyInput>[1] = {}): Promise<KeyAnswer> {
	return (await createKey(fixture.context(), keyInput(tenant_id, overrides))).key;
}
const patch = (key: KeyAnswer, input: UpdateInput) => updateKeySettings(fixture.context(), { tenant_id: key.tenant_id, key_id: key.id, ...input });
const getIds = (key: KeyAnswer) => ({ tenant_id: key.tenant_id, key_id: key.id });
const everyNode = () => [{ node_id: fixture.context().node.id, confirmed: true }];
const inDays = (days: number) => new Date(fixture.clock.now() + days * DAY_MS).toISOString();

/** Asserts that `run` returns `key` unchanged, with the awaited nodes if it reports them, and changes nothing. */
async function changesNothing(key: KeyAnswer, run: () => Promise<KeyAnswer & Partial<Pick<KeyEverywhere, "waited_for">>>): Promise<void> {
	const before = await fixture.state();
	const { waited_for = everyNode(), ...answer } = await run();
	assert.deepEqual([answer, waited_for], [key, everyNode()]);
	assert.equal(await fixture.state(), before);
}

test("all changeable settings change, and the others do not", async () => {
	const tenant_id = await fixture.tenant();
	await fixture.site(tenant_id, "shop");
	await fixture.member(tenant_id, "mem_2");
	const key = await makeKey(tenant_id);
	fixture.clock.advance(DAY_MS);
	const changed = await patch(key, {
		name: " renamed ",
		owner: { name: "Grace", member_id: "mem_2" },
		integration: "erp",
		labels: { team: "b" },
		permissions: ["documents:read"],
		site_ids: ["shop"],
		allowed_ips: ["192.0.2.1/24"],
		expires_at: inDays(10),
		rotate_every_days: 30,
	});
	assert.deepEqual(changed, {
		...key,
		name: "renamed",
		owner: { name: "Grace", member_id: "mem_2" },
		integration: "erp",
		labels: { team: "b" },
		permissions: ["documents:read"],
		site_ids: ["shop"],
		allowed_ips: ["192.0.2.0/24"],
		expires_at: inDays(10),
		rotate_every_days: 30,
		rotation_due_at: new Date(Date.parse(key.created_at) + 30 * DAY_MS).toISOString(),
	});
	assert.deepEqual(await getKey(fixture.context(), getIds(key)), changed);
	const cleared = await patch(key, {
		integration: null,
		labels: {},
		permissions: [],
		site_ids: null,
		allowed_ips: null,
		expires_at: null,
		rotate_every_days: null,
	});
	assert.deepEqual(
		[cleared.integration, cleared.labels, cleared.permissions, cleared.site_ids, cleared.allowed_ips, cleared.expires_at, cleared.rotation_due_at],
		[null, {}, [], null, null, null, null],
	);
	assert.deepEqual((await auditActions(fixture, tenant_id)).slice(-3), ["key.created", "key.updated", "key.updated"]);
});

test("equal values change nothing, regardless of the order in sets", async () => {
	const tenant_id = await fixture.tenant();
	await fixture.site(tenant_id, "a");
	await fixture.site(tenant_id, "b");
	const key = await makeKey(tenant_id, { site_ids: ["a", "b"], allowed_ips: ["10.0.0.0/8"], labels: { x: "1", y: "2" }, expires_at: inDays(3) });
	await changesNothing(key, () => patch(key, {}));
	await changesNothing(key, () =>
		patch(key, {
			name: ` ${key.name} `,
			owner: "Ada Lovelace",
			labels: { y: "2", x: "1" },
			permissions: [...key.permissions].reverse(),
			site_ids: ["b", "a"],
			allowed_ips: ["10.9.9.9/8"],
			expires_at: (key.expires_at ?? "").replace("Z", "+00:00"),
			rotate_every_days: 90,
		}),
	);
	await pauseKey(fixture.context(), getIds(key));
	const paused = await getKey(fixture.context(), getIds(key));
	await changesNothing(paused, () => pauseKey(fixture.context(), getIds(key)));
	const resumed = await resumeKey(fixture.context(), getIds(key));
	assert.equal(resumed.status, "active");
	await changesNothing(resumed, () => resumeKey(fixture.context(), getIds(key)));
});

test("an invalid change is refused with its errors and stores nothing", async () => {
	const tenant_id = await fixture.tenant({ capabilities: ["m2m_api"] });
	await fixture.site(tenant_id, "dev-shop", "dev");
	const key = await makeKey(tenant_id);
	const failure = await refused(fixture, "invalid_request", () =>
		patch(key, { name: "better", permissions: ["x:y"], site_ids: ["dev-shop", "nowhere"], allowed_ips: ["nonsense"], expires_at: inDays(-1) }),
	);
	assert.deepEqual(getPointers(failure), ["/permissions/0", "/site_ids/0", "/site_ids/1", "/allowed_ips/0", "/expires_at"]);
	await refused(fixture, "capability_not_in_plan", () => patch(key, { permissions: ["documents:read"] }));
	await refused(fixture, "not_found", () => updateKeySettings(fixture.context(), { tenant_id, key_id: "key_nobody", name: "better" }));
});

test("a key keeps its settings when the plan is reduced, but gets no more", async () => {
	const tenant_id = await fixture.tenant();
	const key = await makeKey(tenant_id, { permissions: ["documents:read", "sites:read"] });
	await fixture.replan(tenant_id, { capabilities: ["m2m_api"], max_key_lifetime_days: 7 });
	assert.deepEqual((await patch(key, { permissions: ["documents:read"], expires_at: null })).permissions, ["documents:read"]);
	await refused(fixture, "capability_not_in_plan", () => patch(key, { permissions: ["documents:read", "documents:write"] }));
	await refused(fixture, "invalid_request", () => patch(key, { expires_at: inDays(8) }));
	assert.equal((await patch(key, { expires_at: inDays(7) })).expires_at, inDays(7));
	await refused(fixture, "invalid_request", () => patch(key, { expires_at: null }));
});

test("a key keeps a deleted permission; a deleted site is removed from its keys, so that a later site with its id is not in their scope", async () => {
	const tenant_id = await fixture.tenant({ capabilities: ["m2m_api", "orders"] });
	await putPermission(fixture.context(), { permission: "orders:write", description: "Write orders", capability: "orders" });
	await fixture.site(tenant_id, "shop");
	const key = await makeKey(tenant_id, { permissions: ["orders:write"], site_ids: ["shop"] });
	const other = await makeKey(tenant_id, { permissions: [] });
	// A permission in use cannot be deleted, but a key created concurrently may still have a deleted one.
	await fixture.behind("delete from permissions where name = 'orders:write'");
	await deleteSite(fixture.context(), { tenant_id, site_id: "shop" });
	const kept = await patch(key, { permissions: ["sites:read", "orders:write"] });
	assert.deepEqual([kept.permissions, kept.site_ids], [["sites:read", "orders:write"], []]);
	await fixture.site(tenant_id, "shop");
	assert.deepEqual((await getKey(fixture.context(), getIds(key))).site_ids, []);
	await deleteSite(fixture.context(), { tenant_id, site_id: "shop" });
	const failure = await refused(fixture, "invalid_request", () => patch(other, { permissions: ["orders:write"], site_ids: ["shop"] }));
	assert.deepEqual(getPointers(failure), ["/permissions/0", "/site_ids/0"]);
});

test("a later expiry date reactivates an expired key if the plan's limit allows it", async () => {
	const tenant_id = await fixture.tenant({ limits: { api_keys: 1 } });
	const key = await makeKey(tenant_id, { expires_at: inDays(1) });
	fixture.clock.advance(DAY_MS);
	assert.equal((await getKey(fixture.context(), getIds(key))).status, "expired");
	assert.equal((await patch(key, { name: "still-expired" })).status, "expired");
	assert.equal((await patch(key, { expires_at: inDays(1) })).status, "active");
	fixture.clock.advance(DAY_MS);
	const successor = await makeKey(tenant_id);
	await refused(fixture, "conflict", () => patch(key, { expires_at: inDays(1) }));
	await revokeKey(fixture.context(), { ...getIds(successor), reason: "integration_retired" });
	assert.equal((await patch(key, { expires_at: null })).status, "active");
});

test("a revoked key never changes after the first revocation", async () => {
	const tenant_id = await fixture.tenant();
	const key = await makeKey(tenant_id);
	const actor = { kind: "member", id: "mem_1", name: "Grace", email: null } as const;
	const request = { ...getIds(key), reason: "suspected_exposure", note: "seen in a chat" } as const;
	const { waited_for, ...revoked } = await revokeKey(fixture.context({ actor }), request);
	assert.deepEqual(waited_for, everyNode(), "the response lists the awaited nodes");
	const revoked_at = new Date(fixture.clock.now()).toISOString();
	assert.deepEqual(revoked, {
		...key,
		secrets: key.secrets.map((secret) => ({ ...secret, status: "retired", retires_at: revoked_at })),
		status: "revoked",
		revoked_at,
		revoked_by: { kind: "member", id: "mem_1", name: "Grace" },
		revoke_reason: "suspected_exposure",
		revoke_note: "seen in a chat",
	});
	fixture.clock.advance(1_000);
	await changesNothing(revoked, () => revokeKey(fixture.context(), { ...getIds(key), reason: "other" }));
	await refused(fixture, "conflict", () => patch(key, { name: "better" }));
	await refused(fixture, "conflict", () => pauseKey(fixture.context(), getIds(key)));
	await refused(fixture, "conflict", () => resumeKey(fixture.context(), getIds(key)));
	await refused(fixture, "not_found", () => revokeKey(fixture.context(), { tenant_id, key_id: "key_nobody", reason: "other" }));
});

test("twenty concurrent revocations of a key leave one revocation and one audit entry", async () => {
	const tenant_id = await fixture.tenant();
	const key = await makeKey(tenant_id);
	const reasons = ["other", "suspected_exposure"] as const;
	const answers = await Promise.all(
		Array.from({ length: 20 }, (_, n) => revokeKey(fixture.context(), { ...getIds(key), reason: reasons[n % 2] ?? "other" })),
	);
	assert.equal(new Set(answers.map((answer) => answer.revoke_reason)).size, 1);
	assert.equal((await auditActions(fixture, tenant_id)).filter((action) => action === "key.revoked").length, 1);
});

test("in a suspended tenant keys can only be revoked", async () => {
	const tenant_id = await fixture.tenant();
	const key = await makeKey(tenant_id);
	await updateTenant(fixture.context(), { tenant_id, status: "suspended" });
	await refused(fixture, "tenant_suspended", () => patch(key, { name: "better" }));
	await refused(fixture, "tenant_suspended", () => pauseKey(fixture.context(), getIds(key)));
	await refused(fixture, "tenant_suspended", () => resumeKey(fixture.context(), getIds(key)));
	assert.equal((await revokeKey(fixture.context(), { ...getIds(key), reason: "other" })).status, "revoked");
});

test("a key cannot be changed through another tenant", async () => {
	const mine = await fixture.tenant();
	const key = await makeKey(await fixture.tenant());
	const ids = { tenant_id: mine, key_id: key.id };
	for (const scope of [mine, "*"]) {
		const context = fixture.context({ scope });
		await refused(fixture, "not_found", () => updateKeySettings(context, { ...ids, name: "mine" }));
		await refused(fixture, "not_found", () => pauseKey(context, ids));
		await refused(fixture, "not_found", () => resumeKey(context, ids));
		await refused(fixture, "not_found", () => revokeKey(context, { ...ids, reason: "other" }));
	}
});

test("every change invalidates the key on all nodes, and the audit chain stays intact", async () => {
	const tenant_id = await fixture.tenant();
	const key = await makeKey(tenant_id);
	const seen: string[] = [];
	fixture.db.node.onInvalidation((entries) => seen.push(...(entries ?? []).map((entry) => `${entry.kind}:${entry.id}`)));
	await patch(key, { name: "better-name" });
	await pauseKey(fixture.context(), getIds(key));
	await resumeKey(fixture.context(), getIds(key));
	await revokeKey(fixture.context(), { ...getIds(key), reason: "other" });
	assert.deepEqual(seen, Array(4).fill(`key:${key.id}`));
	assert.deepEqual((await auditActions(fixture, tenant_id)).slice(-5), ["key.created", "key.updated", "key.paused", "key.resumed", "key.revoked"]);
	assert.equal((await verifyChain(fixture.context(), tenant_id)).intact, true);
	const dump = await fixture.dump();
	for (const type of ["key.created", "key.updated", "key.paused", "key.resumed", "key.revoked"]) assert(dump.includes(type), type);
});
