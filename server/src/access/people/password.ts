import { change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { Log } from "../../core/log.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { normalEmail } from "../../http/input/fields.ts";
import type { AnonymousContext } from "../anonymous.ts";
import type { ConfirmContext } from "./own-session.ts";
import { askPasswordLink, type PasswordLinkContext, setPasswordByLink } from "./password-link.ts";
import { getMember, wrongPassword } from "./session.ts";
import { clearPortalCookie, type SessionCookiesContext } from "./session-cookie.ts";
import { type SignInContext, TooManyAttempts } from "./sign-in.ts";
import { mailSignInLink } from "./sign-in-link.ts";
import { stillSignedIn } from "./still-signed-in.ts";
import { endSignIns, setPassword } from "./store.ts";

type PublicSignInContext = SignInContext & AnonymousContext;

const LINK_IS_MAILED =
	"Too many attempts, so the password was not checked. If this address has an account, a sign-in link is mailed to it, at most once in 15 minutes. " +
	"Use that link, or try again after the seconds in Retry-After.";

/**
 * Signs in with address and password and sets the session cookie. 401 `credential_invalid`. 429 `rate_limited` when a budget is spent: the
 * password is then not compared, and a sign-in link is mailed if the address has an account.
 */
export async function signInByEmail(
	context: PublicSignInContext & SessionCookiesContext & Parameters<typeof mailSignInLink>[0] & { readonly mail: boolean; readonly log: Log },
	input: { email: string; password: string; rememberMe?: boolean },
): Promise<{ signed_in: true }> {
	const { email, password, rememberMe = true } = input;
	try {
		await context.sign_in.begin(context.anonymous, { email: normalEmail(email), password, remember: rememberMe });
	} catch (error) {
		if (!(error instanceof TooManyAttempts) || !context.mail) throw error;
		mailSignInLink(context, normalEmail(email)).catch((failed: unknown) => context.log.warn({ err: failed }, "sign_in_link_not_mailed"));
		throw new TooManyAttempts(error.metadata.retry_after_seconds ?? 1, LINK_IS_MAILED);
	}
	clearPortalCookie(context);
	return { signed_in: true };
}

/** Mails a password link if the address has an account. The response says only whether this server sends mail. */
export async function requestPasswordReset(
	context: DatabaseContext & PasswordLinkContext & { readonly mail: boolean },
	input: { email: string },
): Promise<{ mail: boolean }> {
	if (context.mail) await askPasswordLink(context, normalEmail(input.email));
	return { mail: context.mail };
}

/** Sets a new password by a link, which ends all of the person's sessions. 404 `not_found` unless the link is pending. */
export async function resetPassword(context: Parameters<typeof setPasswordByLink>[0], input: { token: string; newPassword: string }): Promise<void> {
	await setPasswordByLink(context, { token: input.token, password: input.newPassword });
}

/** Replaces the person's password. Ends their sessions; this one continues with a new cookie. 400 for a wrong current password. */
export async function changePassword(context: ConfirmContext, input: { currentPassword: string; newPassword: string }): Promise<void> {
	const { session_id, person_id: id } = getMember(context);
	const { sign_in, anonymous, clock } = context;
	const account = await sign_in.guarded(
		[{ kind: "session", name: session_id }],
		() => sign_in.comparePerson(id, input.currentPassword),
		() => wrongPassword("/currentPassword"),
	);
	const { password_hash } = await sign_in.comparing(input.newPassword, [account]);
	await change({ ...context, scope: ALL_TENANTS, reauthorize: stillSignedIn(context) }, async (tx) => {
		await reauthorize(tx);
		await setPassword(tx, id, password_hash, new Date(clock.now()));
		await endSignIns(tx, [id]);
		return { result: undefined, audit: [{ action: "password.changed", target: { kind: "person", id } }] };
	});
	await sign_in.beginSession(anonymous, id);
}
