import type { IncomingHttpHeaders } from "node:http";
import type { Refusal } from "../http/problem.ts";

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/** The origins whose pages are ours: the public URL's, and on this machine alone the other names that a browser may call it by. */
export function ownOrigins(public_url: string): readonly string[] {
	const { protocol, hostname, origin, port } = new URL(public_url);
	if (protocol !== "http:" || !LOOPBACK_NAMES.includes(hostname)) return [origin];
	return LOOPBACK_NAMES.map((name) => `http://${name}${port === "" ? "" : `:${port}`}`);
}

const CROSS_SITE: Refusal = {
	code: "cross_site_request",
	detail: "The request was not sent from this server's own origin. Open the dashboard at its public URL.",
};

function textOf(header: string | string[] | undefined): string | null {
	return typeof header === "string" ? header : null;
}

/**
 * Why a request with a session cookie is not believed to come from a page of ours; null when it is. A change has to show it: a browser
 * always sends `Origin` or `Sec-Fetch-Site` with one (Fetch, section 3.1). A read is refused only when it says that it is another site's.
 */
export function crossSiteWithSession(method: string, headers: IncomingHttpHeaders, origins: readonly string[]): Refusal | null {
	const site = textOf(headers["sec-fetch-site"]);
	if (method === "GET") return site === "cross-site" ? CROSS_SITE : null;
	const origin = textOf(headers.origin);
	return (origin === null ? site === "same-origin" : origins.includes(origin)) ? null : CROSS_SITE;
}

/**
 * The same where a request needs no session but its answer may begin one: who sends neither header is no browser, and nothing of
 * another person's can be sent along by it.
 */
export function crossSiteWithout(method: string, headers: IncomingHttpHeaders, origins: readonly string[]): Refusal | null {
	if (method === "GET") return null;
	const says_nothing = headers.origin === undefined && headers["sec-fetch-site"] === undefined;
	return says_nothing ? null : crossSiteWithSession(method, headers, origins);
}
