import { type Address, type AllowList, forwardedAddress } from "../core/network.ts";
import { FORWARD_AUTH } from "../http/forward-auth-problem.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import { isAmbiguousPath } from "../http/path.ts";
import { isFromTrustedProxy } from "../http/peer.ts";
import type { Refusal } from "../http/problem.ts";
import { METHOD_PATTERN } from "./rule.ts";

/** A request that a proxy holds while it asks about it. */
export interface Forwarded {
	readonly method: string;
	/** As it goes to the upstream, without the query; read in one way only. */
	readonly path: string;
	/** With the query. */
	readonly uri: string;
	readonly address: Address;
}

const METHOD = new RegExp(METHOD_PATTERN);
/** Besides what is no part of a URI: a fragment, which some cut off and some do not. */
const NOT_OF_A_URI = /[^!-~]|#/;

function missing(detail: string): Refusal {
	return { code: "forwarded_uri_missing", detail };
}

function invalid(detail: string): Refusal {
	return { code: "invalid_request", detail };
}

const NOT_TRUSTED = missing("Only trusted proxies may use this route. Add the address of the proxy to KEYWRIGHT_TRUSTED_PROXIES.");
const NO_URI = missing("The proxy must send the URI of the request in X-Forwarded-Uri. See the recipe for your proxy.");
const NO_METHOD = missing("The proxy must send the method of the request in X-Forwarded-Method. See the recipe for your proxy.");
const NO_ADDRESS = missing("The proxy must send the IP address of its client in X-Forwarded-For. See the recipe for your proxy.");
const TWO_URIS = invalid("X-Forwarded-Uri was sent more than once. The proxy must overwrite the header that its client sends.");
const TWO_METHODS = invalid("X-Forwarded-Method was sent more than once. The proxy must overwrite the header that its client sends.");
const NO_SUCH_METHOD = invalid("The method of the request must consist of capital letters and hyphens.");
const OTHER_METHOD = invalid("A header overrides the method of the request. Remove that header and send the request with the intended method.");
const OTHER_URI = invalid("A header overrides the URI of the request. Remove that header and send the request to the intended URI.");
const AMBIGUOUS: Refusal = {
	code: "ambiguous_path",
	detail:
		"The path contains dot segments, empty segments, backslashes, encoded slashes or other characters that programs interpret differently. Send a normalized path.",
};

/** What is wrong with the URI of a request, when two programs could read it differently. Absolute URIs are: some upstreams go by their host. */
function faultOfUri(uri: string, path: string): Refusal | null {
	// A comma before a slash is how two headers look that were joined into one.
	return NOT_OF_A_URI.test(uri) || isAmbiguousPath(path) || path.includes(",/") ? AMBIGUOUS : null;
}

export function pathOfUri(uri: string): string {
	const query_at = uri.indexOf("?");
	return query_at === -1 ? uri : uri.slice(0, query_at);
}

/** Why a request with this method and URI is refused whoever sends it; null when there is no reason. Needs no proxy: the tester asks too. */
export function faultOfTarget(method: string, uri: string): Refusal | null {
	return METHOD.test(method) ? faultOfUri(uri, pathOfUri(uri)) : NO_SUCH_METHOD;
}

/** What the headers of a question say, each of them that came twice named. */
interface Told {
	uri: string | null;
	method: string | null;
	/** What else may be taken for the method, or for the URI, by some upstream. */
	methods: string[] | null;
	uris: string[] | null;
	paths: string[] | null;
	/** What some upstream takes for the first part of the path. */
	prefixes: string[] | null;
}

function readHeaders(raw: readonly string[]): Told | Refusal {
	const told: Told = { uri: null, method: null, methods: null, uris: null, paths: null, prefixes: null };
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		if (name.charCodeAt(1) !== HYPHEN) continue;
		const value = raw[index + 1] ?? "";
		switch (name.toLowerCase()) {
			case "x-forwarded-uri":
				if (told.uri !== null) return TWO_URIS;
				told.uri = value;
				break;
			case "x-forwarded-method":
				if (told.method !== null) return TWO_METHODS;
				told.method = value;
				break;
			case "x-http-method-override":
			case "x-http-method":
			case "x-method-override":
			case "x-original-method":
				told.methods = [...(told.methods ?? []), value];
				break;
			case "x-original-url":
			case "x-original-uri":
			case "x-rewrite-url":
			case "x-rewrite-uri":
				told.uris = [...(told.uris ?? []), value];
				break;
			case "x-forwarded-path":
			case "x-original-path":
			case "x-envoy-original-path":
				told.paths = [...(told.paths ?? []), value];
				break;
			case "x-forwarded-prefix":
			case "x-script-name":
				told.prefixes = [...(told.prefixes ?? []), value];
				break;
		}
	}
	return told;
}

const HYPHEN = 45;

/** Some proxies send the original URL with scheme and host, which says the same. */
function namesUri(text: string, uri: string): boolean {
	return text === uri || (/^https?:\/\//i.test(text) && text.indexOf("/", text.indexOf("//") + 2) === text.length - uri.length && text.endsWith(uri));
}

/**
 * The request that a trusted proxy asks about, or why it cannot be told for certain which one that is. By headers at the address itself
 * (`X-Forwarded-Method`, `X-Forwarded-Uri`); below it by the method and the path of the question.
 */
export function readForwarded(raw: FramedRequest, trusted: AllowList | null): Forwarded | Refusal {
	if (!isFromTrustedProxy(raw, trusted)) return NOT_TRUSTED;
	const told = readHeaders(raw.rawHeaders);
	if ("code" in told) return told;
	const url = raw.url ?? "";
	const by_path = url.charCodeAt(FORWARD_AUTH.length) === SLASH;
	const uri = by_path ? url.slice(FORWARD_AUTH.length) : told.uri;
	const method = by_path ? (raw.method ?? "") : told.method;
	if (uri === null || uri === "") return NO_URI;
	if (method === null || method === "") return NO_METHOD;
	if (!METHOD.test(method)) return NO_SUCH_METHOD;
	const path = pathOfUri(uri);
	const fault = faultOfUri(uri, path);
	if (fault) return fault;
	if (told.methods?.some((other) => other !== method) || (told.method !== null && told.method !== method)) return OTHER_METHOD;
	if (told.uris?.some((other) => !namesUri(other, uri)) || (told.uri !== null && told.uri !== uri)) return OTHER_URI;
	if (told.paths?.some((other) => other !== path && other !== uri)) return OTHER_URI;
	if (told.prefixes?.some((other) => other !== "" && other !== "/")) return OTHER_URI;
	const forwarded_for = raw.headers["x-forwarded-for"];
	const address = typeof forwarded_for === "string" ? forwardedAddress(forwarded_for, trusted) : null;
	return address === null ? NO_ADDRESS : { method, path, uri, address };
}

const SLASH = 47;
