import { ApiError } from "../core/error.ts";
import { joinKeyPolicies, type KeyPolicy, keyPolicyFromRow } from "../plans/key-policy.ts";
import { type TenantLimits, tenantLimitsFromRow } from "../plans/plan.ts";

export const TENANT_STATUSES = ["active", "suspended"] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** What happens when a key is used from a browser or an app: recorded (`observe`), alerted to as well (`alert`), or refused as well (`block`). */
export const CLIENT_POLICIES = ["observe", "alert", "block"] as const;
export type ClientPolicy = (typeof CLIENT_POLICIES)[number];

/** What happens to a key of which a finder reports the full secret: it is revoked, or its secret is replaced and ends soon. */
export const LEAK_RESPONSES = ["revoke", "rotate"] as const;
export type LeakResponse = (typeof LEAK_RESPONSES)[number];

/** One customer of the SaaS. `external_id` is the operator's own id for it; `limits` replace the plan's. */
export interface Tenant {
	readonly id: string;
	readonly name: string;
	readonly plan_id: string;
	readonly status: TenantStatus;
	readonly external_id: string | null;
	readonly limits: TenantLimits | null;
	/** Null: `block` for production keys that were made here, `observe` for all others. */
	readonly client_policy: ClientPolicy | null;
	readonly leak_response: LeakResponse;
	/** In addition to the plan's. */
	readonly key_policy: KeyPolicy;
	readonly created_at: string;
}

/** Guarantee: check constraints and schemas limit the columns to these values; `plan_id` is null only in the row of an erased tenant. */
export function tenantFromRow(row: {
	id: string;
	name: string;
	plan_id: string | null;
	status: string;
	external_id: string | null;
	limits: unknown;
	client_policy: string | null;
	leak_response: string;
	key_policy: string[];
	created_at: Date;
}): Tenant {
	return {
		id: row.id,
		name: row.name,
		plan_id: row.plan_id as string,
		status: row.status as TenantStatus,
		external_id: row.external_id,
		limits: tenantLimitsFromRow(row.limits),
		client_policy: row.client_policy as ClientPolicy | null,
		leak_response: row.leak_response as LeakResponse,
		key_policy: keyPolicyFromRow(row.key_policy),
		created_at: row.created_at.toISOString(),
	};
}

/** Guarantee: the value was stored by `createTenant` as its result. */
export function asStoredTenant(result: unknown): Tenant {
	return result as Tenant;
}

/** What production keys of the tenant must have: what its plan or it requires. */
export function getKeyPolicy(found: { readonly tenant: Pick<Tenant, "key_policy">; readonly plan: { readonly key_policy: KeyPolicy } }): KeyPolicy {
	return joinKeyPolicies(found.plan.key_policy, found.tenant.key_policy);
}

export function tenantNotFound(): ApiError {
	return new ApiError("not_found", "There is no tenant with this id.");
}

/** Throws 403 `tenant_suspended` unless the tenant is active. */
export function assertTenantActive(tenant: Pick<Tenant, "status">): void {
	if (tenant.status !== "active") throw new ApiError("tenant_suspended", TENANT_SUSPENDED);
}

export const TENANT_SUSPENDED =
	"The tenant is suspended. It can be read, and keys can be revoked; this request is refused until the operator reinstates it.";

export function unknownPlan(): ApiError {
	return new ApiError("invalid_request", "There is no plan with this id. Create it first, or use an existing one.", {
		errors: [{ pointer: "/plan_id", detail: "is not the id of a plan" }],
	});
}
