import type { AllowList } from "../../core/network.ts";
import type { KeyCounter, OperationCounter } from "../../usage/meter.ts";
import type { LimitPolicy } from "../limits/policy.ts";
import type { SlidingWindow } from "../limits/window.ts";

/** What verification knows of a plan; one object for all tenants on it. `stale` once a change has touched it. */
export interface PlanState {
	readonly id: string;
	readonly name: string;
	readonly capabilities: ReadonlySet<string>;
	/** Permission → the capability that brings it, for every permission there is. */
	readonly catalogue: ReadonlyMap<string, string>;
	/** Of each list of permissions that keys on it hold: those that are in the catalogue and whose capability it includes. */
	readonly usable: Map<ReadonlySet<string>, ReadonlySet<string>>;
	stale: boolean;
}

export type ClientPolicy = "observe" | "alert" | "block";

/** What verification knows of a tenant; one object for all of its keys. */
export interface TenantState {
	readonly id: string;
	readonly name: string;
	readonly suspended: boolean;
	readonly client_policy: ClientPolicy;
	readonly plan: PlanState;
	/** Of its keys that have no limits of their own. */
	readonly policy: LimitPolicy;
	readonly quota_requests_per_month: number | null;
	/** Counters of what was done, by operation and site; kept here so that a request finds its own with one look-up. */
	readonly operations: Map<string, OperationCounter>;
	/** How many grants in memory are made with it. */
	holders: number;
	stale: boolean;
}

export interface GrantRotation {
	readonly id: string;
	/** Which of the two this secret is. */
	readonly secret: "old" | "new";
	/** Null while the new one waits to be revealed. */
	readonly old_ends_at_ms: number | null;
}

/**
 * Everything needed to decide about one secret, in memory. What it says of the key never changes: a change makes it `stale`, and a new one
 * is filled. `digest` is set when the right secret has matched its MAC once, and is what later requests find it by.
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
	/** The part of `permissions` that neither the catalogue nor the plan stands against. */
	readonly usable: ReadonlySet<string>;
	readonly site_ids: ReadonlySet<string> | null;
	readonly allowed_ips: AllowList | null;
	readonly expires_at_ms: number | null;
	readonly rotation_due_at: string | null;
	/** The replacing of the key's secret that goes on, as the secret of this grant sees it. */
	readonly rotation: GrantRotation | null;
	readonly expires_at: string | null;
	readonly paused: boolean;
	readonly revoked: boolean;
	readonly tenant: TenantState;
	/** Whether the database has the secret's first use. */
	first_use_recorded: boolean;
	/** Of the source that used it last; null until there is one. */
	counter: KeyCounter | null;
	/** Of all its sources, when there are several. */
	counters: KeyCounter[] | null;
	readonly policy: LimitPolicy;
	/** One for each limit of the policy, in the same order. */
	readonly windows: readonly SlidingWindow[];
	/** Refused requests of this key that got past its secret; null until there is one. */
	refusals: SlidingWindow | null;
	digest: string | null;
	stale: boolean;
	visited: boolean;
	/** When use from a browser or an app was last written to the log. */
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
