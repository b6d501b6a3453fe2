import { change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { ApiError } from "../../core/error.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import { assertTenantActive } from "../../tenants/tenant.ts";
import { assertNotCanary } from "../canaries/canary.ts";
import { lockForChange } from "../change-key.ts";
import type { HandoverContext } from "../context.ts";
import { assertNeverUsed, assertNotEnded } from "../guards.ts";
import { assertApiAccess } from "../scope.ts";
import { handoverDetails, makeHandover, sendHandover } from "./make.ts";
import type { HandoverInput, MadeHandover } from "./schema.ts";
import { cancelWaitingHandovers } from "./store.ts";

/**
 * Creates a one-time link for a key that was never used, and cancels an earlier link. An existing secret keeps working until the link is
 * revealed. 403 `capability_not_in_plan`, `tenant_suspended`; 404 `not_found`; 409 `conflict` for a key that is in use or
 * has ended, `secret_already_issued` for a repeat with the same Idempotency-Key; 429 `rate_limited` for too many mails.
 */
export async function handOverKey(context: HandoverContext, input: HandoverInput & { tenant_id: string; key_id: string }): Promise<MadeHandover> {
	const { tenant_id, key_id } = input;
	const token = makeOneTimeToken("kwh");
	const made = await change(context, async (tx) => {
		const now = context.clock.now();
		const { tenant, plan, key } = await lockForChange(tx, input, "update");
		if (await claimOnce(tx, context, { tenant_id, operation: "handover.create", input, subject_id: key_id })) throw linkShownBefore(key_id);
		assertTenantActive(tenant);
		assertApiAccess(plan);
		assertNotCanary(key, "handed over");
		assertNotEnded(key, now);
		await assertNeverUsed(tx, key);
		const replaced = await cancelWaitingHandovers(tx, tenant_id, [key_id], new Date(now));
		const handover = await makeHandover(tx, context, key, input, token);
		const details = { name: key.name, environment: key.environment, ...handoverDetails(handover, replaced) };
		return {
			result: { handover, key, tenant_name: tenant.name },
			audit: [{ action: "handover.created", target: { kind: "key", id: key_id }, details, tenant_id }],
		};
	});
	return sendHandover(context, { ...made, token });
}

function linkShownBefore(key_id: string): ApiError {
	return new ApiError(
		"secret_already_issued",
		"This Idempotency-Key has already created a link, which is issued only once. If it is lost, create another with a new Idempotency-Key.",
		{
			members: { key_id },
		},
	);
}
