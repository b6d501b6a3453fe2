import type { Instant } from "../checks.ts";
import { type Denial, deny } from "../denial.ts";
import type { Grant } from "../grants/grant.ts";
import { getCosts, isSpent, type Limit, type NamedCosts } from "./policy.ts";
import { nextMonthMs, QUOTA_NEEDED, type QuotaLedger } from "./quota.ts";

/** The cost of an allowed request. */
export interface Price {
	/** Cost in the quota and in every limit that `limits` does not override. */
	readonly cost: number;
	/** Cost by name: for named-only limits of the plan, and in place of `cost` for others. */
	readonly limits: NamedCosts | null;
}

/** Cost per limit of the grant; null when the request spends `cost` of the first `policy.always` limits. */
function costsFor(grant: Grant, price: Price): readonly number[] | null {
	return price.limits === null ? null : getCosts(grant.policy, price.cost, price.limits);
}

/** Whether the limit at this index has less than `taken` left. */
function isExhausted(grant: Grant, index: number, taken: number, at: Instant): boolean {
	const limit = grant.policy.limits[index];
	const window = grant.windows[index];
	return limit !== undefined && window !== undefined && window.peek(at.monotonic, limit.requests) < taken;
}

/** The denial of an exhausted limit; null when there is none. Takes nothing. */
function exhaustedLimit(grant: Grant, cost: number, costs: readonly number[] | null, at: Instant): Denial | null {
	const count = costs === null ? grant.policy.always : grant.policy.limits.length;
	for (let index = 0; index < count; index += 1)
		if (isExhausted(grant, index, costs === null ? cost : (costs[index] ?? 0), at)) return rateLimited(grant, cost, costs, at);
	return null;
}

/** Names the limit with the longest wait, so that a caller who waits is not refused by another limit. */
function rateLimited(grant: Grant, cost: number, costs: readonly number[] | null, at: Instant): Denial | null {
	const count = costs === null ? grant.policy.always : grant.policy.limits.length;
	let slowest: { limit: Limit; taken: number; wait_ms: number } | null = null;
	for (let index = 0; index < count; index += 1) {
		const limit = grant.policy.limits[index];
		const taken = costs === null ? cost : (costs[index] ?? 0);
		if (limit === undefined || !isExhausted(grant, index, taken, at)) continue;
		const wait_ms = grant.windows[index]?.nextFreeMs(at.monotonic, limit.requests, taken) ?? 0;
		if (slowest === null || wait_ms > slowest.wait_ms) slowest = { limit, taken, wait_ms };
	}
	return slowest === null ? null : refusalBy(slowest.limit, slowest.taken, slowest.wait_ms, at);
}

function refusalBy(limit: Limit, cost: number, wait_ms: number, at: Instant): Denial {
	const possible = Number.isFinite(wait_ms);
	const { name, requests, window_seconds, per } = limit;
	const refills_at = possible ? new Date(at.now + wait_ms).toISOString() : null;
	return deny(
		"rate_limit",
		"rate_limited",
		possible
			? `The limit "${limit.name}" of ${limit.requests} requests in ${limit.window_seconds} seconds is reached for this ${limit.per}. Wait, then send requests more slowly.`
			: `This request costs ${cost} and the limit "${limit.name}" allows ${limit.requests} in ${limit.window_seconds} seconds: it can never pass.`,
		{
			metadata: { retry_after_seconds: possible ? wait_ms / 1000 : window_seconds, members: { limit: name } },
			facts: { limit: name, requests, window_seconds, per, cost, refills_at },
		},
	);
}

function take(grant: Grant, cost: number, costs: readonly number[] | null, at: Instant): null {
	const count = costs === null ? grant.policy.always : grant.policy.limits.length;
	for (let index = 0; index < count; index += 1) {
		const taken = costs === null ? cost : (costs[index] ?? 0);
		if (taken > 0) grant.windows[index]?.take(at.monotonic, taken);
	}
	return null;
}

function quotaExceeded(grant: Grant, at: Instant): Denial {
	const refills_ms = nextMonthMs(at.now);
	return deny(
		"quota",
		"quota_exceeded",
		`The ${grant.tenant.quota_requests_per_month} requests of this month are used up. The next month begins on the first, UTC; a larger plan has more.`,
		{
			metadata: { retry_after_seconds: (refills_ms - at.now) / 1000 },
			facts: { requests: grant.tenant.quota_requests_per_month, refills_at: new Date(refills_ms).toISOString() },
		},
	);
}

/** What is left of a limit at an instant, and the seconds until its oldest requests expire. */
export interface LimitState {
	readonly remaining: number;
	readonly reset_seconds: number;
}

/** State of each limit of the grant's policy, in the same order. */
export function limitStates(grant: Grant, at: Instant): LimitState[] {
	return grant.windows.map((_window, index) => ({ remaining: getRemaining(grant, index, at), reset_seconds: getResetSeconds(grant, index, at) }));
}

/** What is left of the limit at this index. */
export function getRemaining(grant: Grant, index: number, at: Instant): number {
	return grant.windows[index]?.peek(at.monotonic, grant.policy.limits[index]?.requests ?? 0) ?? 0;
}

function getResetSeconds(grant: Grant, index: number, at: Instant): number {
	return Math.ceil((grant.windows[index]?.resetMs(at.monotonic) ?? 0) / 1000);
}

/** Takes the price from the quota and every rate limit that it names, or from none of them: null when it was taken, else the denial. */
export function spend(grant: Grant, price: Price, at: Instant, quotas: QuotaLedger): Denial | typeof QUOTA_NEEDED | null {
	const { cost } = price;
	const costs = costsFor(grant, price);
	const exhausted = exhaustedLimit(grant, cost, costs, at);
	if (exhausted !== null) return exhausted;
	const quota = grant.tenant.quota_requests_per_month;
	if (quota === null) return take(grant, cost, costs, at);
	const spent = quotas.spend(grant.tenant.id, quota, cost);
	if (spent === QUOTA_NEEDED) return QUOTA_NEEDED;
	return spent ? take(grant, cost, costs, at) : quotaExceeded(grant, at);
}

/**
 * The `RateLimit` header (draft-ietf-httpapi-ratelimit-headers) of a request that names `named`: what is left of each limit that it spends,
 * and the seconds until its oldest requests expire. Uses `left` when given, else the current state.
 */
export function rateLimitHeader(grant: Grant, at: Instant, named: NamedCosts | null, left?: readonly LimitState[]): string {
	const { limits, always } = grant.policy;
	const count = named === null ? always : limits.length;
	let text = "";
	for (let index = 0; index < count; index += 1) {
		const limit = limits[index];
		if (limit === undefined || !isSpent(grant.policy, index, named)) continue;
		const known = left?.[index];
		const remaining = known === undefined ? getRemaining(grant, index, at) : known.remaining;
		const reset_seconds = known === undefined ? getResetSeconds(grant, index, at) : known.reset_seconds;
		text += `${text === "" ? "" : ", "}"${limit.name}";r=${remaining};t=${reset_seconds}`;
	}
	return text;
}
