import { LRUCache } from "lru-cache";
import { effectivePlan, planFromRow, tenantLimitsFromRow } from "../../plans/plan.ts";
import { quotaAllowance } from "../limits/allowance.ts";
import { limitPolicy } from "../limits/policy.ts";
import type { PlanState, TenantState } from "./grant.ts";
import type { GrantRow } from "./store.ts";

const PERMISSION_SETS_MAX = 10_000;

/** Plans and tenants that grants share by reference. Stale ones are replaced; tenants without grants are deleted. */
export class SharedStates {
	readonly plans = new Map<string, PlanState>();
	readonly tenants = new Map<string, TenantState>();
	/** Most keys have one of a few permission lists. Sharing one set per list keeps it in the CPU cache. */
	readonly #permissions = new LRUCache<string, ReadonlySet<string>>({ max: PERMISSION_SETS_MAX });

	permissions(names: readonly string[]): ReadonlySet<string> {
		const list = names.join(" ");
		const known = this.#permissions.get(list);
		if (known) return known;
		const set = new Set(names);
		this.#permissions.set(list, set);
		return set;
	}

	/** The usable subset on the plan; one set for all keys with the same list. */
	usable(plan: PlanState, permissions: ReadonlySet<string>): ReadonlySet<string> {
		const known = plan.usable.get(permissions);
		if (known) return known;
		const set = usablePermissions(plan, permissions);
		if (plan.usable.size >= PERMISSION_SETS_MAX) plan.usable.clear();
		plan.usable.set(permissions, set);
		return set;
	}

	#plan(row: GrantRow): PlanState {
		const known = this.plans.get(row.plan_id);
		if (known && !known.stale) return known;
		const state: PlanState = {
			id: row.plan_id,
			name: row.plan_name,
			capabilities: new Set(row.plan_capabilities),
			catalogue: new Map(Object.entries(row.catalogue)),
			usable: new Map(),
			stale: false,
		};
		this.plans.set(row.plan_id, state);
		return state;
	}

	/** The tenant of the row, with one more reference. The caller must `release` it. */
	retain(row: GrantRow): TenantState {
		const tenant = this.#tenant(row);
		tenant.references += 1;
		return tenant;
	}

	/** Call it once per `retain`. A tenant without references is removed, which keeps the map as small as the grant cache. */
	release(tenant: TenantState): void {
		tenant.references -= 1;
		if (tenant.references === 0 && this.tenants.get(tenant.id) === tenant) this.tenants.delete(tenant.id);
	}

	#tenant(row: GrantRow): TenantState {
		const plan = this.#plan(row);
		const known = this.tenants.get(row.tenant_id);
		if (known && !known.stale && known.plan === plan) return known;
		// Grants with the old object must be read again: invalidations reach only the object in the map.
		if (known) known.stale = true;
		const effective = effectivePlan(
			planFromRow({
				id: row.plan_id,
				name: row.plan_name,
				capabilities: row.plan_capabilities,
				rate_limits: row.plan_rate_limits,
				quota_requests_per_month: row.plan_quota,
				limits: row.plan_limits,
				max_key_lifetime_days: null,
				key_policy: [],
			}),
			tenantLimitsFromRow(row.tenant_limits),
		);
		const state: TenantState = {
			id: row.tenant_id,
			name: row.tenant_name,
			suspended: row.tenant_status !== "active" || row.tenant_erased_at !== null,
			plan,
			policy: limitPolicy(effective.rate_limits),
			allowances: effective.quota_requests_per_month === null ? [] : [quotaAllowance(row.tenant_id, effective.quota_requests_per_month)],
			operations: known?.operations ?? new Map(),
			references: 0,
			stale: false,
		};
		this.tenants.set(row.tenant_id, state);
		return state;
	}
}

/** Returns those of `permissions` that are in the catalogue and whose capability the plan includes. */
export function usablePermissions(plan: Pick<PlanState, "capabilities" | "catalogue">, permissions: ReadonlySet<string>): ReadonlySet<string> {
	return new Set([...permissions].filter((permission) => plan.capabilities.has(plan.catalogue.get(permission) ?? "")));
}
