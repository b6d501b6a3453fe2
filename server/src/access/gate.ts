import type { FastifyReply, FastifyRequest } from "fastify";
import { type Caller, type Role, roleReaches } from "../core/caller.ts";
import type { Clock } from "../core/clock.ts";
import { type Actor, ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import type { AllowList } from "../core/network.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/read.ts";
import type { ReadTx } from "../database/transaction.ts";
import { readIdempotencyKey } from "../http/idempotency-key.ts";
import { Denied, type Gate, refuseNulInQuery } from "../http/mount.ts";
import type { Refusal } from "../http/problem.ts";
import { framed } from "../http/reply.ts";
import type { Row } from "../http/route.ts";
import { readMembership } from "../tenants/membership-store.ts";
import { readTenant } from "../tenants/store.ts";
import { TENANT_SUSPENDED, type Tenant, tenantNotFound } from "../tenants/tenant.ts";
import { bearerOf, OPERATOR_TOKEN, SERVICE_CREDENTIAL, unknownBearer, type Wanted } from "./bearer.ts";
import { actorOf } from "./caller.ts";
import { crossSiteWithout, crossSiteWithSession } from "./cross-site.ts";
import { isOperatorToken, type OperatorTokens } from "./operator-token.ts";
import type { ServiceCache } from "./service-cache.ts";
import type { Sessions } from "./sessions.ts";
import { actorOfPerson, type SignedIn } from "./signed-in.ts";
import { type Visitor, visitorOf } from "./visitor.ts";

const TENANT_ID = new RegExp(CHOSEN_ID_PATTERN);

/** What a gate knows of a request it lets through; the rest of the context is the same for all. */
export interface ContextParts {
	readonly actor: Actor;
	readonly scope: string;
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly visitor: Visitor;
}

/** What the gates of routes with a credential add: who calls. */
export interface CallerParts extends ContextParts {
	readonly caller: Caller;
}

/** What the gate of routes about a session itself adds. */
export interface SignedInParts extends ContextParts {
	readonly signed_in: SignedIn;
}

export interface GateOptions<C, Parts extends ContextParts = ContextParts> {
	readonly makeContext: (parts: Parts) => C;
	readonly trusted_proxies: AllowList | null;
}

interface SessionOptions {
	readonly sessions: Sessions;
	/** Whose pages are ours. */
	readonly own_origins: readonly string[];
}

/** The last step of every gate: what in the headers and the query of a request is malformed, then its context. */
function admit<C, Who extends { actor: Actor; scope: string }>(
	options: { readonly makeContext: (parts: ContextParts & Who) => C; readonly trusted_proxies: AllowList | null },
	row: Row<C>,
	request: FastifyRequest,
	reply: FastifyReply,
	who: Who,
): C | Denied {
	const nul = refuseNulInQuery(request);
	if (nul) return new Denied(nul);
	const idempotency_key = row.method === "POST" ? readIdempotencyKey(framed(request)) : null;
	if (idempotency_key instanceof Failure) return new Denied(idempotency_key);
	return options.makeContext({ ...who, request_id: request.id, idempotency_key, visitor: visitorOf(request, reply, options.trusted_proxies) });
}

const SIGN_IN_OR_TOKEN: Wanted = { ...OPERATOR_TOKEN, name: "the operator token", or_session: true };

/** The operator, whose token is the only bearer on management and operator routes. */
function operatorOf(request: FastifyRequest, operator_tokens: OperatorTokens, wanted: Wanted): Caller | Denied {
	const { authorization, raw_key } = framed(request);
	const token = bearerOf(authorization, raw_key !== null, wanted);
	if (typeof token !== "string") return new Denied(token);
	if (!isOperatorToken(operator_tokens, token)) return new Denied(unknownBearer(token, wanted));
	return { kind: "operator" };
}

/** Whoever the session cookie stands for, once the request is known to come from a page of ours; null without a cookie. */
async function signedInOf(request: FastifyRequest, options: SessionOptions): Promise<SignedIn | Denied | null> {
	const { headers } = framed(request);
	const found = headers.cookie === undefined ? null : await options.sessions.find(headers.cookie);
	if (found === null) return null;
	if ("code" in found) return new Denied(found);
	const cross_site = crossSiteWithSession(request.method, headers, options.own_origins);
	return cross_site ? new Denied(cross_site) : found;
}

/** Lets anybody in, as nobody: nothing of a tenant's is in sight. What may begin a session is not believed from another site's page. */
export function publicGate<C>(options: GateOptions<C> & { readonly own_origins: readonly string[] }): Gate<C> {
	return (row) => (request, reply) => {
		const cross_site = crossSiteWithout(row.method, framed(request).headers, options.own_origins);
		if (cross_site) return new Denied(cross_site);
		if (row.method !== "GET") noStore(reply);
		return admit(options, row, request, reply, { actor: { kind: "system", name: "public" }, scope: "" });
	};
}

/** Lets whoever is signed in to what is about their own session. */
export function personGate<C>(options: GateOptions<C, SignedInParts> & SessionOptions): Gate<C> {
	return (row) => async (request, reply) => {
		noStore(reply);
		if (framed(request).authorization !== null) return new Denied(NO_BEARER_HERE);
		const signed_in = await signedInOf(request, options);
		if (signed_in === null) return new Denied(NOT_SIGNED_IN);
		if (signed_in instanceof Denied) return signed_in;
		return admit(options, row, request, reply, { actor: actorOfPerson(signed_in), scope: "", signed_in });
	};
}

const NO_BEARER_HERE: Refusal = {
	code: "credential_invalid",
	detail: "This route is about a signed-in person's session; a bearer token is no credential here.",
};
const NOT_SIGNED_IN: Refusal = { code: "credential_missing", detail: "Nobody is signed in. Sign in, then send the session's cookie." };

/** Lets the operator in, who sees all tenants. */
export function operatorGate<C>(options: GateOptions<C, CallerParts> & { readonly operator_tokens: OperatorTokens }): Gate<C> {
	return (row) => (request, reply) => {
		noStore(reply);
		const caller = operatorOf(request, options.operator_tokens, OPERATOR_TOKEN);
		if (caller instanceof Denied) return caller;
		return admit(options, row, request, reply, { actor: actorOf(caller), scope: ALL_TENANTS, caller });
	};
}

export type ManagementGateOptions<C> = GateOptions<C, CallerParts> &
	SessionOptions & { readonly operator_tokens: OperatorTokens; readonly database: Database; readonly clock: Clock };

/** Lets callers of one tenant's management API in, in the contract's order: credential, cross-site, membership, the tenant's standing, role. */
export function managementGate<C>(options: ManagementGateOptions<C>): Gate<C> {
	return (row) => async (request, reply) => {
		noStore(reply);
		const { authorization } = framed(request);
		const signed_in = authorization === null ? await signedInOf(request, options) : null;
		if (signed_in instanceof Denied) return signed_in;
		const who = signed_in ?? operatorOf(request, options.operator_tokens, SIGN_IN_OR_TOKEN);
		if (who instanceof Denied) return who;
		const found = await tenantAndCaller(options.database, tenantIdOf(request), who);
		if (found === null) return new Denied(tenantNotFound());
		const { tenant, caller } = found;
		if (tenant.status === "suspended" && row.method !== "GET" && row.while_suspended !== true) return new Denied(SUSPENDED);
		const refusal = refuseRole(row, caller) ?? refuseUnconfirmed(row, who, options.clock);
		if (refusal) return new Denied(refusal);
		return admit(options, row, request, reply, { actor: actorOf(caller), scope: tenant.id, caller });
	};
}

/** The tenant and who the person is in it, both as they are at this moment; null when there is no such tenant or they have no place in it. */
async function tenantAndCaller(
	database: Database,
	tenant_id: string | null,
	who: SignedIn | Caller,
): Promise<{ tenant: Tenant; caller: Caller } | null> {
	if (tenant_id === null) return null;
	return read({ database, scope: tenant_id }, async (tx) => {
		const tenant = await readTenant(tx, tenant_id);
		const caller = await callerIn(tx, tenant_id, who);
		return tenant && caller && { tenant, caller };
	});
}

async function callerIn(tx: ReadTx, tenant_id: string, who: SignedIn | Caller): Promise<Caller | null> {
	if (!("expires_at" in who)) return who;
	if (who.kind === "portal") {
		const { id, external_user_id, name, email, role } = who;
		return who.tenant_id === tenant_id ? { kind: "portal", id, external_user_id, name, email, role } : null;
	}
	const { person_id, name, email } = who;
	const membership = await readMembership(tx, tenant_id, person_id);
	return membership && { kind: "member", person_id, member_id: membership.member_id, name, email, role: membership.role };
}

const AT_LEAST: Readonly<Record<Role, string>> = { viewer: "any role", admin: "the role admin or owner", owner: "the role owner" };

function refuseRole(row: Row<never>, caller: Caller): Refusal | null {
	if (!("role" in caller) || row.access === "public" || row.access === "key" || row.access === "service") return null;
	if (row.access === "person" || row.access === "operator") return null;
	if (roleReaches(caller.role, row.access)) return null;
	return {
		code: "role_not_allowed",
		detail: `This needs ${AT_LEAST[row.access]} in the tenant; yours is ${caller.role}. Ask an owner of the tenant.`,
		facts: { members: { role_needed: row.access, role: caller.role } },
	};
}

/** How long a password counts as just entered, for what makes secrets or lets people in. */
const CONFIRMED_FOR_MS = 3_600_000;

function refuseUnconfirmed(row: Row<never>, who: SignedIn | Caller, clock: Clock): Refusal | null {
	if (row.confirm !== true || !("confirmed_at" in who)) return null;
	return clock.now() - who.confirmed_at.getTime() < CONFIRMED_FOR_MS ? null : UNCONFIRMED;
}

const UNCONFIRMED: Refusal = {
	code: "confirmation_needed",
	detail: "Your password was last entered more than an hour ago. Enter it again (POST /api/v1/session/confirm), then send the request again.",
};

const SUSPENDED: Refusal = { code: "tenant_suspended", detail: TENANT_SUSPENDED };

/** Lets the operator's own services in; a credential that was verified before costs no I/O. */
export function serviceGate<C>(options: GateOptions<C, CallerParts> & { readonly services: ServiceCache }): Gate<C> {
	return (row) => (request, reply) => {
		noStore(reply);
		const { authorization, raw_key } = framed(request);
		const token = bearerOf(authorization, raw_key !== null, SERVICE_CREDENTIAL);
		if (typeof token !== "string") return new Denied(token);
		const conclude = (service: { id: string; name: string } | null) => {
			if (!service) return new Denied(unknownBearer(token, SERVICE_CREDENTIAL));
			const caller: Caller = { kind: "service", ...service };
			return admit(options, row, request, reply, { actor: actorOf(caller), scope: ALL_TENANTS, caller });
		};
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
