import { type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken, makeOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { proveAddress } from "./prove-address.ts";
import { clearPortalCookie, type SessionCookiesContext } from "./session-cookie.ts";
import type { SignInContext } from "./sign-in.ts";
import { insertSignInLink, readSignInLink, useSignInLink } from "./sign-in-link-store.ts";
import { type PersonAccount, readAccounts } from "./store.ts";

/** Equal to the interval between mails to one address, so that a locked-out person always has a valid link. */
export const SIGN_IN_LINK_SECONDS = 900;

/** Mails a sign-in link. Not awaited: it handles its own errors. */
export type MailSignInLink = (person: PersonAccount, token: string) => void;

/**
 * Mails a sign-in link to a person whom other callers' attempts lock out, at most one in 15 minutes. Call without awaiting it: its duration
 * would reveal whether the address has an account.
 */
export async function mailSignInLink(
	context: Omit<DatabaseContext, "scope"> & SignInContext & { readonly mailSignInLink: MailSignInLink },
	email: string,
): Promise<void> {
	const { database, clock, sign_in } = context;
	if (!(await sign_in.mayMail("sign_in_mail", email))) return;
	const [person] = await read({ database, scope: ALL_TENANTS }, (tx) => readAccounts(tx, email));
	if (!person) return;
	const { text, digest: token_digest } = makeOneTimeToken("kwl");
	const now = clock.now();
	const times = { created_at: new Date(now), expires_at: new Date(now + SIGN_IN_LINK_SECONDS * 1_000) };
	await record(context, (tx) => insertSignInLink(tx, { token_digest, purpose: "sign_in", person_id: person.id, email, created_by: null, ...times }));
	context.mailSignInLink(person, text);
}

function linkNotFound(): ApiError {
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
