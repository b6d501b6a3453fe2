import type { ChangeContext } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import { endByHand } from "./end.ts";
import type { CancelInput, CompleteInput, RotationEnded } from "./schema.ts";

/**
 * Ends the old secret of a rotation; after this returns, no node accepts it. Before all sources have moved, it requires `force` and an
 * audited `reason`. Idempotent. 400 `invalid_request` for force without a reason; 404 `not_found`; 409 `old_secret_still_in_use` (with
 * `stragglers`), `conflict` for a rotation that was cancelled or not revealed yet.
 */
export async function completeRotation(
	context: ChangeContext,
	input: CompleteInput & { tenant_id: string; key_id: string; rotation_id: string },
): Promise<RotationEnded> {
	const { tenant_id, key_id, rotation_id, force = false } = input;
	const reason = input.reason?.trim() ?? "";
	if (force && reason === "") {
		throw new ApiError("invalid_request", "A forced completion requires a reason, which is recorded in the audit log.", {
			errors: [{ pointer: "/reason", detail: "is required with force" }],
		});
	}
	const event = force ? "force_complete" : "complete";
	return endByHand(context, { tenant_id, key_id, rotation_id, event, force_reason: reason });
}

/**
 * Cancels a rotation: restores the old secret and the key's dates and ends the new secret; after this returns, no node accepts that. Idempotent for a
 * cancelled rotation. 404 `not_found`; 409 `successor_in_use` unless forced, `conflict` for a completed one.
 */
export async function cancelRotation(
	context: ChangeContext,
	input: CancelInput & { tenant_id: string; key_id: string; rotation_id: string },
): Promise<RotationEnded> {
	const { tenant_id, key_id, rotation_id } = input;
	return endByHand(context, { tenant_id, key_id, rotation_id, event: input.force === true ? "force_cancel" : "cancel" });
}
