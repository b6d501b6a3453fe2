import type { FastifyReply, FastifyRequest } from "fastify";
import type { Reauthorize } from "../audit/reauthorize.ts";
import type { Caller } from "../core/caller.ts";
import { type Actor, ALL_TENANTS } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import { readIdempotencyKey } from "../http/input/fields.ts";
import { type Gate, GateDenial, refuseNulInQuery } from "../http/mount.ts";
import type { ProblemDetails } from "../http/problem.ts";
import { framed } from "../http/reply.ts";
import type { Route } from "../http/route.ts";
import { type AnonymousCaller, type AnonymousOptions, toAnonymousCaller } from "./anonymous.ts";
import { parseBearer, SERVICE_CREDENTIAL, unknownBearer } from "./bearer.ts";
import { getActor } from "./caller.ts";
import { crossSiteWithout, crossSiteWithSession } from "./cross-site.ts";
import { type SignedIn, toActor } from "./people/session.ts";
import type { Sessions } from "./people/sessions.ts";
import type { ServiceCache } from "./services/cache.ts";

/** The parts of a context that a gate derives from the request. */
export interface ContextParts {
	readonly actor: Actor;
	readonly scope: string;
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly address: string | null;
	readonly anonymous: AnonymousCaller;
}

/** Added by gates that require a credential. */
export interface CallerParts extends ContextParts {
	readonly caller: Caller;
}

/** Added by the management and operator gates: how a change authorizes its caller again inside its transaction. */
export interface ManagerParts extends CallerParts {
	readonly reauthorize: Reauthorize;
}

/** Added by the gate of routes about the caller's own session. */
export interface SignedInParts extends ContextParts {
	readonly signed_in: SignedIn;
}

export interface GateOptions<C, Parts extends ContextParts = ContextParts> extends AnonymousOptions {
	readonly makeContext: (parts: Parts) => C;
}

export interface SessionOptions {
	readonly sessions: Sessions;
	/** Origins that may send requests with a session cookie. */
	readonly own_origins: readonly string[];
}

/** The last step of every gate: validates headers and query, then creates the context. */
export function admit<C, Who extends { actor: Actor; scope: string }>(
	options: AnonymousOptions & { readonly makeContext: (parts: ContextParts & Who) => C },
	route: Route<C>,
	request: FastifyRequest,
	reply: FastifyReply,
	who: Who,
): C | GateDenial {
	const nul = refuseNulInQuery(request);
	if (nul) return new GateDenial(nul);
	const idempotency_key = route.method === "POST" ? readIdempotencyKey(framed(request)) : null;
	if (idempotency_key instanceof ApiError) return new GateDenial(idempotency_key);
	const anonymous = toAnonymousCaller(request, reply, options);
	return options.makeContext({ ...who, request_id: request.id, idempotency_key, address: anonymous.address, anonymous });
}

/** The signed-in person of the session cookie, after the cross-site check; null without a cookie. */
export async function findSignedIn(request: FastifyRequest, options: SessionOptions): Promise<SignedIn | GateDenial | null> {
	const { headers } = framed(request);
	const found = headers.cookie === undefined ? null : await options.sessions.find(headers.cookie);
	if (found === null) return null;
	if ("code" in found) return new GateDenial(found);
	const cross_site = crossSiteWithSession(request.method, headers, options.own_origins);
	return cross_site ? new GateDenial(cross_site) : found;
}

/**
 * Admits anonymous callers with an empty scope, which hides every tenant's rows. Refuses cross-site writes, since they could begin a
 * session.
 */
export function publicGate<C>(options: GateOptions<C> & { readonly own_origins: readonly string[] }): Gate<C> {
	return (route) => (request, reply) => {
		const cross_site = crossSiteWithout(route.method, framed(request).headers, options.own_origins);
		if (cross_site) return new GateDenial(cross_site);
		if (route.method !== "GET") noStore(reply);
		return admit(options, route, request, reply, { actor: { kind: "system", name: "public" }, scope: "" });
	};
}

/** Admits a signed-in person to routes about their own session. */
export function personGate<C>(options: GateOptions<C, SignedInParts> & SessionOptions): Gate<C> {
	return (route) => async (request, reply) => {
		noStore(reply);
		if (framed(request).authorization !== null) return new GateDenial(NO_BEARER_HERE);
		const signed_in = await findSignedIn(request, options);
		if (signed_in === null) return new GateDenial(NOT_SIGNED_IN);
		if (signed_in instanceof GateDenial) return signed_in;
		return admit(options, route, request, reply, { actor: toActor(signed_in), scope: "", signed_in });
	};
}

/** Checks the session again after the body has been received: it may have ended in the meantime. */
export function recheckSession(options: SessionOptions): (request: FastifyRequest) => Promise<ProblemDetails | null> {
	return async (request) => {
		const signed_in = await findSignedIn(request, options);
		if (signed_in === null) return NOT_SIGNED_IN;
		return signed_in instanceof GateDenial ? signed_in.refusal : null;
	};
}

const NO_BEARER_HERE: ProblemDetails = {
	code: "credential_invalid",
	detail: "This route needs a session cookie and accepts no bearer token. Sign in, and leave out the Authorization header.",
};
const NOT_SIGNED_IN: ProblemDetails = { code: "credential_missing", detail: "You are not signed in. Sign in, then send the session cookie." };

/** Admits the operator's services. A credential in the cache costs no I/O. */
export function serviceGate<C>(options: GateOptions<C, CallerParts> & { readonly services: ServiceCache }): Gate<C> {
	return (route) => (request, reply) => {
		noStore(reply);
		const { authorization, raw_key } = framed(request);
		const token = parseBearer(authorization, raw_key !== null, SERVICE_CREDENTIAL);
		if (typeof token !== "string") return new GateDenial(token);
		const conclude = (service: { id: string; name: string } | null) => {
			if (!service) return new GateDenial(unknownBearer(token, SERVICE_CREDENTIAL));
			const caller: Caller = { kind: "service", ...service };
			return admit(options, route, request, reply, { actor: getActor(caller), scope: ALL_TENANTS, caller });
		};
		const answer = options.services.verify(token);
		return answer instanceof Promise ? answer.then(conclude) : conclude(answer);
	};
}

/** Checks the service credential again after the body has been received. A credential in the cache costs no I/O. */
export function recheckCredential(services: ServiceCache): (request: FastifyRequest) => ProblemDetails | null | Promise<ProblemDetails | null> {
	return (request) => {
		const { authorization, raw_key } = framed(request);
		const token = parseBearer(authorization, raw_key !== null, SERVICE_CREDENTIAL);
		if (typeof token !== "string") return token;
		const conclude = (service: unknown) => (service === null ? unknownBearer(token, SERVICE_CREDENTIAL) : null);
		const answer = services.verify(token);
		return answer instanceof Promise ? answer.then(conclude) : conclude(answer);
	};
}

export function noStore(reply: FastifyReply): void {
	reply.header("cache-control", "no-store");
}
