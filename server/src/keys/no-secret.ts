import { Failure } from "../core/error.ts";
import { secretPattern } from "../core/log.ts";

const ONE_TIME_TOKEN = /kw[iph]_[0-9A-Za-z_-]{43}/;

/** Throws 400 `invalid_request` for a text that people wrote with a key, a credential or a one-time link in it: it would be kept. */
export function assertHoldsNoSecret(brand: string, pointer: string, text: string): void {
	if (!secretPattern(brand).test(text) && !ONE_TIME_TOKEN.test(text)) return;
	throw new Failure("invalid_request", "The text holds a key or a one-time link, which would be kept where people read it. Leave it out.", {
		errors: [{ pointer, detail: "must not hold a key or a one-time link" }],
	});
}
