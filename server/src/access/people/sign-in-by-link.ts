import { type ChangeContext, change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import { read } from "../../database/transaction.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { proveAddress } from "./prove-address.ts";
import { clearPortalCookie, type SessionCookiesContext } from "./session-cookie.ts";
import type { SignInContext } from "./sign-in.ts";
import { readSignInLink, useSignInLink } from "./sign-in-link-store.ts";

export function linkNotFound(): ApiError {
	return new ApiError("not_found", "This link does not exist, has expired or was used. Sign in with your password.");
}

/**
 * Signs in by a mailed one-time link. It verifies the address, which other accounts lose. 404 `not_found` for a token that is unknown, used
 * or expired; 429 `rate_limited`.
 */
export async function signInByLink(
	context: ChangeContext & SignInContext & AnonymousContext & SessionCookiesContext,
	input: { token: string },
): Promise<{ signed_in: true }> {
	const { sign_in, anonymous, clock } = context;
	const token_digest = digestOneTimeToken("kwl", input.token);
	if (token_digest === null) throw linkNotFound();
	const now = new Date(clock.now());
	const find = () => read({ ...context, scope: ALL_TENANTS }, (tx) => readSignInLink(tx, token_digest, "sign_in", now));
	const { person_id: id, email } = await sign_in.guarded([{ kind: "address", name: anonymous.bucket }], find, linkNotFound);
	await change({ ...context, scope: ALL_TENANTS }, async (tx) => {
		if (!(await useSignInLink(tx, token_digest))) throw linkNotFound();
		const proof = await proveAddress(tx, { id, email }, now);
		return { result: undefined, audit: [{ action: "person.signed_in_by_link", target: { kind: "person", id } }, ...proof] };
	});
	await sign_in.beginSession(anonymous, id);
	clearPortalCookie(context);
	return { signed_in: true };
}
