import type { Instant } from "../checks.ts";
import { type Denial, deny } from "../denial.ts";
import type { Grant } from "../grants/grant.ts";
import { type AllowancePrice, costOf } from "./allowance.ts";
import { allowanceExhausted } from "./exhausted.ts";
import { LEASE_NEEDED, type Ledger } from "./ledger.ts";
import { getCosts, type Limit, type NamedCosts } from "./policy.ts";

/** The cost of an allowed request. */
export interface Price extends AllowancePrice {
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

/** Spends all allowances of the grant, or none: null when they were spent. Without I/O. */
function spendAllowances({ allowances }: Grant, price: Price, { now }: Instant, ledger: Ledger): Denial | typeof LEASE_NEEDED | null {
	let missing = false;
	for (const allowance of allowances) {
		const there = ledger.check(allowance, costOf(allowance, price), now);
		if (there === false) return allowanceExhausted(allowances, price, now, ledger);
		missing ||= there === LEASE_NEEDED;
	}
	if (missing) return LEASE_NEEDED;
	for (const allowance of allowances) ledger.spend(allowance, costOf(allowance, price), now);
	return null;
}

/** Leases what the request is short of. */
export async function leaseAllowances({ allowances }: Grant, price: Price, ledger: Ledger, now: number): Promise<void> {
	const short = allowances.filter((allowance) => ledger.check(allowance, costOf(allowance, price), now) === LEASE_NEEDED);
	await Promise.all(short.map((allowance) => ledger.lease(allowance, costOf(allowance, price))));
}

/** Takes the price from every rate limit that it names, the quota and every budget, or from none of them: null when it was taken, else the denial. */
export function spend(grant: Grant, price: Price, at: Instant, ledger: Ledger): Denial | typeof LEASE_NEEDED | null {
	const { cost } = price;
	const costs = costsFor(grant, price);
	const exhausted = exhaustedLimit(grant, cost, costs, at);
	if (exhausted !== null) return exhausted;
	if (grant.allowances.length > 0) {
		const denial = spendAllowances(grant, price, at, ledger);
		if (denial !== null) return denial;
	}
	return take(grant, cost, costs, at);
}
