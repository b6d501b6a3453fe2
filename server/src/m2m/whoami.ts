import { toGrantResponse } from "../verification/grants/response.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";

/** Which key this is, from memory: the answer to "am I in, and as whom", and which of two secrets this is while one replaces the other. */
export function whoami(context: Pick<KeyedContext, "grant" | "clock">) {
	return { ...toGrantResponse(context.grant), rotation: rotationOf(context) };
}

function rotationOf({ grant, clock }: Pick<KeyedContext, "grant" | "clock">) {
	const { rotation } = grant;
	if (rotation === null || (rotation.old_ends_at_ms !== null && rotation.old_ends_at_ms <= clock.now())) return null;
	const { id, secret, old_ends_at_ms } = rotation;
	return { id, secret, old_ends_at: old_ends_at_ms === null ? null : new Date(old_ends_at_ms).toISOString() };
}
