import { type CookieRules, cookieLine } from "../../http/session-cookies.ts";
import type { AnonymousContext } from "../anonymous.ts";

/** The context of actions that set or clear session cookies. */
export interface SessionCookiesContext extends AnonymousContext {
	readonly session_cookies: CookieRules;
}

function forget(context: SessionCookiesContext, names: readonly string[]): void {
	context.anonymous.setCookies(names.map((name) => cookieLine(context.session_cookies, name, "", 0)));
}

function namesOfMember({ session_cookies }: SessionCookiesContext): string[] {
	return [session_cookies.names.member, session_cookies.brief_name];
}

/** Clears the portal cookie. A browser holds one session at a time, so signing in ends the use of a portal session, and vice versa. */
export function clearPortalCookie(context: SessionCookiesContext): void {
	forget(context, [context.session_cookies.names.portal]);
}

export function setPortalCookie(context: SessionCookiesContext, value: string, max_age_seconds: number): void {
	const { session_cookies, anonymous } = context;
	forget(context, namesOfMember(context));
	anonymous.setCookies([cookieLine(session_cookies, session_cookies.names.portal, value, max_age_seconds)]);
}

export function clearSessionCookies(context: SessionCookiesContext): void {
	forget(context, [...namesOfMember(context), context.session_cookies.names.portal]);
}
