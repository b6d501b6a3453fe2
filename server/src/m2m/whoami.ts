import { toGrantResponse } from "../verification/grants/response.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";

/** The key of the request, from memory, and during a rotation which of its two secrets was used. */
export function whoami(context: Pick<KeyedContext, "grant" | "clock">) {
	return { ...toGrantResponse(context.grant), rotation: toRotationResponse(context) };
}

function toRotationResponse({ grant, clock }: Pick<KeyedContext, "grant" | "clock">) {
	const { rotation } = grant;
	if (rotation === null || (rotation.old_ends_at_ms !== null && rotation.old_ends_at_ms <= clock.now())) return null;
	const { id, secret, old_ends_at_ms } = rotation;
	return { id, secret, old_ends_at: old_ends_at_ms === null ? null : new Date(old_ends_at_ms).toISOString() };
}
