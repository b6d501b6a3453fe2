import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { SignInContext } from "./sign-in.ts";
import { insertSignInLink } from "./sign-in-link-store.ts";
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
