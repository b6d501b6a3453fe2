import type { FastifyReply, FastifyRequest } from "fastify";
import { type Actor, ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/read.ts";
import { readIdempotencyKey } from "../http/idempotency-key.ts";
import { Denied, type Gate, refuseNulInQuery } from "../http/mount.ts";
import type { Refusal } from "../http/problem.ts";
import { framed } from "../http/reply.ts";
import type { Row } from "../http/route.ts";
import { readTenant } from "../tenants/store.ts";
import { TENANT_SUSPENDED, tenantNotFound } from "../tenants/tenant.ts";
import { bearerOf, OPERATOR_TOKEN, SERVICE_CREDENTIAL, unknownBearer } from "./bearer.ts";
import { actorOf, type Caller } from "./caller.ts";
import { isOperatorToken, type OperatorTokens } from "./operator-token.ts";
import type { ServiceCache } from "./service-cache.ts";

const TENANT_ID = new RegExp(CHOSEN_ID_PATTERN);

/** What a gate knows of a request it lets through; the rest of the context is the same for all. */
export interface ContextParts {
	readonly actor: Actor;
	readonly scope: string;
	readonly request_id: string;
	readonly idempotency_key: string | null;
}

export interface GateOptions<C> {
	readonly makeContext: (parts: ContextParts) => C;
}

/** The last step of every gate: what in the headers and the query of a request is malformed, then its context. */
function admit<C>(options: GateOptions<C>, row: Row<C>, request: FastifyRequest, who: { actor: Actor; scope: string }): C | Denied {
	const nul = refuseNulInQuery(request);
	if (nul) return new Denied(nul);
	const idempotency_key = row.method === "POST" ? readIdempotencyKey(framed(request)) : null;
	if (idempotency_key instanceof Failure) return new Denied(idempotency_key);
	return options.makeContext({ ...who, request_id: request.id, idempotency_key });
}

/** The one place that says who calls the management and the operator API. */
function callerOf(request: FastifyRequest, operator_tokens: OperatorTokens): Caller | Denied {
	const { authorization, raw_key } = framed(request);
	const token = bearerOf(authorization, raw_key !== null, OPERATOR_TOKEN);
	if (typeof token !== "string") return new Denied(token);
	if (!isOperatorToken(operator_tokens, token)) return new Denied(unknownBearer(token, OPERATOR_TOKEN));
	return { kind: "operator" };
}

/** Lets anybody in, as nobody: nothing of a tenant's is in sight. */
export function publicGate<C>(options: GateOptions<C>): Gate<C> {
	return (row) => (request) => admit(options, row, request, { actor: { kind: "system", name: "public" }, scope: "" });
}

/** Lets the operator in, who sees all tenants. */
export function operatorGate<C>(options: GateOptions<C> & { readonly operator_tokens: OperatorTokens }): Gate<C> {
	return (row) => (request, reply) => {
		noStore(reply);
		const caller = callerOf(request, options.operator_tokens);
		if (caller instanceof Denied) return caller;
		return admit(options, row, request, { actor: actorOf(caller), scope: ALL_TENANTS });
	};
}

/** Lets callers of one tenant's management API in, in the contract's order: credential, membership, the tenant's standing, role. */
export function managementGate<C>(options: GateOptions<C> & { readonly operator_tokens: OperatorTokens; readonly database: Database }): Gate<C> {
	return (row) => {
		const while_suspended = row.method === "GET" || row.while_suspended === true;
		return async (request, reply) => {
			noStore(reply);
			const caller = callerOf(request, options.operator_tokens);
			if (caller instanceof Denied) return caller;
			const tenant_id = tenantIdOf(request);
			const tenant = tenant_id === null ? null : await read({ database: options.database, scope: tenant_id }, (tx) => readTenant(tx, tenant_id));
			if (!tenant) return new Denied(tenantNotFound());
			if (tenant.status === "suspended" && !while_suspended) return new Denied(SUSPENDED);
			return admit(options, row, request, { actor: actorOf(caller), scope: tenant.id });
		};
	};
}

const SUSPENDED: Refusal = { code: "tenant_suspended", detail: TENANT_SUSPENDED };

/** Lets the operator's own services in; a credential that was verified before costs no I/O. */
export function serviceGate<C>(options: GateOptions<C> & { readonly services: ServiceCache }): Gate<C> {
	return (row) => (request, reply) => {
		noStore(reply);
		const { authorization, raw_key } = framed(request);
		const token = bearerOf(authorization, raw_key !== null, SERVICE_CREDENTIAL);
		if (typeof token !== "string") return new Denied(token);
		const conclude = (service: { id: string; name: string } | null) =>
			service
				? admit(options, row, request, { actor: actorOf({ kind: "service", ...service }), scope: ALL_TENANTS })
				: new Denied(unknownBearer(token, SERVICE_CREDENTIAL));
		const answer = options.services.verify(token);
		return answer instanceof Promise ? answer.then(conclude) : conclude(answer);
	};
}

function noStore(reply: FastifyReply): void {
	reply.header("cache-control", "no-store");
}

/** The tenant that a management path names; null when it cannot be the id of any. Every management row has the parameter. */
function tenantIdOf(request: FastifyRequest): string | null {
	const { params } = request;
	const id = params !== null && typeof params === "object" && "tenant_id" in params ? params.tenant_id : null;
	return typeof id === "string" && TENANT_ID.test(id) ? id : null;
}
