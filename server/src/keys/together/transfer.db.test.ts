import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditActions, getPointers, type KeysFixture, keyInput, keysFixture, refused } from "../../../testing/keys.ts";
import { createKey } from "../create.ts";
import type { KeyOwner } from "../key.ts";
import { getKey } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import type { CreateInput } from "../schema.ts";
import { transferKeys } from "./transfer.ts";

const MIA = { name: "Mia", email: "mia@example.com", member_id: "mem_mia" };
const DANA = { name: "Dana", member_id: "mem_dana" };

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

let made = 0;
/** A tenant with the members Mia and Dana, whose ids are unique to it. */
async function newTeam() {
	made += 1;
	const tenant_id = await fixture.tenant();
	const of = (owner: typeof MIA | typeof DANA) => ({ ...owner, member_id: `${owner.member_id}_${made}` });
	const [mia, dana] = [of(MIA), of(DANA)];
	for (const { member_id } of [mia, dana]) await fixture.member(tenant_id, member_id);
	const make = async (owner: KeyOwner | string, input: Partial<CreateInput> = {}) => {
		fixture.clock.advance(1);
		return (await createKey(fixture.context(), keyInput(tenant_id, { owner, ...input }))).key.id;
	};
	const ownerOf = async (key_id: string) => (await getKey(fixture.context(), { tenant_id, key_id })).owner;
	return { tenant_id, mia, dana, make, ownerOf };
}
const idsOf = ({ keys }: { keys: readonly { id: string }[] }) => keys.map(({ id }) => id);

test("a member takes over exactly the keys that the preview listed, in one change, also of a person who has left", async () => {
	const { tenant_id, mia, dana, make, ownerOf } = await newTeam();
	const keys = [await make(mia), await make(mia, { environment: "dev" })];
	const [hers, gone, named] = [await make(dana), await make(mia), await make("Mia")];
	await revokeKey(fixture.context(), { tenant_id, key_id: gone, reason: "other" });
	await fixture.behind("delete from members where tenant_id = $1 and id = $2", [tenant_id, mia.member_id]);
	const context = fixture.context({ scope: tenant_id });
	const ask = { tenant_id, from: mia.member_id, owner: dana };
	const state = await fixture.state();
	const preview = await transferKeys(context, { ...ask, preview: true });
	deepEqual([await fixture.state(), preview.transferred, idsOf(preview)], [state, false, keys.toReversed()]);
	deepEqual(preview.keys[0]?.owner, mia);

	const [before_it] = await fixture.behind("select seq from change_sequence");
	const done = await transferKeys(context, { ...ask, preview: false, expected_key_ids: keys });
	deepEqual([done.transferred, idsOf(done)], [true, idsOf(preview)]);
	const [after_it] = await fixture.behind("select seq from change_sequence");
	equal(Number(after_it?.["seq"]), Number(before_it?.["seq"]) + 1, "one change");
	for (const key_id of [...keys, hers]) deepEqual(await ownerOf(key_id), dana);
	deepEqual(
		[await ownerOf(gone), await ownerOf(named)],
		[mia, { name: "Mia" }],
		"a revoked key, and one that only has the same name, stay as they are",
	);
	equal((await auditActions(fixture, tenant_id)).filter((action) => action === "key.updated").length, keys.length);
	const events = await fixture.behind("select data->'changed' as changed from outbox where tenant_id = $1 and type = 'key.updated'", [tenant_id]);
	deepEqual(
		events.map(({ changed }) => changed),
		[["owner"], ["owner"]],
	);
	deepEqual(await transferKeys(context, { ...ask, preview: false, expected_key_ids: [] }), { keys: [], transferred: false });
});

test("nothing changes if the keys differ from the preview, or if the new person is no member of the tenant", async () => {
	const { tenant_id, mia, dana, make, ownerOf } = await newTeam();
	const other = await newTeam();
	const seen = await make(mia);
	const context = fixture.context({ scope: tenant_id });
	const transfer = (fields: object) => transferKeys(context, { tenant_id, from: mia.member_id, owner: dana, preview: false, ...fields });
	const later = await make(mia);
	const conflict = await refused(fixture, "conflict", () => transfer({ expected_key_ids: [seen] }));
	deepEqual(conflict.metadata.members, { key_ids: [later, seen] });
	deepEqual(getPointers(await refused(fixture, "invalid_request", () => transfer({}))), ["/expected_key_ids"]);
	for (const member_id of ["mem_nobody", other.dana.member_id]) {
		const failure = await refused(fixture, "invalid_request", () => transfer({ owner: { name: "X", member_id }, expected_key_ids: [seen, later] }));
		deepEqual(getPointers(failure), ["/owner/member_id"]);
	}
	deepEqual(await ownerOf(seen), mia);
});

test("replacements by mail are not transferred to a person without a proven address", async () => {
	const { tenant_id, mia, dana, make } = await newTeam();
	await fixture.behind("update people set email_verified = true where id = $1", [`per_${mia.member_id}`]);
	const key_id = await make(mia, { rotate_every_days: 30, auto_rotate: "handover" });
	const context = fixture.context({ scope: tenant_id });
	const transfer = () => transferKeys(context, { tenant_id, from: "mia", owner: dana, preview: false, expected_key_ids: [key_id] });
	const failure = await refused(fixture, "invalid_request", transfer);
	deepEqual(getPointers(failure), ["/owner/member_id"]);
	match(JSON.stringify(failure.metadata), /proven e-mail address/);
	await fixture.behind("update people set email_verified = true where id = $1", [`per_${dana.member_id}`]);
	equal((await transfer()).transferred, true);
});
