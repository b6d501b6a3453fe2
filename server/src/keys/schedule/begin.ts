import { type ChangeContext, change } from "../../audit/change.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken, type OneTimeToken } from "../../core/one-time-token.ts";
import { newRequestId } from "../../core/request-id.ts";
import { MINUTE_MS } from "../../core/time.ts";
import { readTenantForUpdate } from "../../tenants/store.ts";
import type { KeysContext } from "../context.ts";
import { HANDOVER_SECONDS_MAX, type Handover } from "../handovers/handover.ts";
import { handoverDetails, makeHandover } from "../handovers/make.ts";
import { getKeyStatus, type Key } from "../key.ts";
import { planRotation, startedChange, startedDetails } from "../rotations/begin.ts";
import { endRotation } from "../rotations/end.ts";
import { getStep, NOTHING } from "../rotations/machine.ts";
import { observeRotation } from "../rotations/observe.ts";
import type { Rotation } from "../rotations/rotation.ts";
import { readRotation, updateRotation } from "../rotations/store.ts";
import { lockKey } from "../store.ts";
import { lockReachable } from "./responsible-store.ts";
import { claimDate, type DueKey, type Failure, type Scheduled, storeFailure } from "./store.ts";

/** Much longer than a mail takes: after it, the outcome of a mail that is under way counts as unknown, and its link is cancelled. */
const SENDING_MS = 5 * MINUTE_MS;

/** A rotation that waits for its link, which is in memory only and must be mailed now. */
export interface BegunBySchedule extends Scheduled {
	readonly key: Key;
	readonly tenant_name: string;
	readonly handover: Handover;
	readonly email: string;
	readonly token: OneTimeToken;
}

function isStillDue(key: Key, due: DueKey, now: Date): boolean {
	const { auto_rotate, rotation_due_at, owner } = key;
	if (auto_rotate !== "handover" || owner.member_id !== due.member_id || getKeyStatus(key, now.getTime()) !== "active") return false;
	return rotation_due_at?.getTime() === due.due_at.getTime();
}

/**
 * Begins a rotation with a link for the responsible person; null if the key is not due any more or another node did it. `now` is the database's time.
 * Throws what `planRotation` and `makeHandover` throw.
 */
export async function beginBySchedule(context: KeysContext, due: DueKey, now: Date): Promise<BegunBySchedule | null> {
	const { tenant_id, key_id, attempts } = due;
	const rotation_id = newId("rot");
	const token = makeOneTimeToken("kwh");
	const own = { ...context, scope: tenant_id, request_id: newRequestId() };
	return change<BegunBySchedule | null>(own, async (tx) => {
		const found = await readTenantForUpdate(tx, tenant_id);
		if (found?.tenant.status !== "active") return { unchanged: null };
		const recipient = await lockReachable(tx, tenant_id, due.member_id);
		const key = await lockKey(tx, tenant_id, key_id);
		if (!recipient || !key || !isStillDue(key, due, now)) return { unchanged: null };
		if (!(await claimDate(tx, { ...due, rotation_id }, now, new Date(now.getTime() + SENDING_MS)))) return { unchanged: null };
		const planned = await planRotation(tx, own, found, key, { id: rotation_id });
		const wanted = { ...recipient, expires_in_seconds: HANDOVER_SECONDS_MAX };
		const handover = await makeHandover(tx, own, key, wanted, token, rotation_id);
		const rotation: Rotation = { ...planned.rotation, handover_id: handover.id };
		await updateRotation(tx, rotation, { handover_id: handover.id });
		const target = { kind: "key", id: key_id };
		const begun = { tenant_id, key_id, rotation_id, attempts, key, tenant_name: found.tenant.name, handover, email: recipient.email, token };
		return startedChange(begun, key, planned, [
			{ action: "rotation.started", target, details: startedDetails(key, rotation, null), tenant_id },
			{ action: "handover.created", target, details: { ...handoverDetails(handover), name: key.name, rotation_id }, tenant_id },
		]);
	});
}

/**
 * Cancels a rotation whose link reached no one or may not be claimed any more. False if it is not waiting: then the link was claimed, or another node
 * or a person has ended it.
 */
export async function withdraw(context: ChangeContext, begun: Scheduled, event: "not_mailed" | "recipient_gone", failure: Failure): Promise<boolean> {
	const { tenant_id, key_id, rotation_id } = begun;
	return change<boolean>({ ...context, scope: tenant_id, request_id: newRequestId() }, async (tx) => {
		const key = await lockKey(tx, tenant_id, key_id);
		const rotation = key && (await readRotation(tx, tenant_id, { id: rotation_id, key_id }));
		if (!key || rotation?.state !== "waiting") return { unchanged: false };
		const seen = await observeRotation(tx, rotation, context.clock.now());
		const step = getStep(seen.phase, event, false);
		if (step === NOTHING || "refused" in step || !(await storeFailure(tx, begun, failure))) return { unchanged: false };
		const ended = await endRotation(tx, context, key, seen, step);
		return { result: true, audit: [ended.audit], invalidates: [{ kind: "key", id: key_id }], events: [ended.event] };
	});
}
