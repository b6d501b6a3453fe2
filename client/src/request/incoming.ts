import type { IncomingMessage } from "node:http";
import { silence } from "../rules.ts";
import type { RequestFacts } from "../verifier/verifier.ts";

const TEXT_CHARACTERS_MAX = 512;
const WORD_CHARACTERS_MAX = 64;
const METHOD_CHARACTERS_MAX = 32;

/**
 * The details of a Node request for Keywright, truncated to its limits because the caller controls them; the guard truncates the path.
 * Drops the query of `url`; `ip` is the framework's. Throws `TypeError` for an `ip` that is not a string.
 */
export function readRequestFacts(incoming: IncomingMessage, url: string, ip: string | undefined): RequestFacts {
	return gather(incoming.method, url, ip, (name) => incoming.headers[name]);
}

/** The same for a web-standard request. */
export function readWebRequestFacts(request: Request, ip: string | undefined): RequestFacts {
	return gather(request.method, new URL(request.url).pathname, ip, (name) => request.headers.get(name));
}

function gather(method: string | undefined, url: string, ip: string | undefined, header: (name: string) => unknown): RequestFacts {
	const query = url.indexOf("?");
	return {
		path: query === -1 ? url : url.slice(0, query),
		...getText("method", method, METHOD_CHARACTERS_MAX),
		...getText("ip", getAddress(ip), WORD_CHARACTERS_MAX),
		...getText("user_agent", header("user-agent"), TEXT_CHARACTERS_MAX),
		...getText("client", header("x-keywright-client"), TEXT_CHARACTERS_MAX),
		...getText("origin", header("origin"), TEXT_CHARACTERS_MAX),
		...getText("sec_fetch_site", header("sec-fetch-site"), WORD_CHARACTERS_MAX),
	};
}

export function getWebTarget(request: Request): string {
	const { pathname, search } = new URL(request.url);
	return pathname + search;
}

/** The option `ip` may return undefined; any other value than a string closes the route. */
function getAddress(ip: unknown): string | undefined {
	if (ip === undefined || ip === null || typeof ip === "string") return ip ?? undefined;
	silence(ip);
	throw new TypeError("the address is no text");
}

/** Whether unread body bytes may still arrive, so that the connection cannot be reused. Never on HTTP/2, where a stream can be reset. */
export function leavesBody(incoming: IncomingMessage): boolean {
	if (incoming.httpVersionMajor !== 1 || incoming.readableEnded) return false;
	const length = incoming.headers["content-length"];
	return incoming.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function getText(name: keyof RequestFacts, value: unknown, max: number): RequestFacts {
	return typeof value === "string" && value !== "" ? { [name]: value.slice(0, max) } : {};
}
