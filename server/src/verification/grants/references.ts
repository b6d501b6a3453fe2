import { AllowList, parseAllowList } from "../../core/network.ts";
import { budgetsFromRow } from "../../keys/budgets/budget.ts";
import { keyRateLimitsFromRow } from "../../keys/rate-limits.ts";
import type { Meter } from "../../usage/meter.ts";
import { budgetAllowance } from "../limits/allowance.ts";
import { limitPolicy } from "../limits/policy.ts";
import type { SlidingWindow } from "../limits/window.ts";
import type { WindowStore } from "../limits/window-store.ts";
import type { Grant, GrantRotation } from "./grant.ts";
import { KeySources } from "./key-sources.ts";
import { SharedStates } from "./states.ts";
import type { GrantRow } from "./store.ts";

/** Name of the window that counts a key's refused requests. */
const REFUSALS = "refusals";
const REFUSALS_WINDOW_SECONDS = 60;

/**
 * Owns the reference counts of what grants share: tenants, windows and counters. `retain` is called once per grant, when it is built, and
 * `release` once, when it leaves the cache.
 */
export class GrantReferences {
	readonly states = new SharedStates();
	readonly sources: KeySources;
	readonly #windows: WindowStore;

	constructor(options: { meter: Meter; windows: WindowStore }) {
		this.sources = new KeySources(options.meter);
		this.#windows = options.windows;
	}

	/** Builds the grant of a row and retains its tenant and windows. */
	retain(row: GrantRow & { kid: string }): Grant {
		const tenant = this.states.retain(row);
		const permissions = this.states.permissions(row.permissions);
		const own_limits = keyRateLimitsFromRow(row.key_rate_limits);
		const policy = own_limits.length === 0 ? tenant.policy : limitPolicy(tenant.policy.limits, own_limits);
		const budgets = budgetsFromRow(row.key_budgets).map((budget) => budgetAllowance(tenant.id, row.key_id, budget));
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
			allowed_ips: toAllowList(row.allowed_ips),
			blocks_clients: row.client_policy === "block",
			strict_clients: row.strict_clients === true,
			refusals: this.#windows.retainFound(row.key_id, REFUSALS),
			site_ids: row.site_ids === null ? null : new Set(row.site_ids),
			permissions,
			usable: this.states.usable(tenant.plan, permissions),
			policy,
			windows: policy.limits.map((limit) =>
				this.#windows.retain(limit.per === "key" ? row.key_id : tenant.id, `${limit.own ? "own" : limit.per}:${limit.name}`, limit.window_seconds),
			),
			allowances: budgets.length === 0 ? tenant.allowances : [...tenant.allowances, ...budgets],
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
			rotation: toGrantRotation(row),
			browser_seen_ms: Number.NEGATIVE_INFINITY,
		};
	}

	/** The window of the key's refused requests. The first call retains it for the grant, which must not be stale. */
	refusalsOf(grant: Grant): SlidingWindow {
		grant.refusals ??= this.#windows.retain(grant.key_id, REFUSALS, REFUSALS_WINDOW_SECONDS);
		return grant.refusals;
	}

	release(grant: Grant): void {
		this.sources.release(grant);
		this.states.release(grant.tenant);
		for (const window of grant.windows) this.#windows.release(window);
		if (grant.refusals !== null) this.#windows.release(grant.refusals);
	}
}

/** Fails closed: a list that does not parse allows no address. Lists are validated when they are written. */
function toAllowList(entries: string[] | null): AllowList | null {
	if (entries === null) return null;
	const parsed = parseAllowList(entries);
	return parsed instanceof AllowList ? parsed : new AllowList([]);
}

function toGrantRotation(row: GrantRow): GrantRotation | null {
	if (row.rotation_id === null) return null;
	const secret = row.kid === row.rotation_predecessor_kid ? "old" : "new";
	// The old secret ends no later than its key.
	const old_ends_at_ms = row.rotation_ends_at && Math.min(row.rotation_ends_at.getTime(), row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY);
	return { id: row.rotation_id, secret, old_ends_at_ms };
}
