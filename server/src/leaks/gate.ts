import { admit, type ContextParts, type GateOptions } from "../access/gate.ts";
import type { Gate } from "../http/mount.ts";
import { framed } from "../http/reply.ts";

/** Added for routes of people and programs that have found a key. */
export interface FinderParts extends ContextParts {
	/** The value of X-API-Key. It must never reach a log, a row or an error. */
	readonly presented: string | null;
	readonly user_agent: string | null;
}

/** Admits every caller, with an empty scope. The key in X-API-Key authenticates nothing: it is what the request is about. */
export function finderGate<C>(options: GateOptions<C, FinderParts>): Gate<C> {
	return (route) => (request, reply) => {
		const { raw_key, headers } = framed(request);
		reply.header("cache-control", "no-store");
		const who = { actor: { kind: "system", name: "public" } as const, scope: "" };
		return admit(options, route, request, reply, { ...who, presented: raw_key, user_agent: headers["user-agent"] ?? null });
	};
}
