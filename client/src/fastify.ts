import type { FastifyReply, FastifyRequest } from "fastify";
import { createProtection, type KeywrightOptions } from "./protect.ts";
import { leavesBody, readRequestFacts } from "./request/incoming.ts";
import type { Rules } from "./rules.ts";
import type { Admission } from "./verifier/decision.ts";

declare module "fastify" {
	interface FastifyRequest {
		/** The key and its tenant; set only on guarded routes. */
		keywright: Admission;
	}
}

/** The request for rules: in `onRequest` path parameters are strings, and there is no body or validated query yet. */
export type GuardedRequest = FastifyRequest<{ Params: Record<string, string>; Querystring: Record<string, string | string[]> }>;

/** Use as `onRequest` of a route, a plugin or an app. */
export type OnRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

export interface FastifyGuard {
	(rules: Rules<GuardedRequest>): OnRequest;
	/** Closes the connections to Keywright: `app.addHook("onClose", guard.close)`. */
	close: () => Promise<void>;
}

/**
 * Guards for the routes of one app: `const guard = keywright({ url, credential })`, then per route
 * `{ onRequest: guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }) }`. The key is checked before the body is read.
 */
export function keywright(options: KeywrightOptions): FastifyGuard {
	const protection = createProtection(options);

	function guard(rules: Rules<GuardedRequest>): OnRequest {
		const decide = protection.guard(rules);
		return async (request, reply) => {
			const { raw } = request;
			const outcome = await decide(
				asGuarded(request),
				raw.rawHeaders,
				readRequestFacts(raw, request.originalUrl, request.ip),
				request.originalUrl,
				raw,
			);
			if ("problem" in outcome) {
				if (leavesBody(raw)) reply.header("Connection", "close");
				return reply.code(outcome.problem.status).headers(outcome.problem.headers).send(outcome.problem.body);
			}
			request.keywright = outcome.admission;
			reply.headers(outcome.headers);
			return undefined;
		};
	}

	return Object.assign(guard, { close: async () => protection.close() });
}

/** Guarantee: the router sets `params` to strings, and a rule's result is validated before use. */
function asGuarded(request: FastifyRequest): GuardedRequest {
	return request as GuardedRequest;
}
