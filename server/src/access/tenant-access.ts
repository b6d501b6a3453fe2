import { type Caller, roleSuffices } from "../core/caller.ts";
import { ApiError } from "../core/error.ts";
import type { Plan } from "../plans/plan.ts";
import type { Tenant } from "../tenants/tenant.ts";

/** The capability that a plan must include for keys to be created. */
const KEYS_CAPABILITY = "m2m_api";

/** A person to contact. */
export interface Person {
	readonly name: string;
	readonly email: string | null;
}

export interface Missing {
	readonly kind: "plan" | "role" | "standing";
	/** What is missing and what to do, for people. */
	readonly detail: string;
	readonly who: readonly Person[];
	/** The operator's support page, where the operator decides. */
	readonly support_url: string | null;
}

export type TenantRole = "owner" | "admin" | "viewer" | "operator";

/** What the caller may do in the tenant. */
export interface Abilities {
	readonly create_keys: boolean;
	readonly manage_keys: boolean;
	readonly revoke_keys: boolean;
	readonly manage_sites: boolean;
	readonly see_invitations: boolean;
	readonly manage_team: boolean;
}

/** The caller's role in the tenant. Throws 403 `role_not_allowed` for a service, which has none. */
export function getRole(caller: Caller): TenantRole {
	if (caller.kind === "operator") return "operator";
	if (caller.kind === "member" || caller.kind === "portal") return caller.role;
	throw new ApiError("role_not_allowed", "A service credential is for verification. Use a member's session or the operator token.");
}

function hasRole(role: TenantRole, needed: "admin" | "owner"): boolean {
	return role === "operator" || roleSuffices(role, needed);
}

export function getAbilities(role: TenantRole, tenant: Pick<Tenant, "status">, plan: Pick<Plan, "capabilities">): Abilities {
	const active = tenant.status === "active";
	const admin = hasRole(role, "admin");
	const owner = hasRole(role, "owner");
	return {
		create_keys: active && admin && plan.capabilities.includes(KEYS_CAPABILITY),
		manage_keys: active && admin,
		revoke_keys: admin,
		manage_sites: active && admin,
		see_invitations: admin,
		manage_team: active && owner,
	};
}

export interface TenantAccessInput {
	readonly tenant: Pick<Tenant, "status" | "name">;
	readonly plan: Pick<Plan, "name" | "capabilities">;
	readonly owners: readonly Person[];
	readonly admins: readonly Person[];
	readonly product_name: string;
	readonly support_url: string | null;
}

function formatPlanAction(role: TenantRole, { product_name, support_url }: TenantAccessInput): string {
	if (role === "operator") return "Give the tenant a plan that includes it.";
	if (role !== "owner") return "Ask an owner for a plan that includes it.";
	return `Ask ${support_url === null ? "your contact at" : "the support of"} ${product_name} for a plan that includes it.`;
}

/** What keeps the caller from creating keys, the most general reason first; empty when nothing does. */
export function getMissing(role: TenantRole, around: TenantAccessInput): Missing[] {
	const { tenant, plan, owners, admins, product_name, support_url } = around;
	const missing: Missing[] = [];
	// Owners and operators decide for the tenant, so their response does not advise to ask an owner.
	const decides = role === "owner" || role === "operator";
	if (tenant.status !== "active") {
		const detail = `${tenant.name} is suspended. It can be read, and keys can be revoked, but no keys can be created until ${product_name} reinstates it.`;
		missing.push({ kind: "standing", detail, who: decides ? [] : owners, support_url });
	}
	if (!plan.capabilities.includes(KEYS_CAPABILITY)) {
		const detail = `API access is not included in the plan ${plan.name}. ${formatPlanAction(role, around)}`;
		missing.push({ kind: "plan", detail, who: decides ? [] : owners, support_url });
	}
	if (!hasRole(role, "admin")) {
		const detail = "The role viewer cannot create keys. An owner can make you an admin; owners and admins can create keys for you.";
		missing.push({ kind: "role", detail, who: [...owners, ...admins], support_url: null });
	}
	return missing;
}
