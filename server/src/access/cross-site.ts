import type { IncomingHttpHeaders } from "node:http";
import type { ProblemDetails } from "../http/problem.ts";

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/** The dashboard's own origins: that of the public URL; for a loopback URL also the other loopback names at the same port. */
export function ownOrigins(public_url: string): readonly string[] {
	const { protocol, hostname, origin, port } = new URL(public_url);
	if (protocol !== "http:" || !LOOPBACK_NAMES.includes(hostname)) return [origin];
	return LOOPBACK_NAMES.map((name) => `http://${name}${port === "" ? "" : `:${port}`}`);
}

const CROSS_SITE: ProblemDetails = {
	code: "cross_site_request",
	detail: "The request was not sent from this server's own origin. Open the dashboard at its public URL.",
};

function asText(header: string | string[] | undefined): string | null {
	return typeof header === "string" ? header : null;
}

/**
 * Refuses a cross-site request that carries a session cookie; null when it is same-origin. A write must prove its origin: browsers always
 * send `Origin` or `Sec-Fetch-Site` with one (Fetch, section 3.1). A GET is refused only when `Sec-Fetch-Site` is `cross-site`.
 */
export function crossSiteWithSession(method: string, headers: IncomingHttpHeaders, origins: readonly string[]): ProblemDetails | null {
	const site = asText(headers["sec-fetch-site"]);
	if (method === "GET") return site === "cross-site" ? CROSS_SITE : null;
	const origin = asText(headers.origin);
	return (origin === null ? site === "same-origin" : origins.includes(origin)) ? null : CROSS_SITE;
}

/**
 * The same check for routes that need no session but may begin one. A request with neither header does not come from a browser, so it
 * carries no other person's cookies.
 */
export function crossSiteWithout(method: string, headers: IncomingHttpHeaders, origins: readonly string[]): ProblemDetails | null {
	if (method === "GET") return null;
	const is_not_browser = headers.origin === undefined && headers["sec-fetch-site"] === undefined;
	return is_not_browser ? null : crossSiteWithSession(method, headers, origins);
}
