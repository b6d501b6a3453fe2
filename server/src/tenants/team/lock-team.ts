import type { ChangeContext } from "../../audit/change.ts";
import { type CallerContext, type Role, roleSuffices } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import { readTenantForUpdate } from "../store.ts";
import { type Tenant, tenantNotFound } from "../tenant.ts";
import { readMemberRole } from "./member-store.ts";

/** The context of actions that change a tenant's team. */
export type TeamContext = ChangeContext & CallerContext;

/** Throws 403 `role_not_allowed` when `role` is below `needed`. */
function assertRole(role: Role, needed: Role): void {
	if (roleSuffices(role, needed)) return;
	throw new ApiError("role_not_allowed", `This needs the role ${needed} in the tenant; yours is ${role}. Ask an owner of the tenant.`, {
		members: { role_needed: needed, role },
	});
}

/**
 * The first statements of a team change: locks the tenant, which serializes its team changes, and requires the role `needed`. Of two owners
 * who demote each other concurrently, the second fails. 404 `not_found` when the tenant or the caller's membership is gone.
 */
export async function lockTeam(tx: Tx, context: TeamContext, tenant_id: string, needed: Role): Promise<Tenant> {
	const found = await readTenantForUpdate(tx, tenant_id);
	if (!found) throw tenantNotFound();
	const { caller } = context;
	// A portal session's role is fixed, and the lock above has checked that the session is live.
	if (caller.kind === "portal") assertRole(caller.role, needed);
	if (caller.kind === "member") {
		const role = await readMemberRole(tx, tenant_id, caller.member_id);
		if (role === null) throw tenantNotFound();
		assertRole(role, needed);
	}
	return found.tenant;
}
