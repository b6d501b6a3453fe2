import { changeEverywhere } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import type { Tx } from "../../database/transaction.ts";
import { type KeyForChange, lockForChange } from "../change-key.ts";
import type { HandoverContext, KeysContext } from "../context.ts";
import { handoverDetails, makeHandover, sendHandover } from "../handovers/make.ts";
import type { HandoverInput } from "../handovers/schema.ts";
import { readKeyResponse } from "../response.ts";
import { beginOverlap, planRotation, startedChange, startedDetails } from "./begin.ts";
import { readRotationResponse } from "./response.ts";
import type { Rotation } from "./rotation.ts";
import type { Rotated, RotatedForHandover, RotateInput } from "./schema.ts";
import { updateRotation } from "./store.ts";

type Request = RotateInput & { tenant_id: string; key_id: string };

/** Locks tenant and key, and refuses a repeated request, since the response held a secret that is shown once. */
async function lockFor(tx: Tx, context: KeysContext, input: Request, rotation_id: string): Promise<KeyForChange> {
	const { tenant_id, key_id } = input;
	const locked = await lockForChange(tx, input, "update");
	const earlier = await claimOnce(tx, context, { tenant_id, operation: "key.rotate", input, subject_id: rotation_id });
	if (earlier) throw shownBefore(key_id, earlier.subject_id);
	return locked;
}

function shownBefore(key_id: string, rotation_id: string): ApiError {
	return new ApiError(
		"secret_already_issued",
		"This Idempotency-Key has already started a rotation, whose secret or link is issued only once. If it is lost, cancel the rotation and start another.",
		{ members: { key_id, rotation_id } },
	);
}

/**
 * Issues a new secret and returns it, once. The old one works for `overlap_seconds`, by default until all sources have moved (at most 30
 * days); after 0, no node accepts it once this returns. Recalculates the key's dates. 400 `invalid_request`; 403 `capability_not_in_plan`,
 * `tenant_suspended`; 404 `not_found`; 409 `rotation_in_progress`, `conflict` for an ended key, `secret_already_issued` for a repeat.
 */
export async function rotateKey(context: KeysContext, input: Request): Promise<Rotated> {
	const rotation_id = newId("rot");
	const { result, waited_for } = await changeEverywhere(context, async (tx) => {
		const locked = await lockFor(tx, context, input, rotation_id);
		const before = locked.key;
		const planned = await planRotation(tx, context, locked, before, { ...input, id: rotation_id });
		const now = planned.rotation.started_at;
		const begun = await beginOverlap(tx, context, before, planned.rotation, now);
		const { key, rotation, raw_key } = begun;
		const answer = {
			key: await readKeyResponse(tx, key, now.getTime()),
			rotation: await readRotationResponse(tx, rotation, now.getTime()),
			raw_key,
		};
		const target = { kind: "key", id: key.id };
		const note = { action: "rotation.started", target, details: startedDetails(key, rotation, begun), tenant_id: key.tenant_id };
		return startedChange(answer, key, planned, [note]);
	});
	return { ...result, waited_for };
}

/**
 * The same, but the new secret is issued, and the overlap starts, when the recipient reveals the one-time link. Cancelling the link cancels the
 * rotation. Errors as for `rotateKey`; 429 `rate_limited` for too many mails.
 */
export async function rotateKeyForHandover(context: HandoverContext, input: Request & { handover: HandoverInput }): Promise<RotatedForHandover> {
	const rotation_id = newId("rot");
	const token = makeOneTimeToken("kwh");
	const { result, waited_for } = await changeEverywhere(context, async (tx) => {
		const locked = await lockFor(tx, context, input, rotation_id);
		const { key } = locked;
		const now = context.clock.now();
		const planned = await planRotation(tx, context, locked, key, { ...input, id: rotation_id });
		const handover = await makeHandover(tx, context, key, input.handover, token, rotation_id);
		const rotation: Rotation = { ...planned.rotation, handover_id: handover.id };
		await updateRotation(tx, rotation, { handover_id: handover.id });
		const answer = {
			key: await readKeyResponse(tx, key, now),
			rotation: await readRotationResponse(tx, rotation, now),
		};
		const { tenant_id } = key;
		const target = { kind: "key", id: key.id };
		return startedChange({ answer, handover, key, tenant_name: locked.tenant.name }, key, planned, [
			{ action: "rotation.started", target, details: startedDetails(key, rotation, null), tenant_id },
			{ action: "handover.created", target, details: { name: key.name, ...handoverDetails(handover), rotation_id }, tenant_id },
		]);
	});
	const { answer, handover, key, tenant_name } = result;
	return { ...answer, ...(await sendHandover(context, { handover, key, tenant_name, token })), waited_for };
}
