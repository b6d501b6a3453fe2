import type { Reauthorize } from "../audit/reauthorize.ts";
import type { Caller } from "../core/caller.ts";
import type { Clock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import type { ProblemDetails } from "../http/problem.ts";
import type { Route } from "../http/route.ts";
import { readTenant } from "../tenants/store.ts";
import { lockMemberRole } from "../tenants/team/member-store.ts";
import { lockOperator, readMembership } from "../tenants/team/membership-store.ts";
import { tenantNotFound } from "../tenants/tenant.ts";
import { refuseRole, refuseSuspended, refuseUnconfirmed } from "./eligibility.ts";
import { NO_OPERATOR } from "./operators/operator.ts";
import { SESSION_ENDED, type SignedIn } from "./people/session.ts";
import { lockSession } from "./people/store.ts";
import { lockPortalSession } from "./portal/store.ts";

/** What a gate authorized a request for. */
export interface Admitted {
	readonly route: Route<never>;
	readonly caller: Caller;
	/** Null for the operator token, which does not change while the process runs. */
	readonly signed_in: SignedIn | null;
	/** The tenant of a management route; null on operator routes. */
	readonly tenant_id: string | null;
	readonly clock: Clock;
}

/**
 * Repeats, inside the change's transaction, every check of the gate whose outcome may have changed: session, membership or operator,
 * tenant, role and password confirmation, which the change itself may need.
 */
export function reauthorizeAs(admitted: Admitted): Reauthorize {
	return async (tx, needs) => {
		const route = needs?.confirmation ? { ...admitted.route, confirm: true as const } : admitted.route;
		const refusal = await refusalNow(tx, { ...admitted, route });
		if (refusal !== null) throw new ApiError(refusal.code, refusal.detail, refusal.metadata);
	};
}

async function refusalNow(tx: Tx, admitted: Admitted): Promise<ProblemDetails | null> {
	const { route, signed_in, tenant_id, clock } = admitted;
	// Rows are locked in the global lock order; refusals come in the gates' order.
	const current = await lockCaller(tx, admitted);
	const session = signed_in === null ? NO_SESSION : await lockSignedIn(tx, signed_in, new Date(clock.now()));
	if (session === null) return SESSION_ENDED;
	if ("code" in current) return current;
	if (tenant_id !== null) {
		const tenant = await readTenant(tx, tenant_id);
		if (!tenant) return tenantNotFound();
		const refusal = refuseSuspended(route, tenant) ?? refuseRole(route, current);
		if (refusal) return refusal;
	}
	return refuseUnconfirmed(route, session.confirmed_at, clock.now());
}

interface LiveSession {
	/** Null for a session without a password here. */
	readonly confirmed_at: Date | null;
}

const NO_SESSION: LiveSession = { confirmed_at: null };

async function lockSignedIn(tx: Tx, signed_in: SignedIn, now: Date): Promise<LiveSession | null> {
	if (signed_in.kind === "member") return lockSession(tx, signed_in, now);
	return (await lockPortalSession(tx, signed_in, now)) === null ? null : NO_SESSION;
}

/** The caller with their current role, or the refusal when they have none left. A portal session's role is fixed, so its lock suffices. */
async function lockCaller(tx: Tx, { caller, tenant_id }: Admitted): Promise<Caller | ProblemDetails> {
	if (caller.kind === "member" && tenant_id !== null) {
		const role = await lockMemberRole(tx, tenant_id, caller.member_id);
		return role === null ? tenantNotFound() : { ...caller, role };
	}
	if (caller.kind !== "operator" || !caller.person) return caller;
	const { person_id } = caller.person;
	if (await lockOperator(tx, person_id)) return caller;
	const is_not_member = tenant_id !== null && (await readMembership(tx, tenant_id, person_id)) === null;
	return is_not_member ? tenantNotFound() : { code: "role_not_allowed", detail: NO_OPERATOR };
}
