import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import { whoami } from "../../m2m/whoami.ts";
import { pauseKey } from "../pause.ts";
import { getKey } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { updateKeySettings } from "../update.ts";
import { completeRotations } from "./end-due.ts";
import { getRotation, listRotations } from "./read.ts";
import { revokePreview } from "./revoke-preview.ts";
import { rotateKeyForHandover } from "./rotate.ts";
import { ROTATION_STATUSES } from "./rotation.ts";

const OVERLAP_SECONDS = 3_600;
const PROGRESS = ["waiting", "issued", "proving", "moved", "completed"] as const;
/** Times after the start of the rotation when the key expires: never, before the old secret's own end, or after it. */
const EXPIRIES = [null, 1_800, 7_200] as const;
const ACTIONS = ["none", "pause", "revoke"] as const;

interface Case {
	readonly name: string;
	readonly tenant_id: string;
	readonly key_id: string;
	readonly rotation_id: string;
	readonly old_raw_key: string;
	readonly new_raw_key: string | null;
}

let fixture: RotationFixture;
before(async () => {
	fixture = await rotationFixture();
});
after(() => fixture.close());

async function begin(tenant_id: string, progress: (typeof PROGRESS)[number], expires_at: string | null): Promise<Case> {
	const key = await fixture.key(tenant_id);
	const ids = { tenant_id, key_id: key.key_id };
	const name = `${progress}, expires ${expires_at}`;
	const input = { overlap_seconds: progress === "completed" ? 0 : OVERLAP_SECONDS };
	const begun =
		progress === "waiting"
			? { ...(await rotateKeyForHandover(fixture.handoverContext(), { ...ids, ...input, handover: {} })), raw_key: null }
			: await fixture.rotate(key, input);
	if (expires_at !== null) await updateKeySettings(fixture.context(), { ...ids, expires_at });
	if (begun.raw_key !== null && progress !== "issued") equal(await fixture.use(begun.raw_key, "orders"), "allowed");
	if (progress === "proving") equal(await fixture.use(key.raw_key, "backup"), "allowed");
	return { name, ...ids, rotation_id: begun.rotation.id, old_raw_key: key.raw_key, new_raw_key: begun.raw_key };
}

const LIVE = new Set(["waiting", "issued", "proving", "moved"]);

/** Asserts that all responses about one rotation are consistent with each other and with how its secrets are verified; returns its status. */
async function assertTruth(one: Case): Promise<string> {
	const context = fixture.context();
	const rotation = await getRotation(context, one);
	const row = `${one.name}: ${JSON.stringify(rotation)}`;
	deepEqual((await listRotations(context, one)).data, [rotation], `the list: ${row}`);
	const key = await getKey(context, one);
	const preview = await revokePreview(context, one);
	const { status } = rotation;
	const old = key.secrets.find((secret) => secret.kid === rotation.predecessor.kid);
	ok(old, row);
	equal(key.rotation !== null, LIVE.has(status), `the key: ${row}`);
	deepEqual(preview.rotation, LIVE.has(status) ? rotation : null, `the preview: ${row}`);
	if (key.rotation)
		deepEqual(key.rotation, { id: rotation.id, status: status === "moved" ? "proving" : status, old_ends_at: rotation.old_ends_at }, row);
	if (LIVE.has(status)) ok(key.status === "active" || key.status === "paused", row);
	if (status !== "waiting" && status !== "cancelled" && rotation.successor) equal(rotation.old_ends_at, old.retires_at, `the end: ${row}`);
	equal(rotation.steps.find(({ name }) => name === "revoked")?.done, status === "completed", row);
	if (rotation.safe_to_complete) equal(status, "moved", row);
	if (status === "over") equal(rotation.reasons[0]?.code, "key_ended", row);
	await assertAnswers(one, rotation, key.status);
	return status;
}

/** Each secret is verified as the responses have announced. Flushed for all cases at once: to aggregate after each use took most of the test's time. */
async function assertAnswers(one: Case, { status, old_ends_at, id }: Awaited<ReturnType<typeof getRotation>>, key_status: string): Promise<void> {
	const expected = { active: "allowed", paused: "key_paused", expired: "key_expired", revoked: "key_revoked" }[key_status];
	const code = await fixture.present(one.old_raw_key, "backup");
	if (LIVE.has(status) || (status === "cancelled" && key_status !== "revoked")) equal(code, expected, `the old one: ${one.name} ${status}`);
	else ok(code === "key_rotated" || code === expected, `the old one: ${one.name} ${status} ${code}`);
	if (status === "completed" && key_status === "active") equal(code, "key_rotated", one.name);
	if (status === "over") ok(code !== "allowed", one.name);
	if (one.new_raw_key === null || status === "cancelled") return;
	equal(await fixture.present(one.new_raw_key, "orders"), expected, `the new one: ${one.name} ${status}`);
	if (key_status !== "active") return;
	const context = Object.assign(await fixture.self(one.new_raw_key), { ledger: fixture.main.ledger });
	const shown_to_key = (await whoami(context)).rotation;
	deepEqual(shown_to_key, LIVE.has(status) ? { id, secret: "new", old_ends_at } : null, `whoami: ${one.name} ${status}`);
}

test("what is shown of a rotation holds for every state of its key, of itself and of its secrets' ends", async () => {
	const { clock } = fixture.verification;
	const tenant_id = await fixture.verification.tenant(fixture.main.node);
	const cases: (Case & { readonly action: (typeof ACTIONS)[number] })[] = [];
	// Pausing and revoking are combined with a key that ends before the old secret.
	for (const progress of PROGRESS)
		for (const expiry of EXPIRIES)
			for (const action of expiry === 1_800 ? ACTIONS : (["none"] as const)) {
				const one = await begin(tenant_id, progress, expiry === null ? null : new Date(clock.now() + expiry * 1_000).toISOString());
				cases.push({ ...one, name: `${one.name}, ${action}`, action });
			}
	await fixture.pass(700);
	for (const { key_id, action } of cases) {
		if (action === "pause") await pauseKey(fixture.context(), { tenant_id, key_id });
		if (action === "revoke") await revokeKey(fixture.context(), { tenant_id, key_id, reason: "other" });
	}
	const seen = new Set<string>();
	for (const seconds of [0, 1_200, 1_800]) {
		await fixture.pass(seconds);
		for (const one of cases) seen.add(await assertTruth(one));
		await fixture.pass(0);
	}
	await completeRotations(fixture.context());
	for (const one of cases) seen.add(await assertTruth(one));
	deepEqual([...seen].toSorted(), [...ROTATION_STATUSES].toSorted());
});

test("silence while a key had ended is no evidence: given a later end, it waits for the silence anew", async () => {
	const tenant_id = await fixture.verification.tenant(fixture.main.node);
	const key = await fixture.key(tenant_id);
	const ids = { tenant_id, key_id: key.key_id };
	for (let round = 0; round < 4; round += 1) {
		equal(await fixture.present(key.raw_key, "orders"), "allowed");
		await fixture.pass(10);
	}
	const { rotation, raw_key } = await fixture.rotate(key);
	equal(await fixture.use(raw_key, "orders"), "allowed");
	const inSeconds = (seconds: number) => new Date(fixture.verification.clock.now() + seconds * 1_000).toISOString();
	await updateKeySettings(fixture.context(), { ...ids, expires_at: inSeconds(60) });
	await fixture.pass(3_600);
	await completeRotations(fixture.context());
	const status = async () => (await getRotation(fixture.context(), { ...ids, rotation_id: rotation.id })).status;
	equal(await status(), "over");
	await updateKeySettings(fixture.context(), { ...ids, expires_at: inSeconds(86_400) });
	equal(await status(), "proving");
	equal(await fixture.use(key.raw_key, "orders"), "allowed", "a copy that was not given the new secret comes back");
	await fixture.pass(3 * 3_700);
	equal(await status(), "moved");
});
