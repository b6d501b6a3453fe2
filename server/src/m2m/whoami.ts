import { describeGrant } from "../verification/describe-grant.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";

/** Which key this is, from memory: the answer to "am I in, and as whom". */
export function whoami(context: Pick<KeyedContext, "grant">) {
	return { ...describeGrant(context.grant), rotation: null };
}
