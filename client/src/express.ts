import type { NextFunction, Request, Response } from "express";
import { createProtection, type KeywrightOptions } from "./protect.ts";
import { withoutShadowed } from "./request/express-params.ts";
import { leavesBody, readRequestFacts } from "./request/incoming.ts";
import type { Rules } from "./rules.ts";
import type { Admission } from "./verifier/decision.ts";

declare global {
	namespace Express {
		interface Request {
			/** The key and its tenant; set only on guarded routes. */
			keywright: Admission;
		}
	}
}

/** The request for rules: route parameters are strings. */
export type GuardedRequest = Request<Record<string, string>>;

/** Keeps the parameter types that Express infers from the path. */
export type Middleware = <Parameters>(request: Request<Parameters>, response: Response, next: NextFunction) => Promise<void>;

export interface ExpressGuard {
	(rules: Rules<GuardedRequest>): Middleware;
	/** Closes the connections to Keywright. */
	close: () => void;
}

/**
 * Guards for the routes of one app: `const guard = keywright({ url, credential })`, then per route
 * `app.get(path, guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }), handler)`. Put it before a body parser.
 */
export function keywright(options: KeywrightOptions): ExpressGuard {
	const protection = createProtection(options);

	function guard(rules: Rules<GuardedRequest>): Middleware {
		const decide = protection.guard(rules);
		return async (request, response, next) => {
			const outcome = await decide(
				withoutShadowed(asGuarded(request)),
				request.rawHeaders,
				readRequestFacts(request, request.originalUrl, request.ip),
				request.originalUrl,
				request,
			);
			if ("problem" in outcome) {
				if (leavesBody(request)) response.set("Connection", "close");
				response.status(outcome.problem.status).set(outcome.problem.headers).end(outcome.problem.body);
				return;
			}
			request.keywright = outcome.admission;
			response.set(outcome.headers);
			next();
		};
	}

	return Object.assign(guard, { close: protection.close });
}

/** Guarantee: the router sets named parameters to strings, and a rule's result is validated before use. */
function asGuarded<Parameters>(request: Request<Parameters>): GuardedRequest {
	return request as unknown as GuardedRequest;
}
