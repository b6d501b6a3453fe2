import { LRUCache } from "lru-cache";
import type { Clock } from "../../core/clock.ts";
import { AllowList, parseAllowList } from "../../core/network.ts";
import { keyRateLimitsFromRow } from "../../keys/limits.ts";
import { effectivePlan, planFromRow, tenantLimitsFromRow } from "../../plans/plan.ts";
import { limitPolicy } from "../limits/policy.ts";
import type { WindowStore } from "../limits/window-store.ts";
import type { ClientPolicy, Grant, GrantRotation, PlanState, TenantState } from "./grant.ts";
import type { GrantRow } from "./store.ts";

/** Name of the window that counts a key's refused requests. */
export const REFUSALS = "refusals";
export const REFUSALS_WINDOW_SECONDS = 60;
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

	plan(row: GrantRow): PlanState {
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

	tenant(row: GrantRow): TenantState {
		const plan = this.plan(row);
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
			}),
			tenantLimitsFromRow(row.tenant_limits),
		);
		const state: TenantState = {
			id: row.tenant_id,
			name: row.tenant_name,
			suspended: row.tenant_status !== "active" || row.tenant_erased_at !== null,
			client_policy: asClientPolicy(row.client_policy),
			plan,
			policy: limitPolicy(effective.rate_limits),
			quota_requests_per_month: effective.quota_requests_per_month,
			operations: known?.operations ?? new Map(),
			holders: 0,
			stale: false,
		};
		this.tenants.set(row.tenant_id, state);
		return state;
	}

	/** Call it once per evicted grant of the tenant. It keeps the map as small as the grant cache. */
	release(tenant: TenantState): void {
		tenant.holders -= 1;
		if (tenant.holders === 0 && this.tenants.get(tenant.id) === tenant) this.tenants.delete(tenant.id);
	}
}

/** Returns those of `permissions` that are in the catalogue and whose capability the plan includes. */
export function usablePermissions(plan: Pick<PlanState, "capabilities" | "catalogue">, permissions: ReadonlySet<string>): ReadonlySet<string> {
	return new Set([...permissions].filter((permission) => plan.capabilities.has(plan.catalogue.get(permission) ?? "")));
}

/** Guarantee: the column has a check constraint with exactly these values. */
function asClientPolicy(text: string): ClientPolicy {
	return text as ClientPolicy;
}

/** Fails closed: a list that does not parse allows no address. Lists are validated when they are written. */
function allowListOf(entries: string[] | null): AllowList | null {
	if (entries === null) return null;
	const parsed = parseAllowList(entries);
	return parsed instanceof AllowList ? parsed : new AllowList([]);
}

export interface FillParts {
	readonly states: SharedStates;
	readonly windows: WindowStore;
	readonly clock: Clock;
}

function rotationOf(row: GrantRow): GrantRotation | null {
	if (row.rotation_id === null) return null;
	const secret = row.kid === row.rotation_predecessor_kid ? "old" : "new";
	// The old secret ends no later than its key.
	const old_ends_at_ms = row.rotation_ends_at && Math.min(row.rotation_ends_at.getTime(), row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY);
	return { id: row.rotation_id, secret, old_ends_at_ms };
}

/** Builds the grant of a row. Increments `holders` of its tenant and windows. */
export function grantOf(row: GrantRow & { kid: string }, parts: FillParts): Grant {
	const tenant = parts.states.tenant(row);
	tenant.holders += 1;
	const permissions = parts.states.permissions(row.permissions);
	const own_limits = keyRateLimitsFromRow(row.key_rate_limits);
	const policy = own_limits.length === 0 ? tenant.policy : limitPolicy(tenant.policy.limits, own_limits);
	// Fields that every request reads come first, so that they share CPU cache lines.
	return {
		visited: false,
		stale: false,
		first_use_recorded: row.first_use_recorded,
		tenant,
		digest: null,
		revoked: row.revoked_at !== null,
		retired: row.retired_at !== null,
		retires_at_ms: row.retires_at?.getTime() ?? null,
		expires_at_ms: row.expires_at?.getTime() ?? null,
		paused: row.paused_at !== null,
		allowed_ips: allowListOf(row.allowed_ips),
		refusals: parts.windows.find(row.key_id, REFUSALS),
		site_ids: row.site_ids === null ? null : new Set(row.site_ids),
		permissions,
		usable: parts.states.usable(tenant.plan, permissions),
		policy,
		windows: policy.limits.map((limit) =>
			parts.windows.get(limit.per === "key" ? row.key_id : tenant.id, `${limit.own ? "own" : limit.per}:${limit.name}`, limit.window_seconds),
		),
		counter: null,
		counters: null,
		key_id: row.key_id,
		key_name: row.key_name,
		environment: row.environment,
		kid: row.kid,
		last4: row.last4,
		mac: row.mac,
		mac_version: row.mac_version,
		pepper_id: row.pepper_id,
		expires_at: row.expires_at?.toISOString() ?? null,
		rotation_due_at: row.rotation_due_at?.toISOString() ?? null,
		rotation: rotationOf(row),
		browser_seen_ms: Number.NEGATIVE_INFINITY,
	};
}
