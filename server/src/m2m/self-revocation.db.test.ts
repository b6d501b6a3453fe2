import { deepEqual, equal } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RotationFixture, rotationFixture } from "../../testing/rotations.ts";
import { getCode, type MadeKey } from "../../testing/verification.ts";
import { getKey } from "../keys/read.ts";
import { getRotation } from "../keys/rotations/read.ts";
import { revokeSelf } from "./self-revocation.ts";
import { rotateSelf } from "./self-rotation.ts";

let fixture: RotationFixture;
let tenant_id: string;
before(async () => {
	fixture = await rotationFixture();
	tenant_id = await fixture.verification.tenant(fixture.main.node);
});
after(() => fixture.close());

const make = (permissions: string[] = []) => fixture.verification.key(fixture.main.node, tenant_id, { permissions });
/** The context of a request on a route that any key may call. */
const bare = (raw_key: string) => fixture.self(raw_key, null, null);
const readState = async ({ key_id }: MadeKey) => {
	const { status, revoked_by, revoke_reason, revoke_note } = await getKey(fixture.context(), { tenant_id, key_id });
	return { status, revoked_by: revoked_by?.kind, revoke_reason, revoke_note };
};

test("a key can be ended by a request with it, without any permission and on every node, and is named as the one who did it", async () => {
	const other = await fixture.second();
	const key = await make();
	equal(await fixture.use(key.raw_key, "orders"), "allowed");
	const { ended_at, ...ended } = await revokeSelf(await bare(key.raw_key), {});
	deepEqual(ended, { key_id: key.key_id, ended: "key" });
	equal(ended_at, new Date(fixture.verification.clock.now()).toISOString());
	deepEqual(await readState(key), { status: "revoked", revoked_by: "key", revoke_reason: "suspected_exposure", revoke_note: null });
	for (const process of [fixture.main, other]) equal(getCode(await process.ask(key.raw_key)), "key_revoked");
});

test("a key says why it ends itself", async () => {
	const key = await make();
	await revokeSelf(await bare(key.raw_key), { reason: "integration_retired", note: "The shop has closed" });
	deepEqual(await readState(key), { status: "revoked", revoked_by: "key", revoke_reason: "integration_retired", revoke_note: "The shop has closed" });
});

test("the old secret ends itself while a person replaces it, and the key works on with the new one", async () => {
	const key = await make();
	const { raw_key: successor, rotation } = await fixture.rotate(key);
	const { ended } = await revokeSelf(await bare(key.raw_key), { note: "Found in a chat" });
	equal(ended, "old_secret");
	equal(await fixture.use(key.raw_key, "orders"), "key_rotated");
	equal(await fixture.use(successor, "orders"), "allowed");
	equal((await readState(key)).status, "active");
	const { status, force_reason } = await getRotation(fixture.context(), { tenant_id, key_id: key.key_id, rotation_id: rotation.id });
	deepEqual([status, force_reason], ["completed", "suspected_exposure: Found in a chat"]);
});

test("after a rotation that the key began itself, which may be a thief's, either secret ends the key with both", async () => {
	for (const by of ["old", "new"]) {
		const key = await make(["key:rotate"]);
		const { raw_key: successor } = await rotateSelf(await fixture.self(key.raw_key), {});
		equal((await revokeSelf(await bare(by === "old" ? key.raw_key : successor), {})).ended, "key");
		for (const raw_key of [key.raw_key, successor]) equal(await fixture.use(raw_key, "orders"), "key_revoked", by);
	}
});

test("of two requests that end the same key at once, one ends it and the other finds it ended", async () => {
	const key = await make();
	const contexts = [await bare(key.raw_key), await bare(key.raw_key)];
	const outcomes = await Promise.allSettled(contexts.map((context) => revokeSelf(context, {})));
	deepEqual(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.ended : outcome.reason.code)).sort(), ["key", "key_revoked"]);
});
