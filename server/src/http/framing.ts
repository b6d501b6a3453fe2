import { isForwardAuth } from "./forward-auth-problem.ts";
import type { FramedRequest } from "./framed-request.ts";
import { isAmbiguousPath } from "./path.ts";
import type { Refusal } from "./problem.ts";
import { holdsSessionCookie } from "./session-cookies.ts";

/** Names and values together: 100 header lines. Node hands over more, so the cap is ours. */
const RAW_HEADERS_MAX = 200;

/** Where balancers ask. */
const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

const MALFORMED_HOST: Refusal = { code: "invalid_request", detail: "Send exactly one Host header." };
const NOT_HTTP_1: Refusal = { code: "invalid_request", detail: "The version of the request is not HTTP/1.1 or HTTP/1.0." };
const TOO_MANY_HEADERS: Refusal = { code: "headers_too_large", detail: "The request has more than 100 header lines. Send fewer." };
const AMBIGUOUS: Refusal = {
	code: "ambiguous_path",
	detail:
		"The path holds dot segments, empty segments, backslashes, encoded slashes or other characters that two programs could read differently. Send it plainly.",
};
const TWO_KEYS: Refusal = { code: "multiple_credentials", detail: "The request has more than one X-API-Key header. Send exactly one." };
const TWO_BEARERS: Refusal = { code: "multiple_credentials", detail: "The request has more than one Authorization header. Send exactly one." };
const KEY_AND_BEARER: Refusal = {
	code: "multiple_credentials",
	detail: "The request has both X-API-Key and Authorization. Send only the one that this route asks for.",
};
const CREDENTIAL_AND_SESSION: Refusal = {
	code: "multiple_credentials",
	detail: "The request has the cookie of a signed-in person and another credential. Send only the one that this route asks for.",
};
const UNKNOWN_CODING: Refusal = { code: "unknown_transfer_coding", detail: "The only transfer coding understood here is chunked." };
const CODED_BODY: Refusal = { code: "unsupported_media_type", detail: "Bodies are read as they are: send it without Content-Encoding." };

/** The first of the fixed checks: whether the request can be read in only one way. Null when it can. */
export function checkFraming(request: FramedRequest): Refusal | null {
	const raw = request.rawHeaders;
	if (raw.length > RAW_HEADERS_MAX) return TOO_MANY_HEADERS;
	if (request.httpVersionMajor !== 1) return NOT_HTTP_1;
	let hosts = 0;
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		switch (name.length) {
			case 4:
				if (name.toLowerCase() === "host") hosts += 1;
				break;
			case 9:
				if (name.toLowerCase() !== "x-api-key") break;
				if (request.raw_key !== null) return TWO_KEYS;
				request.raw_key = raw[index + 1] ?? "";
				break;
			case 13:
				if (name.toLowerCase() !== "authorization") break;
				if (request.authorization !== null) return TWO_BEARERS;
				request.authorization = raw[index + 1] ?? "";
				break;
			case 16:
				if (name.toLowerCase() === "content-encoding" && raw[index + 1]?.toLowerCase() !== "identity" && !isOfNoBody(request)) return CODED_BODY;
				break;
			case 18:
				if (name.toLowerCase() === "x-keywright-client") request.client_name ??= raw[index + 1] ?? "";
				break;
			case 17:
				if (name.toLowerCase() === "transfer-encoding" && raw[index + 1]?.toLowerCase() !== "chunked") return UNKNOWN_CODING;
				break;
		}
	}
	const url = request.url ?? "";
	if (hosts !== 1 && !(hosts === 0 && mayLackHost(request, url))) return MALFORMED_HOST;
	request.query_at = url.indexOf("?");
	if (isAmbiguousPath(request.query_at === -1 ? url : url.slice(0, request.query_at))) return AMBIGUOUS;
	if (request.raw_key === null && request.authorization === null) return null;
	if (request.raw_key !== null && request.authorization !== null) return KEY_AND_BEARER;
	const { cookie } = request.headers;
	return cookie !== undefined && holdsSessionCookie(cookie) ? CREDENTIAL_AND_SESSION : null;
}

/** HTTP/1.0 needs no Host (RFC 9112, 3.2), and balancers ask so whether a server is well. All else of that version comes from proxies that name one. */
function mayLackHost(request: FramedRequest, url: string): boolean {
	return request.httpVersionMinor === 0 && HEALTH_PATHS.has(url);
}

/** A proxy hands on what its caller says of a body that stays with it. */
function isOfNoBody(request: FramedRequest): boolean {
	return isForwardAuth(request.url ?? "");
}

/** The path as it came, without the query, which may hold a key sent by mistake. */
export function pathOf(request: FramedRequest): string {
	const url = request.url ?? "";
	return request.query_at === -1 ? url : url.slice(0, request.query_at);
}
