import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeUsedKey, type PlanOfKey, type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import type { MadeKey } from "../../../testing/verification.ts";
import { DAY_MS } from "../../core/time.ts";
import { cancelHandover } from "../handovers/cancel.ts";
import { revealKey } from "../handovers/reveal.ts";
import { getKey } from "../read.ts";
import { updateKeySettings } from "../update.ts";
import { cancelRotation, completeRotation } from "./complete-or-cancel.ts";
import { completeRotations } from "./end-due.ts";
import { getRotation } from "./read.ts";
import { rotateKeyForHandover } from "./rotate.ts";

let fixture: RotationFixture;
before(async () => {
	fixture = await rotationFixture();
});
after(() => fixture.close());

const usedKey = (plan?: PlanOfKey) => makeUsedKey(fixture, ["orders"], plan);
const getIds = ({ tenant_id, key_id }: MadeKey) => ({ tenant_id, key_id });
const look = (key: MadeKey, rotation_id: string) => getRotation(fixture.context(), { ...getIds(key), rotation_id });

test("the overlap of a rotation with a handover starts when the secret is revealed", async () => {
	const key = await usedKey();
	const made = await rotateKeyForHandover(fixture.handoverContext(), { ...getIds(key), overlap_seconds: 60, handover: {} });
	deepEqual(
		[made.rotation.status, made.rotation.successor, made.rotation.old_ends_at, made.key.rotation?.status],
		["waiting", null, null, "waiting"],
	);
	equal(made.handover.rotation_id, made.rotation.id);
	await rejects(completeRotation(fixture.context(), { ...getIds(key), rotation_id: made.rotation.id, force: true, reason: "x" }), {
		code: "conflict",
	});
	await fixture.pass(3_600);
	equal(await fixture.use(key.raw_key, "orders"), "allowed");
	const token = made.handover_url.slice(made.handover_url.indexOf("#") + 1);
	const revealed = await revealKey(fixture.recipient(), { token, name: "Grace" });
	deepEqual([await fixture.use(key.raw_key, "orders"), await fixture.use(revealed.raw_key, "orders")], ["allowed", "allowed"]);
	const open = await look(key, made.rotation.id);
	deepEqual([open.status, open.successor?.kid, open.handover?.status], ["proving", revealed.key.kid, "claimed"]);
	await fixture.pass(60);
	deepEqual([await fixture.use(key.raw_key, "orders"), await fixture.use(revealed.raw_key, "orders")], ["key_rotated", "allowed"]);
});

test("revealing or cancelling keeps an expiry date that was set while the handover was waiting", async () => {
	const key = await usedKey({ max_key_lifetime_days: 90 });
	await fixture.pass(60);
	const made = await rotateKeyForHandover(fixture.handoverContext(), { ...getIds(key), handover: {} });
	const expires_at = new Date(fixture.verification.clock.now() + 5 * DAY_MS).toISOString();
	await updateKeySettings(fixture.context(), { ...getIds(key), expires_at });
	await revealKey(fixture.recipient(), { token: made.handover_url.slice(made.handover_url.indexOf("#") + 1), name: "Grace" });
	equal((await getKey(fixture.context(), getIds(key))).expires_at, expires_at);
	equal((await look(key, made.rotation.id)).expires_at, expires_at);
	await cancelRotation(fixture.context(), { ...getIds(key), rotation_id: made.rotation.id });
	equal((await getKey(fixture.context(), getIds(key))).expires_at, expires_at);
});

test("a handover that is cancelled or expires cancels its rotation, and cancelling the rotation cancels its handover", async () => {
	const key = await usedKey();
	const begin = () => rotateKeyForHandover(fixture.handoverContext(), { ...getIds(key), handover: { expires_in_seconds: 300 } });
	const first = await begin();
	await cancelHandover(fixture.context(), { ...getIds(key), handover_id: first.handover.id });
	deepEqual([(await look(key, first.rotation.id)).status, (await getKey(fixture.context(), getIds(key))).rotation], ["cancelled", null]);
	const second = await begin();
	await cancelRotation(fixture.context(), { ...getIds(key), rotation_id: second.rotation.id });
	const token = second.handover_url.slice(second.handover_url.indexOf("#") + 1);
	await rejects(revealKey(fixture.recipient(), { token, name: "Grace" }), { code: "conflict" });
	const third = await begin();
	await fixture.pass(301);
	ok((await completeRotations(fixture.context())) >= 1);
	equal((await look(key, third.rotation.id)).ended_how, "handover_over");
	const fourth = await begin();
	await fixture.pass(301);
	equal((await fixture.rotate(key)).rotation.status, "issued", "a rotation whose link has expired does not block another");
	equal((await look(key, fourth.rotation.id)).ended_how, "handover_over");
	equal(await fixture.use(key.raw_key, "orders"), "allowed");
});
