import type { Reauthorize } from "../../audit/reauthorize.ts";
import type { Clock } from "../../core/clock.ts";
import { getMember, type SignedInContext, sessionEnded } from "./session.ts";
import { lockSession } from "./store.ts";

/** The reauthorization of a change that a person makes to their own account: the session has not ended. 401 `credential_invalid`. */
export function stillSignedIn(context: SignedInContext & { readonly clock: Clock }): Reauthorize {
	const member = getMember(context);
	return async (tx) => {
		if (!(await lockSession(tx, member, new Date(context.clock.now())))) throw sessionEnded();
	};
}
