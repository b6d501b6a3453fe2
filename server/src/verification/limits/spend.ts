import type { Instant } from "../checks.ts";
import { type Denial, deny } from "../denial.ts";
import type { Grant } from "../grants/grant.ts";
import { costsOf, isSpent, type Limit, type NamedCosts } from "./policy.ts";
import { nextMonthMs, type QuotaLedger } from "./quota.ts";

/** What a request takes when it is let through. */
export interface Price {
	/** Of the quota, and of every limit that it does not give another cost. */
	readonly cost: number;
	/** By name: what it takes of the plan's limits that only count requests that name them, or in place of `cost` of others. */
	readonly limits: NamedCosts | null;
}

/** Of each limit of the grant; null when it is `cost` of those that every request spends. */
function costsFor(grant: Grant, price: Price): readonly number[] | null {
	return price.limits === null ? null : costsOf(grant.policy, price.cost, price.limits);
}

/** Whether the limit at this place has less left than is to be taken of it. */
function isExhausted(grant: Grant, index: number, taken: number, at: Instant): boolean {
	const limit = grant.policy.limits[index];
	const window = grant.windows[index];
	return limit !== undefined && window !== undefined && window.peek(at.monotonic, limit.requests) < taken;
}

/** Null when every limit has what is to be taken of it. Takes nothing. */
function exhaustedLimit(grant: Grant, cost: number, costs: readonly number[] | null, at: Instant): Denial | null {
	const count = costs === null ? grant.policy.always : grant.policy.limits.length;
	for (let index = 0; index < count; index += 1)
		if (isExhausted(grant, index, costs === null ? cost : (costs[index] ?? 0), at)) return rateLimited(grant, cost, costs, at);
	return null;
}

/** Names the limit that holds the longest: whoever waits for it is not refused by another then. */
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
	return slowest === null ? null : refusalBy(slowest.limit, slowest.taken, slowest.wait_ms);
}

function refusalBy(limit: Limit, taken: number, wait_ms: number): Denial {
	const possible = Number.isFinite(wait_ms);
	return deny(
		"rate_limited",
		possible
			? `The limit "${limit.name}" of ${limit.requests} requests in ${limit.window_seconds} seconds is reached for this ${limit.per}. Wait, then go on more slowly.`
			: `This request costs ${taken} and the limit "${limit.name}" allows ${limit.requests} in ${limit.window_seconds} seconds: it can never pass.`,
		{ retry_after_seconds: possible ? wait_ms / 1000 : limit.window_seconds, members: { limit: limit.name } },
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

/** Gives back to the limits what was taken of them at `taken_ms`. */
export function refund(grant: Grant, price: Price, taken_ms: number): void {
	const costs = costsFor(grant, price) ?? grant.policy.limits.map((limit) => (limit.named_only ? 0 : price.cost));
	for (const [index, taken] of costs.entries()) grant.windows[index]?.refund(taken_ms, taken);
}

function quotaExceeded(grant: Grant, at: Instant): Denial {
	return deny(
		"quota_exceeded",
		`The ${grant.tenant.quota_requests_per_month} requests of this month are used up. The next month begins on the first, UTC; a larger plan has more.`,
		{
			retry_after_seconds: (nextMonthMs(at.now) - at.now) / 1000,
		},
	);
}

/** A limit at an instant: what is left of it, and in how many seconds the oldest requests stop counting. */
export interface LimitState {
	readonly remaining: number;
	readonly reset_seconds: number;
}

/** Of each limit of the grant, in its order. */
export function limitStates(grant: Grant, at: Instant): LimitState[] {
	return grant.windows.map((_window, index) => ({ remaining: remainingOf(grant, index, at), reset_seconds: resetSecondsOf(grant, index, at) }));
}

/** What is left of the limit at this place. */
export function remainingOf(grant: Grant, index: number, at: Instant): number {
	return grant.windows[index]?.peek(at.monotonic, grant.policy.limits[index]?.requests ?? 0) ?? 0;
}

function resetSecondsOf(grant: Grant, index: number, at: Instant): number {
	return Math.ceil((grant.windows[index]?.resetMs(at.monotonic) ?? 0) / 1000);
}

/** What came of spending that had to wait. */
export interface SpentLate {
	readonly denial: Denial | null;
	/** Of the limits, right then. */
	readonly left: readonly LimitState[];
}

/**
 * Takes the price from every rate limit that it concerns and from the quota, or nothing from any: null when it was taken, else the last
 * denial. A promise only while a block of the quota is leased.
 */
export function spend(grant: Grant, price: Price, at: Instant, quotas: QuotaLedger, reread: () => Instant): Denial | null | Promise<SpentLate> {
	const { cost } = price;
	const costs = costsFor(grant, price);
	const exhausted = exhaustedLimit(grant, cost, costs, at);
	if (exhausted !== null) return exhausted;
	const quota = grant.tenant.quota_requests_per_month;
	if (quota === null) return take(grant, cost, costs, at);
	const spent = quotas.spend(grant.tenant.id, quota, cost);
	if (spent === true) return take(grant, cost, costs, at);
	if (spent === false) return quotaExceeded(grant, at);
	return spent.then((enough) => {
		const later = reread();
		const denial = enough ? exhaustedLimit(grant, cost, costs, later) : quotaExceeded(grant, later);
		if (denial === null) take(grant, cost, costs, later);
		else if (enough) quotas.refund(grant.tenant.id, quota, at.now, cost);
		return { denial, left: limitStates(grant, later) };
	});
}

/**
 * The `RateLimit` header (draft-ietf-httpapi-ratelimit-headers) of a request that names `named`: of each limit that it spends, what is left,
 * and in how many seconds the oldest requests stop counting: as `left` says, else as it is now.
 */
export function rateLimitHeader(grant: Grant, at: Instant, named: NamedCosts | null, left?: readonly LimitState[]): string {
	const { limits, always } = grant.policy;
	const count = named === null ? always : limits.length;
	let text = "";
	for (let index = 0; index < count; index += 1) {
		const limit = limits[index];
		if (limit === undefined || !isSpent(grant.policy, index, named)) continue;
		const known = left?.[index];
		const remaining = known === undefined ? remainingOf(grant, index, at) : known.remaining;
		const reset_seconds = known === undefined ? resetSecondsOf(grant, index, at) : known.reset_seconds;
		text += `${text === "" ? "" : ", "}"${limit.name}";r=${remaining};t=${reset_seconds}`;
	}
	return text;
}
