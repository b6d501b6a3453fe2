import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { acmeKey, declareAcme, INTO_ACME, importRow } from "../../testing/imported-keys.ts";
import { getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../testing/keys.ts";
import { KEY_REQUIREMENTS, type KeyPolicy } from "../plans/key-policy.ts";
import { getPolicy, putPolicy } from "../tenants/policy.ts";
import { createKey } from "./create.ts";
import { createKeyForHandover } from "./handovers/create-key.ts";
import { importKeys } from "./imported/import.ts";
import type { PolicySubject } from "./key-policy.ts";
import { getMissingRequirements } from "./key-policy.ts";
import { rotateKey } from "./rotations/rotate.ts";
import type { CreateInput, KeyAnswer } from "./schema.ts";
import { updateKeySettings } from "./update.ts";

const DAY_MS = 86_400_000;
const ALL_POINTERS = ["/expires_at", "/allowed_ips", "/site_ids", "/permissions", "/owner/member_id"];
let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
	await declareAcme(fixture.context());
});
after(() => fixture.close());

const setPolicy = (tenant_id: string, key_policy: KeyPolicy) => putPolicy(fixture.context(), { tenant_id, key_policy: [...key_policy] });
const create = async (tenant_id: string, input: Partial<CreateInput> = {}): Promise<KeyAnswer> =>
	(await createKey(fixture.context(), keyInput(tenant_id, input))).key;
const pointersOf = async (run: () => Promise<unknown>) => getPointers(await refused(fixture, "invalid_request", run));
const inDays = (days: number) => new Date(fixture.clock.now() + days * DAY_MS).toISOString();

/** Input with all that a policy can require. */
function fitting(member_id: string): Partial<CreateInput> {
	return { expires_at: inDays(30), allowed_ips: ["192.0.2.0/24"], permissions: ["tenant:read"], owner: { name: "Ada", member_id } };
}

test("a production key that lacks what the policy requires is refused with a pointer to everything that is missing", async () => {
	const tenant_id = await fixture.tenant();
	await fixture.member(tenant_id, "mem_all");
	await setPolicy(tenant_id, KEY_REQUIREMENTS);
	deepEqual(await pointersOf(() => create(tenant_id)), ALL_POINTERS);
	const handed_over = () => createKeyForHandover(fixture.context(), { ...keyInput(tenant_id), handover: {} });
	deepEqual(await pointersOf(handed_over), ALL_POINTERS);
	deepEqual(await pointersOf(() => create(tenant_id, { ...fitting("mem_all"), expires_at: null })), ["/expires_at"]);
	deepEqual(await pointersOf(() => create(tenant_id, { ...fitting("mem_all"), owner: "Ada" })), ["/owner/member_id"]);
	// A field with an error of its own has no second one.
	deepEqual(await pointersOf(() => create(tenant_id, { ...fitting("mem_all"), expires_at: inDays(-1) })), ["/expires_at"]);
	deepEqual(await pointersOf(() => create(tenant_id, { ...fitting("mem_all"), allowed_ips: ["192.0.2.0/24", "0.0.0.0/1"] })), [
		"/allowed_ips",
		"/site_ids",
	]);
	await create(tenant_id, fitting("mem_all"));
	await create(tenant_id, { ...fitting("mem_all"), allowed_ips: null, site_ids: [] });
});

test("other environments and canary keys need nothing, and without a policy neither do production keys", async () => {
	const tenant_id = await fixture.tenant();
	await create(tenant_id);
	await setPolicy(tenant_id, KEY_REQUIREMENTS);
	await create(tenant_id, { environment: "staging" });
	await create(tenant_id, { environment: "dev" });
	await create(tenant_id, { canary: true });
});

test("what the plan requires holds whatever the tenant's policy says, and both are added up", async () => {
	const tenant_id = await fixture.tenant({ key_policy: ["expiry"] });
	deepEqual((await getPolicy(fixture.context(), { tenant_id })).key_policy, []);
	deepEqual(await pointersOf(() => create(tenant_id)), ["/expires_at"]);
	await setPolicy(tenant_id, ["limited_permissions"]);
	deepEqual(await pointersOf(() => create(tenant_id)), ["/expires_at", "/permissions"]);
	await setPolicy(tenant_id, []);
	deepEqual(await pointersOf(() => create(tenant_id)), ["/expires_at"]);
	await fixture.replan(tenant_id, {});
	await create(tenant_id);
});

test("a plan with a longest life of keys gives an end to a key without one, which meets the policy", async () => {
	const tenant_id = await fixture.tenant({ key_policy: ["expiry"], max_key_lifetime_days: 90 });
	equal((await create(tenant_id)).expires_at, inDays(90));
});

test("a key from before the policy keeps working and can be changed, but not away from what it meets", async () => {
	const tenant_id = await fixture.tenant();
	await fixture.member(tenant_id, "mem_before");
	const old = await create(tenant_id);
	const good = await create(tenant_id, fitting("mem_before"));
	const patch = (key: KeyAnswer, input: Parameters<typeof updateKeySettings>[1] extends infer T ? Partial<T> : never) =>
		updateKeySettings(fixture.context(), { tenant_id, key_id: key.id, ...input });
	await setPolicy(tenant_id, KEY_REQUIREMENTS);
	equal((await patch(old, { name: "renamed", owner: "Grace" })).status, "active");
	equal((await patch(old, { expires_at: inDays(5) })).expires_at, inDays(5));
	deepEqual(await pointersOf(() => patch(old, { expires_at: null })), ["/expires_at"]);
	const all = (await create(tenant_id, { environment: "dev" })).permissions;
	const worse = { expires_at: null, allowed_ips: null, permissions: all, owner: "Grace" };
	deepEqual(await pointersOf(() => patch(good, worse)), ALL_POINTERS);
	// Moved from addresses to sites, it is still bound.
	equal((await patch(good, { allowed_ips: null, site_ids: [] })).allowed_ips, null);
	await fixture.behind("delete from members where id = 'mem_before'");
	equal((await patch(good, { name: "its person has left" })).name, "its person has left");
	equal((await patch(good, { owner: "Grace" })).owner.name, "Grace");
});

test("a rotation does not take away the end that the policy requires", async () => {
	const tenant_id = await fixture.tenant();
	const key = await create(tenant_id, { expires_at: inDays(30) });
	const endless = await create(tenant_id, { expires_at: null });
	await setPolicy(tenant_id, ["expiry"]);
	const rotate = (key_id: string, expires_at: string | null) => rotateKey(fixture.context(), { tenant_id, key_id, expires_at });
	deepEqual(await pointersOf(() => rotate(key.id, null)), ["/expires_at"]);
	equal((await rotate(key.id, inDays(60))).key.expires_at, inDays(60));
	equal((await rotate(endless.id, null)).key.expires_at, null);
});

test("an import refuses rows that the policy does not allow, and names what is missing", async () => {
	const tenant_id = await fixture.tenant();
	await setPolicy(tenant_id, ["expiry", "addresses_or_sites"]);
	const rows = [importRow(acmeKey(), tenant_id), importRow(acmeKey(), tenant_id, { expires_at: inDays(9), allowed_ips: ["192.0.2.1"] })];
	const [lacking, valid] = await importKeys(fixture.context(), rows, INTO_ACME);
	match(JSON.stringify(lacking?.outcome), /expires_at must.*allowed_ips must.*site_ids must.*not_valid/);
	equal(valid?.outcome, "new");
});

test("the policy is stored in one order and without repetitions, and an equal one changes nothing", async () => {
	const tenant_id = await fixture.tenant();
	deepEqual((await setPolicy(tenant_id, ["owner_is_member", "expiry"])).key_policy, ["expiry", "owner_is_member"]);
	const before = await fixture.state();
	await setPolicy(tenant_id, ["expiry", "owner_is_member"]);
	equal(await fixture.state(), before);
	deepEqual(await putPolicy(fixture.context(), { tenant_id, leak_response: "rotate" }), {
		client_policy: null,
		leak_response: "rotate",
		key_policy: ["expiry", "owner_is_member"],
	});
	const [entry] = await fixture.behind("select details->'facts' as facts from audit_entries where chain = $1 order by seq desc limit 1", [tenant_id]);
	match(JSON.stringify(entry), /"leak_response":"revoke".*"leak_response":"rotate"|"leak_response":"rotate".*"leak_response":"revoke"/);
});

test("a plan with a single permission leaves nothing to choose, so a key with it meets the policy", () => {
	const key: PolicySubject = {
		...{ environment: "prod", canary: false, expires_at: null, permissions: ["orders:read"], site_ids: null, allowed_ips: null },
		owner_is_member: false,
	};
	deepEqual(getMissingRequirements(["limited_permissions"], key, ["orders:read"]), []);
	deepEqual(getMissingRequirements(["limited_permissions"], key, ["orders:read", "orders:write"]), []);
	const both = { ...key, permissions: ["key:rotate", "orders:read", "orders:write"] };
	deepEqual(getMissingRequirements(["limited_permissions"], both, ["orders:read", "orders:write"]), ["limited_permissions"]);
});
