import type { FastifyRequest } from "fastify";
import { record } from "../audit/record.ts";
import type { Caller } from "../core/caller.ts";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import type { Database } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { type Gate, GateDenial } from "../http/mount.ts";
import { framed } from "../http/reply.ts";
import { readTenant } from "../tenants/store.ts";
import { isOperator, isSeenStale, type Membership, readMembership, updateLastSeen } from "../tenants/team/membership-store.ts";
import { type Tenant, tenantNotFound } from "../tenants/tenant.ts";
import { OPERATOR_TOKEN, parseBearer, unknownBearer, type Wanted } from "./bearer.ts";
import { getActor } from "./caller.ts";
import { refusePortal, refuseRole, refuseSuspended, refuseUnconfirmed } from "./eligibility.ts";
import { admit, findSignedIn, type GateOptions, type ManagerParts, noStore, type SessionOptions } from "./gate.ts";
import { NO_OPERATOR } from "./operators/operator.ts";
import { isOperatorToken, type OperatorTokens } from "./operators/token.ts";
import type { SignedIn, SignedInMember } from "./people/session.ts";
import { reauthorizeAs } from "./reauthorize.ts";

const TENANT_ID = new RegExp(CHOSEN_ID_PATTERN);
const SIGN_IN_OR_TOKEN: Wanted = { ...OPERATOR_TOKEN, name: "the operator token", or_session: true };

export type ManagementGateOptions<C> = GateOptions<C, ManagerParts> &
	SessionOptions & { readonly operator_tokens: OperatorTokens; readonly database: Database; readonly clock: Clock };

/** The operator of the bearer token, the only bearer credential that management and operator routes accept. */
function getOperator(request: FastifyRequest, operator_tokens: OperatorTokens): Caller | GateDenial {
	const { authorization, raw_key } = framed(request);
	const token = parseBearer(authorization, raw_key !== null, SIGN_IN_OR_TOKEN);
	if (typeof token !== "string") return new GateDenial(token);
	if (!isOperatorToken(operator_tokens, token)) return new GateDenial(unknownBearer(token, SIGN_IN_OR_TOKEN));
	return { kind: "operator" };
}

/** Authenticates the request: the operator by token, or a signed-in person by session cookie from one of our origins. */
async function authenticate(request: FastifyRequest, options: SessionOptions & { readonly operator_tokens: OperatorTokens }) {
	const signed_in = framed(request).authorization === null ? await findSignedIn(request, options) : null;
	return signed_in ?? getOperator(request, options.operator_tokens);
}

function operatorCaller({ person_id, name, email }: SignedInMember): Caller {
	return { kind: "operator", person: { person_id, name, email } };
}

/**
 * Admits operators, by token or session, with a scope of all tenants. Checks in the order of the management routes: credential, cross-site,
 * operator, and a recent password where the route needs one.
 */
export function operatorGate<C>(options: ManagementGateOptions<C>): Gate<C> {
	return (route) => async (request, reply) => {
		noStore(reply);
		const who = await authenticate(request, options);
		if (who instanceof GateDenial) return who;
		const caller = await operatorAmong(options.database, who);
		if (caller === null) return new GateDenial({ code: "role_not_allowed", detail: NO_OPERATOR });
		const refusal = refuseUnconfirmed(route, confirmedAt(who), options.clock.now());
		if (refusal) return new GateDenial(refusal);
		const reauthorize = reauthorizeAs({ route, caller, signed_in: getSession(who), tenant_id: null, clock: options.clock });
		return admit(options, route, request, reply, { actor: getActor(caller), scope: ALL_TENANTS, caller, reauthorize });
	};
}

/** The caller of an operator route; null for a signed-in person who is not an operator. A portal session never is. */
async function operatorAmong(database: Database, who: SignedIn | Caller): Promise<Caller | null> {
	if (!("expires_at" in who)) return who;
	if (who.kind === "portal") return null;
	const runs_it = await read({ database, scope: ALL_TENANTS }, (tx) => isOperator(tx, who.person_id));
	return runs_it ? operatorCaller(who) : null;
}

/** Admits callers of one tenant's management API. Checks in the contract's order: credential, cross-site, membership, suspension, role. */
export function managementGate<C>(options: ManagementGateOptions<C>): Gate<C> {
	return (route) => async (request, reply) => {
		noStore(reply);
		const who = await authenticate(request, options);
		if (who instanceof GateDenial) return who;
		const found = await tenantAndCaller(options.database, getTenantId(request), who);
		if (found === null) return new GateDenial(tenantNotFound());
		const { tenant, caller, membership } = found;
		const refusal =
			refuseSuspended(route, tenant) ??
			refuseRole(route, caller) ??
			refusePortal(route, caller) ??
			refuseUnconfirmed(route, confirmedAt(who), options.clock.now());
		if (refusal) return new GateDenial(refusal);
		if (membership !== null) await recordSeen(options, membership);
		const reauthorize = reauthorizeAs({ route, caller, signed_in: getSession(who), tenant_id: tenant.id, clock: options.clock });
		return admit(options, route, request, reply, { actor: getActor(caller), scope: tenant.id, caller, reauthorize });
	};
}

/** Reads the tenant and the caller's role in it in one snapshot; null when there is no such tenant or the caller has no access to it. */
async function tenantAndCaller(
	database: Database,
	tenant_id: string | null,
	who: SignedIn | Caller,
): Promise<{ tenant: Tenant; caller: Caller; membership: Membership | null } | null> {
	if (tenant_id === null) return null;
	return read({ database, scope: tenant_id }, async (tx) => {
		const tenant = await readTenant(tx, tenant_id);
		const membership = "person_id" in who ? await readMembership(tx, tenant_id, who.person_id) : null;
		const caller = await callerIn(tx, tenant_id, who, membership);
		return tenant && caller && { tenant, caller, membership };
	});
}

/** Records the member's last activity, at most once an hour. Bookkeeping: a request does not fail because of it. */
async function recordSeen({ database, clock }: { readonly database: Database; readonly clock: Clock }, membership: Membership): Promise<void> {
	const now_ms = clock.now();
	if (!isSeenStale(membership, now_ms)) return;
	await record({ database }, (tx) => updateLastSeen(tx, membership, new Date(now_ms))).catch(() => undefined);
}

/** An owner acts as a member, since the role allows everything. An operator with a lower role, or none, acts as the operator. */
async function callerIn(tx: ReadTx, tenant_id: string, who: SignedIn | Caller, membership: Membership | null): Promise<Caller | null> {
	if (!("expires_at" in who)) return who;
	if (who.kind === "portal") {
		const { id, external_user_id, name, email, role, confirmed, expires_at: session_expires_at } = who;
		if (who.tenant_id !== tenant_id) return null;
		return { kind: "portal", id, external_user_id, name, email, role, session_expires_at, ...(confirmed ? { confirmed } : {}) };
	}
	const { person_id, name, email } = who;
	if (membership?.role !== "owner" && (await isOperator(tx, person_id))) return operatorCaller(who);
	return membership && { kind: "member", person_id, member_id: membership.member_id, name, email, role: membership.role };
}

function getSession(who: SignedIn | Caller): SignedIn | null {
	return "expires_at" in who ? who : null;
}

function confirmedAt(who: SignedIn | Caller): Date | null {
	return "confirmed_at" in who ? who.confirmed_at : null;
}

/** The tenant id of a management path; null when it is malformed. Every management route has the parameter. */
function getTenantId(request: FastifyRequest): string | null {
	const { params } = request;
	const id = params !== null && typeof params === "object" && "tenant_id" in params ? params.tenant_id : null;
	return typeof id === "string" && TENANT_ID.test(id) ? id : null;
}
