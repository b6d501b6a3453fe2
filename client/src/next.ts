import { type KeywrightOptions, type Outcome, protectionFrom, readOptions } from "./protect.ts";
import { getWebTarget, readWebRequestFacts } from "./request/incoming.ts";
import { getReaders, type Rules, silence } from "./rules.ts";
import type { Admission } from "./verifier/decision.ts";
import type { DecisionCache } from "./verifier/decision-cache.ts";
import type { RequestFacts } from "./verifier/verifier.ts";
import { toResponse, withHeaders } from "./web.ts";

/**
 * The required part of Next's request. Next's types are not imported, because they change global types. A handler with
 * `(request: NextRequest) => …` gets the full type, and so do its rules.
 */
export interface GuardableRequest extends Request {
	readonly nextUrl: { readonly pathname: string; readonly searchParams: URLSearchParams };
}

export type NextOptions = KeywrightOptions & {
	/**
	 * The caller's address, such as `(request) => request.headers.get("x-real-ip") ?? undefined`, if your proxy sets that header and drops the
	 * caller's. Next has no address: without this option sources are unknown, and keys that are bound to addresses are refused.
	 */
	readonly ip?: (request: GuardableRequest) => string | undefined;
};

/** A random one-time token, valid only in this process. */
const TRANSFER_HEADER = "x-keywright-handed-on";

/** Catch-all parameters are lists. */
export type RouteParams = Record<string, string | string[] | undefined>;

/** The request for rules with the decoded route parameters; `check` has none. */
export interface GuardedRequest<Params = Record<string, string>, NextRequest = GuardableRequest> {
	readonly request: NextRequest;
	readonly params: Params;
}

/** The second argument of a route handler. */
export interface RouteContext<Params> {
	params: Promise<Params>;
}

export type Handler<Params, NextRequest> = (
	request: NextRequest,
	context: RouteContext<Params>,
	keywright: Admission,
) => Response | Promise<Response>;

/** The response to send, or the admission with headers for the response. */
export type Checked =
	| { readonly response: Response; readonly keywright?: never; readonly headers?: never; readonly request?: never }
	| {
			readonly response?: never;
			readonly keywright: Admission;
			/** For the response. */
			readonly headers: Readonly<Record<string, string>>;
			/** For `NextResponse.next`: passes the decision to the handler, whose guard with the same rules then does not charge again. */
			readonly request: { readonly headers: Headers };
	  };

export interface NextGuard {
	/** A route handler of the App Router: `export const GET = guard({ tenant: (r) => r.params.tenant_id }, handler)`. */
	<Params extends RouteParams = Record<string, string>, NextRequest extends GuardableRequest = GuardableRequest>(
		rules: Rules<GuardedRequest<Params, NextRequest>>,
		handler: Handler<Params, NextRequest>,
	): (request: NextRequest, context: RouteContext<Params>) => Promise<Response>;
	/** For `proxy.ts`: `const { response, headers, request } = await check(asked); return response ?? NextResponse.next({ headers, request })`. */
	check: (rules: Rules<GuardedRequest>) => (request: GuardableRequest) => Promise<Checked>;
	/** Closes the connections to Keywright. */
	close: () => void;
}

/**
 * Guards for one app: `export const guard = keywright(() => ({ url, credential }))` in a separate module. Options in a function are read at
 * the first request, not by `next build`, which loads routes without the credential. Needs the Node runtime, Next's default. `Request` joins
 * header lines of one name, so the limit of 100 counts names here.
 */
export function keywright(options: NextOptions | (() => NextOptions)): NextGuard {
	const open = once(() => {
		const now: unknown = typeof options === "function" ? options() : options;
		silence(now);
		const { given, ip } = readOptions<NextOptions["ip"]>(now);
		const protection = protectionFrom(given);
		return { protection, decided: protection.decided, addressOf: ip };
	});
	if (typeof options !== "function") open();

	function decider<Params, NextRequest extends GuardableRequest>(rules: Rules<GuardedRequest<Params, NextRequest>>) {
		getReaders(rules);
		const decide = once(() => open().protection.guard(rules));
		return (request: NextRequest, params: Params): Promise<Outcome> => {
			// Read headers first: prerendering stops here, and there are no options at that time.
			const { headers } = request;
			const token = headers.get(TRANSFER_HEADER);
			if (token !== null) open().decided.receive(token, request);
			const facts = (): RequestFacts => readWebRequestFacts(request, open().addressOf?.(request));
			return decide()({ request, params }, headers, facts, getWebTarget(request), request);
		};
	}

	function guard<Params extends RouteParams, NextRequest extends GuardableRequest>(
		rules: Rules<GuardedRequest<Params, NextRequest>>,
		handler: Handler<Params, NextRequest>,
	) {
		const decide = decider(rules);
		if (typeof handler !== "function") throw new TypeError("guard: give the handler after the rules");
		return async (request: NextRequest, context: RouteContext<Params>): Promise<Response> => {
			const outcome = await decide(request, await context.params);
			if ("problem" in outcome) return toResponse(outcome.problem, leavesBody(request));
			return withHeaders(await handler(request, context, outcome.admission), outcome.headers);
		};
	}

	function check(rules: Rules<GuardedRequest>): (request: GuardableRequest) => Promise<Checked> {
		const decide = decider(rules);
		return async (request) => {
			const outcome = await decide(request, {});
			if ("problem" in outcome) return { response: toResponse(outcome.problem) };
			return { keywright: outcome.admission, headers: outcome.headers, request: { headers: withTransfer(request, open().decided) } };
		};
	}

	return Object.assign(guard, { check, close: () => open().protection.close() });
}

/** Adds the token for the next guard to the request headers and removes any that the caller sent. */
function withTransfer(request: GuardableRequest, decided: DecisionCache): Headers {
	const headers = new Headers(request.headers);
	const token = decided.transfer(request);
	if (token === null) headers.delete(TRANSFER_HEADER);
	else headers.set(TRANSFER_HEADER, token);
	return headers;
}

/** Calls `make` at the first use; if it throws, the next use calls it again. */
function once<Value>(make: () => Value): () => Value {
	let made: { readonly value: Value } | undefined;
	return () => {
		made ??= { value: make() };
		return made.value;
	};
}

/** Next hides the connection, so only the headers tell whether there is a body. */
function leavesBody(request: Request): boolean {
	const length = request.headers.get("content-length");
	return !request.bodyUsed && (request.headers.has("transfer-encoding") || (length !== null && length !== "0"));
}
