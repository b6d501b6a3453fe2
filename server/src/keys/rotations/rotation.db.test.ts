import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CallerName, from, makeUsedKey, type PlanOfKey, type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import type { MadeKey } from "../../../testing/verification.ts";
import { ApiError } from "../../core/error.ts";
import { DAY_SECONDS } from "../../core/time.ts";
import { handOverKey } from "../handovers/hand-over.ts";
import { pauseKey } from "../pause.ts";
import { getKey } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { reissueKey } from "../secrets/reissue.ts";
import { bulkRevoke } from "../together/bulk-revoke.ts";
import { updateKeySettings } from "../update.ts";
import { cancelRotation, completeRotation } from "./complete-or-cancel.ts";
import { completeRotations } from "./end-due.ts";
import { getRotation, listRotations } from "./read.ts";
import { remindOfRotations } from "./remind.ts";
import { revokePreview } from "./revoke-preview.ts";
import { rotateKeyForHandover } from "./rotate.ts";

let fixture: RotationFixture;
before(async () => {
	fixture = await rotationFixture();
});
after(() => fixture.close());

async function toApiError(run: Promise<unknown>): Promise<ApiError> {
	const failure = await run.then(
		() => null,
		(error: unknown) => error,
	);
	ok(failure instanceof ApiError, `it is refused: ${String(failure)}`);
	return failure;
}

const usedKey = (callers?: readonly CallerName[], plan?: PlanOfKey) => makeUsedKey(fixture, callers, plan);

const look = (key: MadeKey, rotation_id: string) => getRotation(fixture.context(), { ...getIds(key), rotation_id });
const getIds = ({ tenant_id, key_id }: MadeKey) => ({ tenant_id, key_id });
const audit = (tenant_id: string) =>
	fixture.verification.behind("select action, details->'facts' as facts from keywright.audit_entries where chain = $1 order by seq", [tenant_id]);

test("a repeat with the same Idempotency-Key issues no second secret", async () => {
	const key = await usedKey(["orders"]);
	const first = await fixture.rotate(key, { overlap_seconds: 60 }, { idempotency_key: "rotate-1" });
	const repeat = await toApiError(fixture.rotate(key, { overlap_seconds: 60 }, { idempotency_key: "rotate-1" }));
	deepEqual([repeat.code, repeat.metadata.members?.rotation_id], ["secret_already_issued", first.rotation.id]);
	equal((await toApiError(fixture.rotate(key, { overlap_seconds: 61 }, { idempotency_key: "rotate-1" }))).code, "idempotency_mismatch");
	await cancelRotation(fixture.context(), { ...getIds(key), rotation_id: first.rotation.id });
	const handOver = () => rotateKeyForHandover(fixture.handoverContext({ idempotency_key: "rotate-2" }), { ...getIds(key), handover: {} });
	const handed = await handOver();
	const again = await toApiError(handOver());
	deepEqual([again.code, again.metadata.members?.rotation_id], ["secret_already_issued", handed.rotation.id]);
	equal((await listRotations(fixture.context(), getIds(key))).data.length, 2);
});

test("a rotation completes automatically when the last of three programs behind one address has moved", async () => {
	const key = await usedKey();
	const { raw_key, rotation, key: begun } = await fixture.rotate(key);
	deepEqual([rotation.status, begun.rotation?.status, begun.id], ["issued", "issued", key.key_id]);
	ok(rotation.hard_stop_at);
	equal(Date.parse(rotation.hard_stop_at) - Date.parse(rotation.started_at), 30 * DAY_SECONDS * 1_000);
	equal(await fixture.use(key.raw_key, "backup"), "allowed");
	equal(await fixture.use(raw_key, "orders"), "allowed");
	equal(await fixture.use(raw_key, "reports"), "allowed");
	await fixture.pass(600);
	equal(await fixture.use(key.raw_key, "backup"), "allowed");
	const proving = await look(key, rotation.id);
	deepEqual([proving.status, proving.safe_to_complete, proving.sources.filter((source) => source.moved).length], ["proving", false, 2]);
	deepEqual(
		proving.reasons.map(({ code }) => code),
		["old_secret_only"],
	);
	const refused = await toApiError(completeRotation(fixture.context(), { ...getIds(key), rotation_id: rotation.id }));
	equal(refused.code, "old_secret_still_in_use");
	deepEqual(refused.metadata.members?.stragglers, ["backup-job at 203.0.113.0/24"]);
	await completeRotations(fixture.context());
	equal((await look(key, rotation.id)).ended_at, null);
	equal(await fixture.use(raw_key, "backup"), "allowed");
	await fixture.pass(1_700);
	await completeRotations(fixture.context());
	equal((await look(key, rotation.id)).status, "proving", "the longest silence of the third was 600 seconds: three times that");
	await fixture.pass(200);
	const moved = await look(key, rotation.id);
	deepEqual([moved.status, moved.safe_to_complete, moved.reasons], ["moved", true, []]);
	deepEqual(
		moved.steps.map(({ name, done }) => [name, done]),
		[
			["created", true],
			["deployed", true],
			["checked", true],
			["moved", true],
			["revoked", false],
		],
	);
	await completeRotations(fixture.context());
	const done = await look(key, rotation.id);
	deepEqual([done.status, done.ended_how, done.ended_by?.name], ["completed", "moved", "operator token"]);
	equal(await fixture.use(key.raw_key, "backup"), "key_rotated");
	equal(await fixture.use(raw_key, "backup"), "allowed");
	equal((await getKey(fixture.context(), getIds(key))).rotation, null);
	deepEqual((await audit(key.tenant_id)).map(({ action }) => action).slice(-2), ["rotation.started", "rotation.completed"]);
});

test("completing early requires force and a reason, which is audited with the sources that had not moved", async () => {
	const key = await usedKey(["orders"]);
	const { rotation, raw_key } = await fixture.rotate(key);
	const ids = { ...getIds(key), rotation_id: rotation.id };
	const early = await toApiError(completeRotation(fixture.context(), ids));
	match(early.detail, /has not been used yet/);
	equal((await toApiError(completeRotation(fixture.context(), { ...ids, force: true, reason: "  " }))).code, "invalid_request");
	const done = await completeRotation(fixture.context(), { ...ids, force: true, reason: "The old server is gone" });
	deepEqual([done.status, done.ended_how, done.force_reason], ["completed", "forced", "The old server is gone"]);
	deepEqual(done.waited_for, [{ node_id: fixture.main.node.id, confirmed: true }]);
	equal(await fixture.use(key.raw_key, "orders"), "key_rotated");
	equal(await fixture.use(raw_key, "orders"), "allowed");
	const [entry] = (await audit(key.tenant_id)).slice(-1);
	match(JSON.stringify(entry), /The old server is gone/);
	equal((await completeRotation(fixture.context(), ids)).status, "completed", "a repeat changes nothing");
	equal((await toApiError(cancelRotation(fixture.context(), { ...ids, force: true }))).code, "conflict");
});

test("cancelling restores the old secret and the key's dates, and requires force once the new secret is used", async () => {
	const key = await usedKey(["orders"], { max_key_lifetime_days: 90 });
	const before = await getKey(fixture.context(), getIds(key));
	await fixture.pass(DAY_SECONDS);
	const first = await fixture.rotate(key);
	equal(first.rotation.expires_at_before, before.expires_at);
	ok(before.expires_at && first.rotation.expires_at && first.rotation.expires_at > before.expires_at);
	equal(first.key.expires_at, first.rotation.expires_at);
	const cancelled = await cancelRotation(fixture.context(), { ...getIds(key), rotation_id: first.rotation.id });
	deepEqual([cancelled.status, cancelled.ended_how, cancelled.old_ends_at], ["cancelled", "cancelled", null]);
	equal(await fixture.use(first.raw_key, "orders"), "key_rotated");
	equal(await fixture.use(key.raw_key, "orders"), "allowed");
	const after_cancel = await getKey(fixture.context(), getIds(key));
	deepEqual([after_cancel.expires_at, after_cancel.rotation_due_at, after_cancel.rotation], [before.expires_at, before.rotation_due_at, null]);

	await fixture.pass(1);
	const second = await fixture.rotate(key);
	// The clock advanced by a second; dates left over from the cancelled rotation would differ by a day.
	equal(
		Date.parse(second.rotation.expires_at ?? "") - Date.parse(first.rotation.expires_at ?? ""),
		1_000,
		"the lifetime that the key was given, not what a cancelled rotation left of it",
	);
	equal(await fixture.use(second.raw_key, "orders"), "allowed");
	const ids = { ...getIds(key), rotation_id: second.rotation.id };
	equal((await toApiError(cancelRotation(fixture.context(), ids))).code, "successor_in_use");
	equal((await cancelRotation(fixture.context(), { ...ids, force: true })).status, "cancelled");
	equal((await cancelRotation(fixture.context(), ids)).status, "cancelled");
	equal((await toApiError(completeRotation(fixture.context(), { ...ids, force: true, reason: "no" }))).code, "conflict");
	equal(await fixture.use(second.raw_key, "orders"), "key_rotated");
	const page = await listRotations(fixture.context(), { ...getIds(key), limit: 1 });
	deepEqual([page.data.map(({ id }) => id), page.next_cursor !== null], [[second.rotation.id], true]);
});

test("cancelling a rotation keeps dates that were set during it", async () => {
	const key = await usedKey(["orders"]);
	const { rotation } = await fixture.rotate(key);
	const expires_at = new Date(fixture.verification.clock.now() + DAY_SECONDS * 1_000).toISOString();
	await updateKeySettings(fixture.context(), { ...getIds(key), expires_at });
	await cancelRotation(fixture.context(), { ...getIds(key), rotation_id: rotation.id });
	equal((await getKey(fixture.context(), getIds(key))).expires_at, expires_at);
});

test("an overlap ends on time without any change or loop", async () => {
	const key = await usedKey(["orders"]);
	const { rotation, raw_key } = await fixture.rotate(key, { overlap_seconds: 900 });
	deepEqual([rotation.hard_stop_at, rotation.overlap_seconds], [null, 900]);
	equal(await fixture.use(raw_key, "orders"), "allowed");
	await fixture.pass(899);
	await completeRotations(fixture.context());
	equal((await look(key, rotation.id)).status, "moved", "all sources have moved, but the overlap is fixed");
	equal(await fixture.use(key.raw_key, "orders"), "allowed");
	await fixture.pass(1);
	equal(await fixture.use(key.raw_key, "orders"), "key_rotated");
	equal((await look(key, rotation.id)).status, "completed");
	equal((await getKey(fixture.context(), getIds(key))).rotation, null);
	equal((await toApiError(cancelRotation(fixture.context(), { ...getIds(key), rotation_id: rotation.id, force: true }))).code, "conflict");
	equal(await fixture.use(key.raw_key, "orders"), "key_rotated", "an ended secret stays ended");
	const next = await fixture.rotate(key, { overlap_seconds: 0 });
	deepEqual([next.rotation.status, next.rotation.ended_how], ["completed", "replaced_at_once"]);
	equal(await fixture.use(raw_key, "orders"), "key_rotated");
	equal(await fixture.use(next.raw_key, "orders"), "allowed");
	const ended = await look(key, rotation.id);
	deepEqual([ended.ended_how, ended.ended_at], ["overlap_over", rotation.old_ends_at]);
});

test("the loop completes rotations after their overlap, or after the hard stop of 30 days", async () => {
	const own = await rotationFixture();
	try {
		const tenant_id = await own.verification.tenant(own.main.node);
		const [one, other] = [await own.key(tenant_id), await own.key(tenant_id)];
		const overlap = await own.rotate(one, { overlap_seconds: 60 });
		const held = await own.rotate(other);
		await own.pass(61);
		equal(await completeRotations(own.context()), 1);
		await own.pass(30 * DAY_SECONDS);
		equal(await completeRotations(own.context()), 1);
		equal(await completeRotations(own.context()), 0);
		const how = async (key: MadeKey, id: string) => (await getRotation(own.context(), { ...getIds(key), rotation_id: id })).ended_how;
		deepEqual([await how(one, overlap.rotation.id), await how(other, held.rotation.id)], ["overlap_over", "hard_stop"]);
	} finally {
		await own.close();
	}
});

test("an open rotation without a fixed overlap sends a daily reminder with the sources that have not moved", async () => {
	const own = await rotationFixture();
	try {
		const tenant_id = await own.verification.tenant(own.main.node);
		const [held, timed] = [await own.key(tenant_id), await own.key(tenant_id)];
		for (const key of [held, timed]) await own.use(key.raw_key, "backup");
		const { rotation, key } = await own.rotate(held);
		const { name, environment, owner } = key;
		await own.rotate(timed, { overlap_seconds: 3 * DAY_SECONDS });
		const reminded: number[] = [];
		for (const seconds of [0, DAY_SECONDS - 1, 1, 10, DAY_SECONDS, 10]) {
			await own.pass(seconds);
			const nodes = await Promise.all([remindOfRotations(own.context()), remindOfRotations(own.context())]);
			reminded.push((nodes[0] ?? 0) + (nodes[1] ?? 0));
		}
		deepEqual(reminded, [0, 0, 1, 0, 1, 0]);
		const events = await own.verification.behind("select data from keywright.outbox where type = 'rotation.reminder' order by id");
		deepEqual(
			events.map(({ data }) => data),
			Array.from({ length: 2 }, () => ({
				...{ key_id: held.key_id, name, environment, owner, rotation_id: rotation.id, status: "issued" },
				...{ hard_stop_at: rotation.hard_stop_at, stragglers: ["backup-job at 203.0.113.0/24"] },
			})),
		);
		await cancelRotation(own.context(), { ...getIds(held), rotation_id: rotation.id });
		await own.pass(DAY_SECONDS);
		equal(await remindOfRotations(own.context()), 0);
	} finally {
		await own.close();
	}
});

test("during a rotation, another rotation, a reissue and a handover are refused", async () => {
	const key = await fixture.key(await fixture.verification.tenant(fixture.main.node));
	const { rotation } = await fixture.rotate(key);
	const again = await toApiError(fixture.rotate(key));
	deepEqual([again.code, again.metadata.members?.rotation_id], ["rotation_in_progress", rotation.id]);
	equal((await toApiError(reissueKey(fixture.context(), getIds(key)))).code, "rotation_in_progress");
	equal((await toApiError(handOverKey(fixture.handoverContext(), getIds(key)))).code, "rotation_in_progress");
});

test("revoking a key ends its rotation; pausing does not, and a paused key can be rotated", async () => {
	const key = await usedKey(["orders"]);
	const { rotation, raw_key } = await fixture.rotate(key);
	equal((await pauseKey(fixture.context(), getIds(key))).rotation?.id, rotation.id);
	equal(await fixture.use(raw_key, "orders"), "key_paused");
	await cancelRotation(fixture.context(), { ...getIds(key), rotation_id: rotation.id });
	const second = await fixture.rotate(key);
	const context = fixture.context();
	let read_ms = context.clock.now();
	const ticking = { ...context, clock: { ...context.clock, now: () => read_ms++ } };
	const revoked = await revokeKey(ticking, { ...getIds(key), reason: "other" });
	deepEqual([revoked.rotation, revoked.waited_for.length], [null, 1]);
	const seen = await look(key, second.rotation.id);
	// One change has one time, however late its statements run.
	deepEqual([seen.status, seen.ended_how, seen.ended_at], ["cancelled", "revoked", revoked.revoked_at]);
	for (const secret of [key.raw_key, second.raw_key]) equal(await fixture.use(secret, "orders"), "key_revoked");
	const ids = { ...getIds(key), rotation_id: second.rotation.id };
	equal((await toApiError(completeRotation(fixture.context(), { ...ids, force: true, reason: "x" }))).code, "conflict");
	equal((await toApiError(fixture.rotate(key))).code, "conflict");
});

test("revoking a key leaves a rotation completed whose overlap was over, also before the loop has written it", async () => {
	const key = await usedKey(["orders"]);
	const { rotation } = await fixture.rotate(key, { overlap_seconds: 60 });
	const other = await fixture.key(key.tenant_id);
	const open = await fixture.rotate(other, { overlap_seconds: 600 });
	const together = await fixture.key(key.tenant_id);
	const { rotation: of_together } = await fixture.rotate(together, { overlap_seconds: 60 });
	await fixture.pass(61);
	const before = await look(key, rotation.id);
	deepEqual([before.status, before.ended_how], ["completed", null]);
	await revokeKey(fixture.context(), { ...getIds(key), reason: "other" });
	const expected_key_ids = [together.key_id, other.key_id];
	await bulkRevoke(fixture.context(), { tenant_id: key.tenant_id, key_ids: expected_key_ids, reason: "other", preview: false, expected_key_ids });
	for (const [of, { id, old_ends_at }] of [[key, rotation] as const, [together, of_together] as const]) {
		const after = await look(of, id);
		deepEqual([after.status, after.ended_how, after.ended_at], ["completed", "overlap_over", old_ends_at]);
	}
	const seen = await look(other, open.rotation.id);
	deepEqual([seen.status, seen.ended_how], ["cancelled", "revoked"]);
	const entries = (await audit(key.tenant_id)).map(({ action }) => action);
	equal(entries.filter((action) => action === "rotation.completed").length, 2);
	equal(entries.filter((action) => action === "key.revoked").length, 3);
});

test("both secrets of a key share its rate limit and its limit of refusals", async () => {
	const limit = { name: "burst", requests: 3, window_seconds: 60, per: "key" } as const;
	const tenant_id = await fixture.verification.tenant(fixture.main.node, { rate_limits: [limit] });
	const key = await fixture.key(tenant_id);
	const { raw_key } = await fixture.rotate(key);
	const codes = [];
	for (const secret of [key.raw_key, raw_key, key.raw_key, raw_key, key.raw_key]) codes.push(await fixture.use(secret, "orders"));
	deepEqual(codes, ["allowed", "allowed", "allowed", "rate_limited", "rate_limited"]);
	const other = await fixture.key(await fixture.verification.tenant(fixture.main.node));
	const successor = (await fixture.rotate(other)).raw_key;
	for (let refused = 0; refused < 600; refused += 1) await fixture.main.ask(other.raw_key, { permissions: ["nothing:here"] });
	equal(await fixture.use(successor, "orders"), "too_many_refusals");
});

test("sources without an address, or with too few uses, move only by a confirmation or the end of the overlap", async () => {
	const key = await usedKey([]);
	for (let round = 0; round < 4; round += 1) {
		await fixture.present(key.raw_key, from(null, "backup-job/0.9"));
		await fixture.pass(2);
	}
	await fixture.use(key.raw_key, "backup");
	const { raw_key, rotation } = await fixture.rotate(key);
	await fixture.use(raw_key, from(null, "backup-job/0.9"));
	await fixture.use(raw_key, "backup");
	await fixture.pass(10 * DAY_SECONDS);
	const seen = await look(key, rotation.id);
	deepEqual(seen.reasons.map(({ code }) => code).sort(), ["address_unknown", "too_few_sightings"]);
	deepEqual(new Set(seen.sources.map((source) => source.waits_until)), new Set([rotation.hard_stop_at]));
	await completeRotations(fixture.context());
	equal((await look(key, rotation.id)).ended_at, null);
});

test("an expired key, and a key whose plan lost the API, cannot be rotated", async () => {
	const key = await usedKey(["orders"]);
	await updateKeySettings(fixture.context(), { ...getIds(key), expires_at: new Date(fixture.verification.clock.now() + 60_000).toISOString() });
	await fixture.pass(61);
	const expired = await toApiError(fixture.rotate(key));
	deepEqual([expired.code, /later expiry/.test(expired.detail)], ["conflict", true]);
	const other = await usedKey(["orders"]);
	await fixture.verification.plan(fixture.main.node, `plan-${other.tenant_id}`, { capabilities: ["documents"] });
	equal((await toApiError(fixture.rotate(other))).code, "capability_not_in_plan");
});

test("the revocation preview lists requests by hour, day and week, the sources and the rotation", async () => {
	const key = await usedKey(["orders", "backup"]);
	await fixture.pass(2 * 3_600);
	await fixture.use(key.raw_key, "orders");
	const { rotation } = await fixture.rotate(key);
	const preview = await revokePreview(fixture.context(), getIds(key));
	equal(preview.expires_at_if_replaced, null);
	deepEqual([preview.requests.last_hour, preview.requests.last_day, preview.requests.last_week, preview.rotation?.id], [1, 9, 9, rotation.id]);
	deepEqual(
		preview.sources.map((source) => [source.agent, source.seen_within]),
		[
			["order-bot", "hour"],
			["backup-job", "day"],
		],
	);
});
