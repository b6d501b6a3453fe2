import { type CookieRules, cookieLine } from "../../http/session-cookies.ts";
import type { AnonymousContext } from "../anonymous.ts";

/** What an action needs that gives or takes the cookie of a session. */
export interface SessionCookiesContext extends AnonymousContext {
	readonly session_cookies: CookieRules;
}

function forget(context: SessionCookiesContext, names: readonly string[]): void {
	context.anonymous.setCookies(names.map((name) => cookieLine(context.session_cookies, name, "", 0)));
}

function namesOfMember({ session_cookies }: SessionCookiesContext): string[] {
	return [session_cookies.names.member, session_cookies.brief_name];
}

/** A browser is one person at a time: whoever signs in leaves the session that a portal link began, and the other way round. */
export function forgetPortal(context: SessionCookiesContext): void {
	forget(context, [context.session_cookies.names.portal]);
}

export function givePortal(context: SessionCookiesContext, value: string, max_age_seconds: number): void {
	const { session_cookies, anonymous } = context;
	forget(context, namesOfMember(context));
	anonymous.setCookies([cookieLine(session_cookies, session_cookies.names.portal, value, max_age_seconds)]);
}

export function forgetBoth(context: SessionCookiesContext): void {
	forget(context, [...namesOfMember(context), context.session_cookies.names.portal]);
}
