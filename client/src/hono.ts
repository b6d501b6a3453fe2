import type { IncomingMessage } from "node:http";
import type { Context, MiddlewareHandler } from "hono";
import { type KeywrightOptions, protectionFrom, readOptions } from "./protect.ts";
import { getWebTarget, leavesBody, readWebRequestFacts } from "./request/incoming.ts";
import type { Rules } from "./rules.ts";
import type { Admission } from "./verifier/decision.ts";
import { toResponse } from "./web.ts";

export type HonoOptions = KeywrightOptions & {
	/**
	 * The caller's address, such as `(c) => getConnInfo(c).remote.address`. Default: the connection's on `@hono/node-server`, elsewhere none.
	 * Behind a proxy the connection's address is the proxy's. Trust a header only if your proxy sets it.
	 */
	readonly ip?: (context: Context) => string | undefined;
};

/** For an app with guards in `app.use`: `new Hono<{ Variables: KeywrightVariables }>()`. */
export interface KeywrightVariables {
	/** The key and its tenant; set only on guarded routes. */
	keywright: Admission;
}

/** Later handlers in the same call get a typed `c.var.keywright`. */
export type Middleware = MiddlewareHandler<{ Variables: KeywrightVariables }>;

export interface HonoGuard {
	(rules: Rules<Context>): Middleware;
	/** Closes the connections to Keywright. */
	close: () => void;
}

/**
 * Guards for the routes of one app: `const guard = keywright({ url, credential })`, then per route
 * `app.get(path, guard({ tenant: (c) => c.req.param("tenant_id"), permission: "orders:read" }), handler)`. Runs where `node:http` does.
 */
export function keywright(options: HonoOptions): HonoGuard {
	const { given, ip } = readOptions<HonoOptions["ip"]>(options);
	const protection = protectionFrom(given);

	function guard(rules: Rules<Context>): Middleware {
		const decide = protection.guard(rules);
		return async (context, next) => {
			const incoming = getIncoming(context);
			const address = (): string | undefined => (ip ? ip(context) : incoming?.socket.remoteAddress);
			const lines = incoming?.rawHeaders ?? context.req.raw.headers;
			const target = incoming?.url ?? getWebTarget(context.req.raw);
			const outcome = await decide(context, lines, () => readWebRequestFacts(context.req.raw, address()), target, incoming ?? context.req.raw);
			if ("problem" in outcome) return toResponse(outcome.problem, incoming !== null && leavesBody(incoming));
			context.set("keywright", outcome.admission);
			for (const [name, value] of Object.entries(outcome.headers)) context.header(name, value);
			await next();
			// A `Response` that a handler creates lacks headers that were set before.
			for (const [name, value] of Object.entries(outcome.headers)) if (!context.res.headers.has(name)) context.header(name, value);
			return undefined;
		};
	}

	return Object.assign(guard, { close: protection.close });
}

/** The Node request of `@hono/node-server`, which has the raw header lines; null on other platforms. */
function getIncoming(context: Context): IncomingMessage | null {
	const incoming: unknown = context.env?.incoming;
	return isIncoming(incoming) ? incoming : null;
}

/** Guarantee: an object with `rawHeaders` in an adapter's `incoming` is a Node request. */
function isIncoming(value: unknown): value is IncomingMessage {
	return typeof value === "object" && value !== null && "rawHeaders" in value && Array.isArray(value.rawHeaders) && "socket" in value;
}
