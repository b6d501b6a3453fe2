import type { ChangeContext } from "../../audit/change.ts";
import { Failure } from "../../core/error.ts";
import { endByHand } from "./end-by-hand.ts";
import type { CompleteInput, RotationEnded } from "./schema.ts";

/**
 * Ends the old secret of a rotation: once this has returned, no node accepts it. Goes by itself when everything has moved; before that it takes
 * `force` with a reason, which is audited. A rotation that is completed stays as it is.
 * 400 `invalid_request` for force without a reason; 404 `not_found`; 409 `old_secret_still_in_use` (with `stragglers`), `conflict` for one that was
 * cancelled or not revealed yet.
 */
export async function completeRotation(
	context: ChangeContext,
	input: CompleteInput & { tenant_id: string; key_id: string; rotation_id: string },
): Promise<RotationEnded> {
	const { tenant_id, key_id, rotation_id, force = false } = input;
	const reason = input.reason?.trim() ?? "";
	if (force && reason === "") {
		throw new Failure("invalid_request", "Say why the old secret is to end now: the reason is audited.", {
			errors: [{ pointer: "/reason", detail: "is required with force" }],
		});
	}
	const event = force ? "force_complete" : "complete";
	return endByHand(context, { tenant_id, key_id, rotation_id, event, force_reason: reason });
}
