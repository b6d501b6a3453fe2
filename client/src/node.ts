import type { IncomingMessage, ServerResponse } from "node:http";
import { type KeywrightOptions, protectionFrom, readOptions } from "./protect.ts";
import { leavesBody, readRequestFacts } from "./request/incoming.ts";
import type { Rules } from "./rules.ts";
import type { Admission } from "./verifier/decision.ts";

export type NodeOptions = KeywrightOptions & {
	/** The caller's address. Default: the connection's, which behind a proxy is the proxy's. Trust a header only if your proxy sets it. */
	readonly ip?: (request: IncomingMessage) => string | undefined;
};

/** The arguments of a guarded handler. */
export type Guarded<Request> = Request & {
	/** The key and its tenant. */
	keywright: Admission;
};

export type Handler<Request, Response extends ServerResponse> = (request: Request, response: Response) => unknown;

export interface NodeGuard {
	/** A handler for `node:http` and for frameworks that pass its requests on, such as `/pages/api` of Next. Rejects if `handler` does. */
	<Request extends IncomingMessage = IncomingMessage, Response extends ServerResponse = ServerResponse>(
		rules: Rules<Request>,
		handler: Handler<Guarded<Request>, Response>,
	): (request: Request, response: Response) => Promise<void>;
	/**
	 * For any other framework: sets the headers of an admitted response and returns the admission, or sends the problem and returns null. After
	 * null the response must not be written.
	 */
	check: <Request extends IncomingMessage = IncomingMessage>(
		rules: Rules<Request>,
	) => (request: Request, response: ServerResponse) => Promise<Admission | null>;
	/** Closes the connections to Keywright. */
	close: () => void;
}

/**
 * Guards for plain handlers: `const guard = keywright({ url, credential })`, then
 * `createServer(guard({ tenant: (r) => tenantOf(r.url), permission: "orders:read" }, handler))`. The key is checked before the body is read.
 */
export function keywright(options: NodeOptions): NodeGuard {
	const { given, ip } = readOptions<NodeOptions["ip"]>(options);
	const protection = protectionFrom(given);
	const addressOf = ip ?? ((request: IncomingMessage) => request.socket.remoteAddress);

	function check<Request extends IncomingMessage>(rules: Rules<Request>): (request: Request, response: ServerResponse) => Promise<Admission | null> {
		const decide = protection.guard(rules);
		return async (request, response) => {
			const outcome = await decide(
				request,
				request.rawHeaders,
				() => readRequestFacts(request, request.url ?? "", addressOf(request)),
				request.url ?? "",
				request,
			);
			if ("problem" in outcome) {
				const { status, headers, body } = outcome.problem;
				if (leavesBody(request)) response.setHeader("Connection", "close");
				response.writeHead(status, headers).end(body);
				return null;
			}
			for (const [name, value] of Object.entries(outcome.headers)) response.setHeader(name, value);
			return outcome.admission;
		};
	}

	function guard<Request extends IncomingMessage, Response extends ServerResponse>(
		rules: Rules<Request>,
		handler: Handler<Guarded<Request>, Response>,
	): (request: Request, response: Response) => Promise<void> {
		const admit = check(rules);
		if (typeof handler !== "function") throw new TypeError("guard: give the handler after the rules");
		return async (request, response) => {
			const admission = await admit(request, response);
			if (admission) await handler(Object.assign(request, { keywright: admission }), response);
		};
	}

	return Object.assign(guard, { check, close: protection.close });
}
