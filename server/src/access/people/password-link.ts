import { type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import { type Actor, ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken, makeOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { isMakerAllowed } from "../../tenants/team/maker.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { proveAddress } from "./prove-address.ts";
import type { SignInContext } from "./sign-in.ts";
import { insertSignInLink, readSignInLink, type SignInLinkRow, useSignInLink } from "./sign-in-link-store.ts";
import { endSignIns, type PersonAccount, readAccounts, setPassword } from "./store.ts";

export const PASSWORD_LINK_SECONDS = 3_600;
/** How many unverified accounts of one address are mailed a link each. */
const MAILED_ACCOUNTS_MAX = 3;

/** Mails a link to set a new password. Not awaited: it handles its own errors. */
export type MailPasswordLink = (person: PersonAccount, token: string) => void;

export type PasswordLinkContext = SignInContext & AnonymousContext & { readonly mailPasswordLink: MailPasswordLink };

/** Creates a link by which `person` sets a password and verifies the address. Returns its token and the row to store. */
export function makePasswordLink(person: PersonAccount, created_by: Actor | null, now: number): { token: string; row: SignInLinkRow } {
	const { text: token, digest: token_digest } = makeOneTimeToken("kwr");
	const { id: person_id, email } = person;
	const times = { created_at: new Date(now), expires_at: new Date(now + PASSWORD_LINK_SECONDS * 1_000) };
	return { token, row: { token_digest, purpose: "password", person_id, email, created_by, ...times } };
}

/**
 * Mails a link to the address's verified account, or to each unverified one, at most three. Succeeds whether or not an account exists. 429
 * `rate_limited` by the caller's IP address.
 */
export async function askPasswordLink(context: DatabaseContext & PasswordLinkContext, email: string): Promise<void> {
	const { sign_in, anonymous, database, clock } = context;
	await sign_in.countRequest(anonymous);
	if (!(await sign_in.mayMail("password_mail", email))) return;
	const accounts = await read({ database, scope: ALL_TENANTS }, (tx) => readAccounts(tx, email));
	const [first] = accounts;
	const mailed = (first?.proven ? [first] : accounts.slice(0, MAILED_ACCOUNTS_MAX)).map((person) => ({
		person,
		...makePasswordLink(person, null, clock.now()),
	}));
	if (mailed.length === 0) return;
	await record(context, async (tx) => {
		for (const { row } of mailed) await insertSignInLink(tx, row);
	});
	// Not awaited: the time of mailing would reveal whether the address has an account.
	for (const { person, token } of mailed) context.mailPasswordLink(person, token);
}

function linkNotFound(): ApiError {
	return new ApiError("not_found", "This link does not exist, has expired or was used. Ask for a new one.");
}

/**
 * Sets a new password and ends all of the person's sessions. The link verifies the address, which other accounts lose. 404 `not_found` for
 * a token that is unknown, used or expired.
 */
export async function setPasswordByLink(
	context: ChangeContext & SignInContext & AnonymousContext,
	input: { token: string; password: string },
): Promise<void> {
	const { sign_in, anonymous, clock } = context;
	const token_digest = digestOneTimeToken("kwr", input.token);
	if (token_digest === null) throw linkNotFound();
	const now = new Date(clock.now());
	const find = () => read({ ...context, scope: ALL_TENANTS }, (tx) => readSignInLink(tx, token_digest, "password", now));
	const link = await sign_in.guarded([{ kind: "address", name: anonymous.bucket }], find, linkNotFound);
	const { person_id: id, email, created_by } = link;
	const password_hash = await sign_in.passwordHash(email, input.password);
	await change({ ...context, scope: ALL_TENANTS }, async (tx) => {
		if (created_by !== null && !(await isMakerAllowed(tx, ALL_TENANTS, created_by, "owner"))) throw linkNotFound();
		if (!(await useSignInLink(tx, token_digest))) throw linkNotFound();
		const proof = await proveAddress(tx, { id, email }, now);
		await setPassword(tx, id, password_hash, now);
		await endSignIns(tx, [id]);
		return { result: undefined, audit: [{ action: "password.set_by_link", target: { kind: "person", id } }, ...proof] };
	});
}
