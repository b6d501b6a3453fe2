import { isSet } from "../http/search.ts";
import { wayBack } from "./way-back.ts";

/** `back`: the page to open afterwards. `ended`, `reset`: why the person has to sign in. */
export interface SignInSearch {
	back?: string;
	ended?: true;
	reset?: true;
}

/** The parameters of the address of the sign-in page. */
export function signInSearchFrom(search: Record<string, unknown>): SignInSearch {
	return {
		...(typeof search.back === "string" ? { back: wayBack(search.back) } : {}),
		...(isSet(search.ended) ? { ended: true } : {}),
		...(isSet(search.reset) ? { reset: true } : {}),
	};
}
