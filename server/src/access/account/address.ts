import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken, makeOneTimeToken } from "../../core/one-time-token.ts";
import { HOUR_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { normalEmail } from "../../http/input/fields.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { moveToAddress } from "../people/prove-address.ts";
import { getMember, type SignedInContext, wrongPassword } from "../people/session.ts";
import type { SignInContext } from "../people/sign-in.ts";
import { deleteAddressLinks, insertSignInLink, readSignInLink, useSignInLink } from "../people/sign-in-link-store.ts";
import { stillSignedIn } from "../people/still-signed-in.ts";
import { endSignIns, type PersonAccount } from "../people/store.ts";

export const ADDRESS_LINK_MS = HOUR_MS;

/** Mails a link to the new address. Resolves to whether the mail server accepted the mail. */
export type MailAddressLink = (person: Pick<PersonAccount, "name" | "email">, token: string) => Promise<boolean>;
/** Informs the former address. Not awaited: it handles its own errors. */
export type MailAddressChanged = (person: Pick<PersonAccount, "name" | "email">) => void;

export type AddressContext = ChangeContext &
	SignedInContext &
	SignInContext &
	AnonymousContext & { readonly mail: boolean; readonly mailAddressLink: MailAddressLink; readonly mailAddressChanged: MailAddressChanged };

/**
 * Mails a link to a new address; nothing changes until it is used. Needs the password each time, so that a stolen session does not suffice.
 * The response is the same whether an account has the address. 400 `invalid_request` for a wrong password; 429 `rate_limited`.
 */
export async function requestAddressChange(context: AddressContext, input: { email: string; password: string }): Promise<{ mailed: boolean }> {
	const { person_id, session_id, name } = getMember(context);
	const { sign_in, clock } = context;
	const email = normalEmail(input.email);
	const account = await sign_in.guarded(
		[{ kind: "session", name: session_id }],
		() => sign_in.comparePerson(person_id, input.password),
		() => wrongPassword("/password"),
	);
	if (account.proven && account.email === email) throw alreadyYours();
	if (!context.mail) return { mailed: false };
	await sign_in.countAddressMail(person_id, email);
	const { text, digest: token_digest } = makeOneTimeToken("kwe");
	const times = { created_at: new Date(clock.now()), expires_at: new Date(clock.now() + ADDRESS_LINK_MS) };
	await record(context, async (tx) => {
		await deleteAddressLinks(tx, person_id);
		await insertSignInLink(tx, { token_digest, purpose: "address", person_id, email, created_by: null, ...times });
	});
	return { mailed: await context.mailAddressLink({ name, email }, text) };
}

/**
 * Changes the address by the mailed link, in a session of the person who asked: a link that someone else is talked into opening moves
 * nothing. Ends all of their sessions and links; this session continues with a new cookie. The former address is informed.
 * 404 `not_found` unless the link is pending; 409 `conflict` for another person's link, or when another account has verified the address.
 */
export async function changeAddress(context: AddressContext, input: { token: string }): Promise<{ email: string }> {
	const member = getMember(context);
	const { person_id: id, name, email: former } = member;
	const { sign_in, anonymous, clock } = context;
	const token_digest = digestOneTimeToken("kwe", input.token);
	if (token_digest === null) throw linkNotFound();
	const now = new Date(clock.now());
	const find = () => read({ ...context, scope: ALL_TENANTS }, (tx) => readSignInLink(tx, token_digest, "address", now));
	const link = await sign_in.guarded([{ kind: "address", name: anonymous.bucket }], find, linkNotFound);
	if (link.person_id !== id) throw anotherPerson();
	const { email } = link;
	await change({ ...context, scope: ALL_TENANTS, reauthorize: stillSignedIn(context) }, async (tx) => {
		await reauthorize(tx);
		if (!(await useSignInLink(tx, token_digest))) throw linkNotFound();
		const proof = await moveToAddress(tx, { id, email }, now);
		await endSignIns(tx, [id]);
		return { result: undefined, audit: [{ action: "person.address_changed", target: { kind: "person", id } }, ...proof] };
	});
	if (former !== email) context.mailAddressChanged({ name, email: former });
	await sign_in.beginSession(anonymous, id);
	return { email };
}

function alreadyYours(): ApiError {
	return new ApiError("invalid_request", "This is your address already.", { errors: [{ pointer: "/email", detail: "is your address already" }] });
}

function linkNotFound(): ApiError {
	return new ApiError("not_found", "This link does not exist, has expired or was used. Ask for a new one in your settings.");
}

function anotherPerson(): ApiError {
	return new ApiError("conflict", "Another account asked for this change. Sign in to that account in this browser, and open the link again.");
}
