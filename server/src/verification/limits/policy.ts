import type { KeyRateLimit } from "../../keys/rate-limits.ts";
import type { RateLimit } from "../../plans/plan.ts";

/** A rate limit that requests spend. */
export interface Limit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
	readonly per: "key" | "tenant";
	/** Only requests that name it spend it. */
	readonly named_only: boolean;
	/** A limit of the key, in addition to the plan's. Requests cannot name it: callers know the plan, not the key. */
	readonly own: boolean;
}

/** Name of a limit of the plan, or of a budget of the key → the cost that a request spends of it. */
export type NamedCosts = ReadonlyMap<string, number>;

/** The rate limits of a key; one object for all keys of a tenant without limits of their own. */
export interface LimitPolicy {
	/** First the limits that every request spends, then the named-only ones. */
	readonly limits: readonly Limit[];
	/** Number of limits that every request spends. */
	readonly always: number;
	/** The `RateLimit-Policy` header of a request that names no limit; null without limits. */
	readonly header: string | null;
}

/** Always the same fields in the same order, so that all limits share one hidden class. */
function getLimit(limit: RateLimit, own: boolean): Limit {
	const { name, requests, window_seconds, per, named_only = false } = limit;
	return { name, requests, window_seconds, per, named_only, own };
}

/** The policy of a key with `own` limits in a tenant whose plan has `rate_limits`. */
export function limitPolicy(rate_limits: readonly RateLimit[], own: readonly KeyRateLimit[] = []): LimitPolicy {
	const always = [
		...rate_limits.filter((limit) => !limit.named_only).map((limit) => getLimit(limit, false)),
		...own.map((limit) => getLimit({ ...limit, per: "key" }, true)),
	];
	const named_only = rate_limits.filter((limit) => limit.named_only).map((limit) => getLimit(limit, false));
	return { limits: [...always, ...named_only], always: always.length, header: always.length === 0 ? null : always.map(policyText).join(", ") };
}

function policyText(limit: Limit): string {
	return `"${limit.name}";q=${limit.requests};w=${limit.window_seconds}`;
}

/** Whether a request that names `named` spends the limit at this index. */
export function isSpent(policy: LimitPolicy, index: number, named: NamedCosts | null): boolean {
	return index < policy.always || named?.has(policy.limits[index]?.name ?? "") === true;
}

/** Cost per limit of a request that costs `cost`; 0 for a limit that it does not spend. Ignores names that are not limits of the plan. */
export function getCosts(policy: LimitPolicy, cost: number, named: NamedCosts): readonly number[] {
	return policy.limits.map((limit) => (limit.own ? undefined : named.get(limit.name)) ?? (limit.named_only ? 0 : cost));
}

/** The `RateLimit-Policy` header (draft-ietf-httpapi-ratelimit-headers) with the limits that a request spends when it names `named`. */
export function policyHeader(policy: LimitPolicy, named: NamedCosts | null): string | null {
	if (named === null || policy.always === policy.limits.length) return policy.header;
	const spent = policy.limits.filter((_limit, index) => isSpent(policy, index, named));
	return spent.length === 0 ? null : spent.map(policyText).join(", ");
}
