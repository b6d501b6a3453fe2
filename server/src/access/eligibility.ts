import { type Caller, type Role, roleSuffices } from "../core/caller.ts";
import type { ProblemDetails } from "../http/problem.ts";
import type { Route } from "../http/route.ts";
import { TENANT_SUSPENDED, type Tenant } from "../tenants/tenant.ts";
import { CONFIRMED_FOR_MS } from "./people/session.ts";

const AT_LEAST: Readonly<Record<Role, string>> = { viewer: "any role", admin: "the role admin or owner", owner: "the role owner" };

const UNCONFIRMED: ProblemDetails = {
	code: "confirmation_needed",
	detail: "Your password was last entered more than an hour ago. Enter it again (POST /api/v1/session/confirm), then send the request again.",
};

const UNCONFIRMED_PORTAL: ProblemDetails = {
	code: "confirmation_needed",
	detail:
		"The product whose link you opened did not confirm your identity, so this session cannot invite people or change roles. Ask an owner who has " +
		"an account here, or open a link that the product makes with `confirmed` after it has verified your identity.",
};

const SUSPENDED: ProblemDetails = { code: "tenant_suspended", detail: TENANT_SUSPENDED };

/** 403 `tenant_suspended` for a write to a suspended tenant; null for GET and for routes with `while_suspended`. */
export function refuseSuspended(route: Route<never>, tenant: Pick<Tenant, "status">): ProblemDetails | null {
	return tenant.status === "suspended" && route.method !== "GET" && route.while_suspended !== true ? SUSPENDED : null;
}

/** 403 `role_not_allowed` when the caller's role is below the route's; null when it suffices or the route needs no role. */
export function refuseRole(route: Route<never>, caller: Caller): ProblemDetails | null {
	if (!("role" in caller) || route.access === "public" || route.access === "key" || route.access === "service") return null;
	if (route.access === "person" || route.access === "operator") return null;
	if (roleSuffices(caller.role, route.access)) return null;
	return {
		code: "role_not_allowed",
		detail: `This needs ${AT_LEAST[route.access]} in the tenant; yours is ${caller.role}. Ask an owner of the tenant.`,
		metadata: { members: { role_needed: route.access, role: caller.role } },
	};
}

/**
 * 403 `confirmation_needed` for an unconfirmed portal session on a route that grants access: it could otherwise give itself permanent
 * access.
 */
export function refusePortal(route: Route<never>, caller: Caller): ProblemDetails | null {
	return route.lets_people_in === true && caller.kind === "portal" && caller.confirmed !== true ? UNCONFIRMED_PORTAL : null;
}

/**
 * 403 `confirmation_needed` when the route needs a password entered within the hour before `now` (ms); null for sessions without a
 * password.
 */
export function refuseUnconfirmed(route: Route<never>, confirmed_at: Date | null, now: number): ProblemDetails | null {
	if (route.confirm !== true || confirmed_at === null) return null;
	return now - confirmed_at.getTime() < CONFIRMED_FOR_MS ? null : UNCONFIRMED;
}
