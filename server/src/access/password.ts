import { normalEmail } from "../http/email.ts";
import { type ConfirmContext, memberOf, wrongPassword } from "./session.ts";
import { forgetPortal, type SessionCookiesContext } from "./session-cookie.ts";
import type { SignInContext } from "./sign-in.ts";
import type { VisitorContext } from "./visitor.ts";

type PublicSignInContext = SignInContext & VisitorContext;

/** Signs in with address and password, and gives the visitor the cookie. 401 `credential_invalid`, 429 `rate_limited`. */
export async function signInByEmail(
	context: PublicSignInContext & SessionCookiesContext,
	input: { email: string; password: string; rememberMe?: boolean },
): Promise<{ signed_in: true }> {
	const { email, password, rememberMe = true } = input;
	await context.sign_in.begin(context.visitor, { email: normalEmail(email), password, remember: rememberMe });
	forgetPortal(context);
	return { signed_in: true };
}

/** Mails a link to set a new password, if the address has an account; says only whether this server sends mail at all. */
export async function requestPasswordReset(
	context: PublicSignInContext & { readonly mail: boolean },
	input: { email: string },
): Promise<{ mail: boolean }> {
	if (context.mail) await context.sign_in.askReset(context.visitor, normalEmail(input.email));
	return { mail: context.mail };
}

/** Sets a new password by a mailed link, which ends every sign-in of the person. 404 `not_found` for a link that does not wait. */
export async function resetPassword(context: PublicSignInContext, input: { token: string; newPassword: string }): Promise<void> {
	await context.sign_in.reset(context.visitor, input.token, input.newPassword);
}

/** Replaces the person's password; their other sign-ins end and this one goes on with a new cookie. 400 for a wrong current password. */
export async function changePassword(context: ConfirmContext, input: { currentPassword: string; newPassword: string }): Promise<void> {
	const { email } = memberOf(context);
	const { sign_in, visitor } = context;
	await sign_in.guarded(
		visitor,
		email,
		() => sign_in.change(visitor, input.currentPassword, input.newPassword),
		() => wrongPassword("/currentPassword"),
	);
}
