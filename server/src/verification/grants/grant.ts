import type { AllowList } from "../../core/network.ts";
import type { KeyCounter, OperationCounter } from "../../usage/meter.ts";
import type { ClientKind } from "../client-kind.ts";
import type { Allowance } from "../limits/allowance.ts";
import type { LimitPolicy } from "../limits/policy.ts";
import type { SlidingWindow } from "../limits/window.ts";

/** Cached plan, shared by all tenants on it. `stale` once it was changed. */
export interface PlanState {
	readonly id: string;
	readonly name: string;
	readonly capabilities: ReadonlySet<string>;
	/** Permission → its capability, for the whole catalogue. */
	readonly catalogue: ReadonlyMap<string, string>;
	/** Permission set of keys → the subset in the catalogue whose capability the plan includes. */
	readonly usable: Map<ReadonlySet<string>, ReadonlySet<string>>;
	stale: boolean;
}

/** Cached tenant, shared by all of its keys. */
export interface TenantState {
	readonly id: string;
	readonly name: string;
	readonly suspended: boolean;
	readonly plan: PlanState;
	/** The policy of keys without limits of their own. */
	readonly policy: LimitPolicy;
	/** Its quota, if it has one: what keys without budgets spend. */
	readonly allowances: readonly Allowance[];
	/** Counters by operation and site; stored here so that a request finds its counter with one lookup. */
	readonly operations: Map<string, OperationCounter>;
	/** Number of cached grants that refer to it. */
	references: number;
	stale: boolean;
}

export interface GrantRotation {
	readonly id: string;
	/** The role of this grant's secret in the rotation. */
	readonly secret: "old" | "new";
	/** Null while the new secret is not revealed. */
	readonly old_ends_at_ms: number | null;
}

/**
 * All data needed to verify one secret. The key's data is immutable: a change marks the grant `stale`, and a new one is filled. `digest`
 * is set once the secret has matched its MAC; later requests find the grant by it.
 */
export interface Grant {
	readonly kid: string;
	readonly last4: string;
	readonly mac: Buffer;
	readonly mac_version: number;
	readonly pepper_id: string;
	readonly retires_at_ms: number | null;
	readonly retired: boolean;
	readonly key_id: string;
	readonly key_name: string;
	readonly environment: string;
	readonly permissions: ReadonlySet<string>;
	/** The subset of `permissions` in the catalogue whose capability the plan includes. */
	readonly usable: ReadonlySet<string>;
	readonly site_ids: ReadonlySet<string> | null;
	readonly allowed_ips: AllowList | null;
	/** Whether requests from browsers and apps are refused. */
	readonly blocks_clients: boolean;
	/** Whether libraries that servers use as well count as apps: only under a policy `alert` or `block` that was chosen. */
	readonly strict_clients: boolean;
	readonly expires_at_ms: number | null;
	readonly rotation_due_at: string | null;
	/** The key's current rotation, from the view of this secret. */
	readonly rotation: GrantRotation | null;
	readonly expires_at: string | null;
	readonly paused: boolean;
	readonly revoked: boolean;
	readonly tenant: TenantState;
	/** Whether the secret's first use is in the database. */
	first_use_recorded: boolean;
	/** The counter of the latest source; null before the first request. */
	counter: KeyCounter | null;
	/** The counters of all sources, when there are several. */
	counters: KeyCounter[] | null;
	readonly policy: LimitPolicy;
	/** One window per limit of the policy, in the same order. */
	readonly windows: readonly SlidingWindow[];
	/** The quota of the tenant and the budgets of the key. */
	readonly allowances: readonly Allowance[];
	/** Counts refused requests with a matching secret; null before the first one. */
	refusals: SlidingWindow | null;
	digest: string | null;
	stale: boolean;
	visited: boolean;
	/** When use from a browser or an app was last logged. */
	browser_seen_ms: number;
}

export interface SiteState {
	readonly environment: string | null;
}

/** A site that the tenant does not have. */
export const NO_SITE: SiteState = { environment: null };

export function isStale(grant: Grant): boolean {
	return grant.stale || grant.tenant.stale || grant.tenant.plan.stale;
}

/** The kind of client that exposes the key; null for one that does not. */
export function exposedClient(grant: Pick<Grant, "strict_clients">, client: ClientKind): "browser" | "app" | null {
	if (client === "server") return null;
	if (client === "app_library") return grant.strict_clients ? "app" : null;
	return client;
}
