import { toGrantResponse } from "../verification/grants/response.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";
import { type OwnBudgetsContext, ownBudgets } from "./budgets.ts";

/** The key of the request, and during a rotation which of its two secrets was used. From memory; one query for a key with budgets. */
export async function whoami(context: OwnBudgetsContext) {
	return { ...toGrantResponse(context.grant), rotation: toRotationResponse(context), budgets: await ownBudgets(context) };
}

function toRotationResponse({ grant, clock }: Pick<KeyedContext, "grant" | "clock">) {
	const { rotation } = grant;
	if (rotation === null || (rotation.old_ends_at_ms !== null && rotation.old_ends_at_ms <= clock.now())) return null;
	const { id, secret, old_ends_at_ms } = rotation;
	return { id, secret, old_ends_at: old_ends_at_ms === null ? null : new Date(old_ends_at_ms).toISOString() };
}
