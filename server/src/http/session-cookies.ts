/** The kind of a session: a member's sign-in, or a portal link. */
export type SessionKind = "member" | "portal";

const BARE_NAMES: Readonly<Record<SessionKind, string>> = { member: "kw_session", portal: "kw_portal" };
const BRIEF_NAME = "kw_brief";
const DEVICE_NAME = "kw_device";
const HOST_PREFIX = "__Host-";
const ANY_SESSION = /(?:^|;)[ \t]*(?:__Host-)?kw_(?:session|portal)=/;

/** The names and attributes of the session cookies at one public address. */
export interface CookieRules {
	readonly names: Readonly<Record<SessionKind, string>>;
	/** Marks a member's sign-in that ends with the browser session. */
	readonly brief_name: string;
	/** Identifies a browser that was used to sign in; not a session. */
	readonly device_name: string;
	/** Over HTTPS only: there no other host, path or plain connection can set or see them (RFC 6265bis, `__Host-`). */
	readonly secure: boolean;
}

export function getCookieRules(public_url: string): CookieRules {
	const secure = new URL(public_url).protocol === "https:";
	const prefix = secure ? HOST_PREFIX : "";
	const name = (kind: SessionKind) => prefix + BARE_NAMES[kind];
	return { secure, names: { member: name("member"), portal: name("portal") }, brief_name: prefix + BRIEF_NAME, device_name: prefix + DEVICE_NAME };
}

/** Whether a `Cookie` header holds a session cookie of any form. */
export function holdsSessionCookie(header: string): boolean {
	return ANY_SESSION.test(header);
}

/** Every value that a `Cookie` header gives `name`, as it was sent. */
export function cookieValues(header: string, name: string): string[] {
	return header
		.split(";")
		.map((pair) => pair.trim())
		.filter((pair) => pair.startsWith(`${name}=`))
		.map((pair) => pair.slice(name.length + 1));
}

/** A host-only, HttpOnly `Set-Cookie` line. `max_age_seconds` 0 deletes the cookie. */
export function cookieLine(rules: CookieRules, name: string, value: string, max_age_seconds: number): string {
	return `${name}=${value}; Max-Age=${max_age_seconds}; Path=/; HttpOnly; SameSite=Lax${rules.secure ? "; Secure" : ""}`;
}
