import type { Decided } from "./decided.ts";
import type { Admission } from "./decision.ts";
import { factsOfWeb, targetOfWeb } from "./incoming.ts";
import { type KeywrightOptions, type Outcome, protectionFrom, readOptions } from "./protect.ts";
import { type Rules, readersOf, silence } from "./rules.ts";
import type { RequestFacts } from "./verifier.ts";
import { responseOf, withHeaders } from "./web.ts";

/**
 * What is needed of Next's request. Next's own types are not imported, since they change those of the whole program; a handler that
 * says `(request: NextRequest) => …` gets the whole of it, and so do its rules.
 */
export interface GuardableRequest extends Request {
	readonly nextUrl: { readonly pathname: string; readonly searchParams: URLSearchParams };
}

export type NextOptions = KeywrightOptions & {
	/**
	 * The caller's address, such as `(request) => request.headers.get("x-real-ip") ?? undefined`, where your proxy sets that header and
	 * drops the caller's own. Next tells no address: without this, sources stay unknown, and a key that is bound to addresses is refused.
	 */
	readonly ip?: (request: GuardableRequest) => string | undefined;
};

/** Means something to this process alone: a random token, of one use. */
const HANDED_ON_HEADER = "x-keywright-handed-on";

/** Catch-all segments are lists. */
export type RouteParams = Record<string, string | string[] | undefined>;

/** What rules see: the request, and the parameters of the route, decoded; in `check` there are none. */
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

/** The answer to send, or the admission, with headers for the response. */
export type Checked =
	| { readonly response: Response; readonly keywright?: never; readonly headers?: never; readonly request?: never }
	| {
			readonly response?: never;
			readonly keywright: Admission;
			/** For the response. */
			readonly headers: Readonly<Record<string, string>>;
			/** For `NextResponse.next`: hands the decision on, so that a guard of the handler with the same rules charges nothing again. */
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
 * Guards for one app: `export const guard = keywright(() => ({ url, credential }))` in a module of its own. As a function, the options
 * are read at the first request, and not by `next build`, which loads routes where the credential is not. Runs in the Node runtime,
 * which is Next's default. `Request` joins header lines of one name, so that the cap of 100 counts names here.
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
		readersOf(rules);
		const decide = once(() => open().protection.guard(rules));
		return (request: NextRequest, params: Params): Promise<Outcome> => {
			// Read first: while Next builds a page ahead of time this is where it stops, and there are no options then.
			const { headers } = request;
			const handedOn = headers.get(HANDED_ON_HEADER);
			if (handedOn !== null) open().decided.takeOver(handedOn, request);
			const facts = (): RequestFacts => factsOfWeb(request, open().addressOf?.(request));
			return decide()({ request, params }, headers, facts, targetOfWeb(request), request);
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
			if ("problem" in outcome) return responseOf(outcome.problem, leavesBody(request));
			return withHeaders(await handler(request, context, outcome.admission), outcome.headers);
		};
	}

	function check(rules: Rules<GuardedRequest>): (request: GuardableRequest) => Promise<Checked> {
		const decide = decider(rules);
		return async (request) => {
			const outcome = await decide(request, {});
			if ("problem" in outcome) return { response: responseOf(outcome.problem) };
			return { keywright: outcome.admission, headers: outcome.headers, request: { headers: handingOn(request, open().decided) } };
		};
	}

	return Object.assign(guard, { check, close: () => open().protection.close() });
}

/** The headers of a request with what its next guard takes over, and nothing of that kind that the caller sent. */
function handingOn(request: GuardableRequest, decided: Decided): Headers {
	const headers = new Headers(request.headers);
	const token = decided.handOn(request);
	if (token === null) headers.delete(HANDED_ON_HEADER);
	else headers.set(HANDED_ON_HEADER, token);
	return headers;
}

/** `make`, called at the first use; when it throws, the next use tries again. */
function once<Value>(make: () => Value): () => Value {
	let made: { readonly value: Value } | undefined;
	return () => {
		made ??= { value: make() };
		return made.value;
	};
}

/** Next keeps what the connection is from us: what the headers say of a body has to do. */
function leavesBody(request: Request): boolean {
	const length = request.headers.get("content-length");
	return !request.bodyUsed && (request.headers.has("transfer-encoding") || (length !== null && length !== "0"));
}
