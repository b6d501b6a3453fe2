import { type Address, type AllowList, forwardedAddress } from "../core/network.ts";
import { FORWARD_AUTH } from "../http/forward-auth-problem.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import { isAmbiguousPath } from "../http/path.ts";
import { isFromTrustedProxy } from "../http/peer.ts";
import type { ProblemDetails } from "../http/problem.ts";
import { METHOD_PATTERN } from "./rule.ts";

/** The original request that a proxy asks about. */
export interface Forwarded {
	readonly method: string;
	/** The path for the upstream, without the query. Unambiguous. */
	readonly path: string;
	/** Path and query. */
	readonly uri: string;
	readonly address: Address;
}

const METHOD = new RegExp(METHOD_PATTERN);
/** Characters that a URI cannot contain, and `#`: programs differ in whether they strip fragments. */
const NOT_OF_A_URI = /[^!-~]|#/;

function missing(detail: string): ProblemDetails {
	return { code: "forwarded_uri_missing", detail };
}

function invalid(detail: string): ProblemDetails {
	return { code: "invalid_request", detail };
}

const NOT_TRUSTED = missing("Only trusted proxies may use this route. Add the address of the proxy to KEYWRIGHT_TRUSTED_PROXIES.");
const NO_URI = missing("The proxy must send the URI of the request in X-Forwarded-Uri. See the recipe for your proxy.");
const NO_METHOD = missing("The proxy must send the method of the request in X-Forwarded-Method. See the recipe for your proxy.");
const NO_ADDRESS = missing("The proxy must send the IP address of its client in X-Forwarded-For. See the recipe for your proxy.");
const TWO_URIS = invalid("X-Forwarded-Uri was sent more than once. The proxy must overwrite the header that its client sends.");
const TWO_METHODS = invalid("X-Forwarded-Method was sent more than once. The proxy must overwrite the header that its client sends.");
const INVALID_METHOD = invalid("The method of the request must consist of capital letters and hyphens.");
const OTHER_METHOD = invalid("A header overrides the method of the request. Remove that header and send the request with the intended method.");
const OTHER_URI = invalid("A header overrides the URI of the request. Remove that header and send the request to the intended URI.");
const AMBIGUOUS: ProblemDetails = {
	code: "ambiguous_path",
	detail:
		"The path contains dot segments, empty segments, backslashes, encoded slashes or other characters that programs interpret differently. Send a normalized path.",
};

/** Refuses a URI that programs may interpret differently. Absolute URIs are refused too, since some upstreams use their host. */
function validateUri(uri: string, path: string): ProblemDetails | null {
	// ",/" may be two headers that were joined into one.
	return NOT_OF_A_URI.test(uri) || isAmbiguousPath(path) || path.includes(",/") ? AMBIGUOUS : null;
}

export function pathOfUri(uri: string): string {
	const query_at = uri.indexOf("?");
	return query_at === -1 ? uri : uri.slice(0, query_at);
}

/** Refuses an invalid method or an ambiguous URI; null when both are valid. */
export function validateTarget(method: string, uri: string): ProblemDetails | null {
	return METHOD.test(method) ? validateUri(uri, pathOfUri(uri)) : INVALID_METHOD;
}

/** The headers that describe the original request. Repeated overrides are collected; repeated X-Forwarded-* headers are refused. */
interface OriginalHeaders {
	uri: string | null;
	method: string | null;
	/** Overrides that some upstreams use instead of the method, the URI or the path. */
	methods: string[] | null;
	uris: string[] | null;
	paths: string[] | null;
	/** Prefixes that some upstreams prepend to the path. */
	prefixes: string[] | null;
}

function readHeaders(raw: readonly string[]): OriginalHeaders | ProblemDetails {
	const headers: OriginalHeaders = { uri: null, method: null, methods: null, uris: null, paths: null, prefixes: null };
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		if (name.charCodeAt(1) !== HYPHEN) continue;
		const value = raw[index + 1] ?? "";
		switch (name.toLowerCase()) {
			case "x-forwarded-uri":
				if (headers.uri !== null) return TWO_URIS;
				headers.uri = value;
				break;
			case "x-forwarded-method":
				if (headers.method !== null) return TWO_METHODS;
				headers.method = value;
				break;
			case "x-http-method-override":
			case "x-http-method":
			case "x-method-override":
			case "x-original-method":
				headers.methods = [...(headers.methods ?? []), value];
				break;
			case "x-original-url":
			case "x-original-uri":
			case "x-rewrite-url":
			case "x-rewrite-uri":
				headers.uris = [...(headers.uris ?? []), value];
				break;
			case "x-forwarded-path":
			case "x-original-path":
			case "x-envoy-original-path":
				headers.paths = [...(headers.paths ?? []), value];
				break;
			case "x-forwarded-prefix":
			case "x-script-name":
				headers.prefixes = [...(headers.prefixes ?? []), value];
				break;
		}
	}
	return headers;
}

const HYPHEN = 45;

/** Whether `text` is the URI, or the URL with scheme and host that some proxies send. */
function namesUri(text: string, uri: string): boolean {
	return text === uri || (/^https?:\/\//i.test(text) && text.indexOf("/", text.indexOf("//") + 2) === text.length - uri.length && text.endsWith(uri));
}

/**
 * Reads the original request of a trusted proxy, or refuses it as missing, invalid or ambiguous. On the route itself it is in
 * `X-Forwarded-Method` and `X-Forwarded-Uri`; below the route it is the request's own method and path.
 */
export function readForwarded(raw: FramedRequest, trusted: AllowList | null): Forwarded | ProblemDetails {
	if (!isFromTrustedProxy(raw, trusted)) return NOT_TRUSTED;
	const headers = readHeaders(raw.rawHeaders);
	if ("code" in headers) return headers;
	const url = raw.url ?? "";
	const by_path = url.charCodeAt(FORWARD_AUTH.length) === SLASH;
	const uri = by_path ? url.slice(FORWARD_AUTH.length) : headers.uri;
	const method = by_path ? (raw.method ?? "") : headers.method;
	if (uri === null || uri === "") return NO_URI;
	if (method === null || method === "") return NO_METHOD;
	if (!METHOD.test(method)) return INVALID_METHOD;
	const path = pathOfUri(uri);
	const refusal = validateUri(uri, path);
	if (refusal) return refusal;
	if (headers.methods?.some((other) => other !== method) || (headers.method !== null && headers.method !== method)) return OTHER_METHOD;
	if (headers.uris?.some((other) => !namesUri(other, uri)) || (headers.uri !== null && headers.uri !== uri)) return OTHER_URI;
	if (headers.paths?.some((other) => other !== path && other !== uri)) return OTHER_URI;
	if (headers.prefixes?.some((other) => other !== "" && other !== "/")) return OTHER_URI;
	const forwarded_for = raw.headers["x-forwarded-for"];
	const address = typeof forwarded_for === "string" ? forwardedAddress(forwarded_for, trusted) : null;
	return address === null ? NO_ADDRESS : { method, path, uri, address };
}

const SLASH = 47;
