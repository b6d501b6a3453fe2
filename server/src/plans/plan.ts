import { ApiError, type InputError } from "../core/error.ts";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import { joinKeyPolicies, type KeyPolicy, keyPolicyFromRow } from "./key-policy.ts";
import type { PlanInput } from "./schema.ts";

/** At most `requests` in any `window_seconds`, counted for each key or for the whole tenant. */
export interface RateLimit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
	readonly per: "key" | "tenant";
	/** Counts only requests that name this limit; false when omitted. */
	readonly named_only?: boolean;
}

/** Limits of a tenant; null: unlimited. */
export interface PlanLimits {
	readonly sites: number | null;
	readonly api_keys: number | null;
	readonly documents: number | null;
	readonly storage_bytes: number | null;
	/** Size of the largest document, bytes. */
	readonly document_bytes: number | null;
}

export interface Plan {
	readonly id: string;
	readonly name: string;
	readonly capabilities: readonly string[];
	readonly rate_limits: readonly RateLimit[];
	readonly quota_requests_per_month: number | null;
	readonly limits: PlanLimits;
	readonly max_key_lifetime_days: number | null;
	/** For production keys of all tenants with the plan. */
	readonly key_policy: KeyPolicy;
}

/** A tenant's own limits, which replace those of its plan; an omitted field takes the plan's. */
export interface TenantLimits extends Partial<PlanLimits> {
	readonly rate_limits?: readonly RateLimit[];
	readonly quota_requests_per_month?: number | null;
}

/** The plan with the tenant's `overrides` applied. */
export function effectivePlan(plan: Plan, overrides: TenantLimits | null): Plan {
	if (!overrides) return plan;
	const { rate_limits = plan.rate_limits, quota_requests_per_month = plan.quota_requests_per_month, ...limits } = overrides;
	return { ...plan, rate_limits, quota_requests_per_month, limits: { ...plan.limits, ...limits } };
}

/** Guarantee: the columns were written from values that passed the schemas of plans and tenants. */
export function planFromRow(row: {
	id: string;
	name: string;
	capabilities: string[];
	rate_limits: unknown;
	quota_requests_per_month: number | null;
	limits: unknown;
	max_key_lifetime_days: number | null;
	key_policy: string[];
}): Plan {
	return {
		id: row.id,
		name: row.name,
		capabilities: row.capabilities,
		rate_limits: row.rate_limits as readonly RateLimit[],
		quota_requests_per_month: row.quota_requests_per_month,
		limits: row.limits as PlanLimits,
		max_key_lifetime_days: row.max_key_lifetime_days,
		key_policy: keyPolicyFromRow(row.key_policy),
	};
}

/** Guarantee: the column was written from a value that passed the schema of tenant limits. */
export function tenantLimitsFromRow(limits: unknown): TenantLimits | null {
	return limits as TenantLimits | null;
}

/** Validates that the names of `rate_limits` are unique: counters are stored by name, so duplicates would share one. */
export function validateUniqueNames(rate_limits: readonly RateLimit[], at: string): InputError[] {
	const seen = new Set<string>();
	return rate_limits.flatMap(({ name }, index) => {
		const doubled = seen.has(name);
		seen.add(name);
		return doubled ? [{ pointer: `${at}/${index}/name`, detail: "is the name of an earlier rate limit; names must be unique" }] : [];
	});
}

export function planNotFound(): ApiError {
	return new ApiError("not_found", "There is no plan with this id.");
}

const WITHOUT_LIMITS = { sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null };

/** The plan that `input` describes; what it omits is without limit. 400 `invalid_request`. */
export function planFromInput(input: PlanInput & { plan_id: string }): Plan {
	const errors = validateUniqueNames(input.rate_limits ?? [], "/rate_limits");
	if (!new RegExp(CHOSEN_ID_PATTERN).test(input.plan_id)) errors.push({ pointer: "/path/plan_id", detail: "must be 1–64 letters, digits, _ or -" });
	if (input.id !== undefined && input.id !== input.plan_id) errors.push({ pointer: "/id", detail: "must equal the id in the path, or be left out" });
	if (errors.length > 0) throw new ApiError("invalid_request", "The plan is not valid. Correct what `errors` names.", { errors });
	return {
		id: input.plan_id,
		name: input.name.trim(),
		capabilities: input.capabilities,
		rate_limits: input.rate_limits ?? [],
		quota_requests_per_month: input.quota_requests_per_month ?? null,
		limits: { ...WITHOUT_LIMITS, ...input.limits },
		max_key_lifetime_days: input.max_key_lifetime_days ?? null,
		key_policy: joinKeyPolicies(input.key_policy ?? []),
	};
}
