import { isForwardAuth } from "./forward-auth-problem.ts";
import type { FramedRequest } from "./framed-request.ts";
import { isAmbiguousPath } from "./path.ts";
import type { ProblemDetails } from "./problem.ts";
import { holdsSessionCookie } from "./session-cookies.ts";

/** Names and values together: 100 header lines. Node.js allows more, so this limit is checked here. */
const RAW_HEADERS_MAX = 200;

/** Health checks of load balancers. */
const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

const MALFORMED_HOST: ProblemDetails = { code: "invalid_request", detail: "Send exactly one Host header." };
const NOT_HTTP_1: ProblemDetails = { code: "invalid_request", detail: "The version of the request is not HTTP/1.1 or HTTP/1.0." };
const TOO_MANY_HEADERS: ProblemDetails = { code: "headers_too_large", detail: "The request has more than 100 header lines. Send fewer." };
const AMBIGUOUS: ProblemDetails = {
	code: "ambiguous_path",
	detail:
		"The path contains dot segments, empty segments, backslashes, encoded slashes or other characters that programs interpret differently. Remove them.",
};
const TWO_KEYS: ProblemDetails = { code: "multiple_credentials", detail: "The request has more than one X-API-Key header. Send exactly one." };
const TWO_BEARERS: ProblemDetails = { code: "multiple_credentials", detail: "The request has more than one Authorization header. Send exactly one." };
const KEY_AND_BEARER: ProblemDetails = {
	code: "multiple_credentials",
	detail: "The request has both X-API-Key and Authorization. Send only the one that this route asks for.",
};
const CREDENTIAL_AND_SESSION: ProblemDetails = {
	code: "multiple_credentials",
	detail: "The request has the cookie of a signed-in person and another credential. Send only the one that this route asks for.",
};
const UNKNOWN_CODING: ProblemDetails = {
	code: "unknown_transfer_coding",
	detail: "The only supported transfer coding is chunked. Send the body with it or with Content-Length.",
};
const CODED_BODY: ProblemDetails = { code: "unsupported_media_type", detail: "Content-Encoding is not supported. Send the body without it." };

/** The first check of every request: rejects ambiguous framing and duplicate credentials. Null when the request passes. */
export function checkFraming(request: FramedRequest): ProblemDetails | null {
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

/** HTTP/1.0 does not require Host (RFC 9112, section 3.2), and load balancers send such health checks. Other HTTP/1.0 requests need Host. */
function mayLackHost(request: FramedRequest, url: string): boolean {
	return request.httpVersionMinor === 0 && HEALTH_PATHS.has(url);
}

/** A proxy forwards the body headers of the original request, but not its body. */
function isOfNoBody(request: FramedRequest): boolean {
	return isForwardAuth(request.url ?? "");
}

/** The raw path without the query, which may contain a key sent by mistake. */
export function getPath(request: FramedRequest): string {
	const url = request.url ?? "";
	return request.query_at === -1 ? url : url.slice(0, request.query_at);
}
