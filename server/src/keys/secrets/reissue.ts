import { change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { ApiError } from "../../core/error.ts";
import { assertTenantActive } from "../../tenants/tenant.ts";
import { assertNotCanary } from "../canaries/canary.ts";
import { lockForChange } from "../change-key.ts";
import type { KeysContext } from "../context.ts";
import { assertNotEnded } from "../guards.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { readKeyResponse } from "../response.ts";
import type { ReissuedKey } from "../schema.ts";
import { assertApiAccess } from "../scope.ts";
import { issueInPlace } from "./issue.ts";

/**
 * Replaces a secret that was lost before its first use, and returns the new raw key, once. Ends the earlier secret and cancels a waiting
 * handover. 403 `capability_not_in_plan`, `tenant_suspended`; 404 `not_found`; 409 `conflict` for a key that is in use or has ended,
 * `secret_already_issued` for a repeat with the same Idempotency-Key.
 */
export async function reissueKey(context: KeysContext, input: { tenant_id: string; key_id: string }): Promise<ReissuedKey> {
	const { tenant_id, key_id } = input;
	return change(context, async (tx) => {
		const now = new Date(context.clock.now());
		const { tenant, plan, key: before } = await lockForChange(tx, input);
		if (await claimOnce(tx, context, { tenant_id, operation: "key.reissue", input, subject_id: key_id })) throw shownBefore(key_id);
		assertTenantActive(tenant);
		assertApiAccess(plan);
		assertNotCanary(before, "reissued");
		assertNotEnded(before, now.getTime());
		const { key, raw_key, kid, last4, replaced_kids } = await issueInPlace(tx, context, before, now);
		const cancelled_handover_ids = await cancelWaitingHandovers(tx, tenant_id, [key_id], now);
		const { name, environment } = key;
		const details = { name, environment, kid, last4, replaced_kids, cancelled_handover_ids };
		return {
			result: { key: await readKeyResponse(tx, key, now.getTime()), raw_key },
			audit: [{ action: "key.reissued", target: { kind: "key", id: key_id }, details, tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "key.reissued", data: { key_id, name, environment } }],
		};
	});
}

function shownBefore(key_id: string): ApiError {
	return new ApiError(
		"secret_already_issued",
		"This Idempotency-Key has already issued a secret, which is returned only once. If it is lost, issue another with a new Idempotency-Key.",
		{
			members: { key_id },
		},
	);
}
