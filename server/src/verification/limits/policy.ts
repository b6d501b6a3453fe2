import type { KeyRateLimit } from "../../keys/limits.ts";
import type { RateLimit } from "../../plans/plan.ts";

/** A rate limit as it is spent. */
export interface Limit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
	readonly per: "key" | "tenant";
	/** Spent only by requests that name it. */
	readonly named_only: boolean;
	/** The key's own, besides those of the plan. No request can name it: who asks knows the plan, not the key. */
	readonly own: boolean;
}

/** What requests name: of the plan's limits, and what of each they spend. */
export type NamedCosts = ReadonlyMap<string, number>;

/** What the requests of a key spend besides the quota; one object for all keys of a tenant that have no limits of their own. */
export interface LimitPolicy {
	/** First those that every request spends, then those that it has to name. */
	readonly limits: readonly Limit[];
	/** How many of them every request spends. */
	readonly always: number;
	/** The `RateLimit-Policy` header of a request that names none; null without any. */
	readonly header: string | null;
}

/** Always all fields, in one order: spending looks at limits of one shape. */
function limitOf(limit: RateLimit, own: boolean): Limit {
	const { name, requests, window_seconds, per, named_only = false } = limit;
	return { name, requests, window_seconds, per, named_only, own };
}

/** The policy of a key with `own` limits in a tenant whose plan has `rate_limits`. */
export function limitPolicy(rate_limits: readonly RateLimit[], own: readonly KeyRateLimit[] = []): LimitPolicy {
	const always = [
		...rate_limits.filter((limit) => !limit.named_only).map((limit) => limitOf(limit, false)),
		...own.map((limit) => limitOf({ ...limit, per: "key" }, true)),
	];
	const named_only = rate_limits.filter((limit) => limit.named_only).map((limit) => limitOf(limit, false));
	return { limits: [...always, ...named_only], always: always.length, header: always.length === 0 ? null : always.map(policyText).join(", ") };
}

function policyText(limit: Limit): string {
	return `"${limit.name}";q=${limit.requests};w=${limit.window_seconds}`;
}

/** Whether a request that names `named` spends the limit at this place. */
export function isSpent(policy: LimitPolicy, index: number, named: NamedCosts | null): boolean {
	return index < policy.always || named?.has(policy.limits[index]?.name ?? "") === true;
}

/** What a request that costs `cost` spends of each limit; 0 of one that it leaves alone. A name that is no limit of the plan is none. */
export function costsOf(policy: LimitPolicy, cost: number, named: NamedCosts): readonly number[] {
	return policy.limits.map((limit) => (limit.own ? undefined : named.get(limit.name)) ?? (limit.named_only ? 0 : cost));
}

/** The `RateLimit-Policy` header (draft-ietf-httpapi-ratelimit-headers) of a request that names `named`: the limits that it spends. */
export function policyHeader(policy: LimitPolicy, named: NamedCosts | null): string | null {
	if (named === null || policy.always === policy.limits.length) return policy.header;
	const spent = policy.limits.filter((_limit, index) => isSpent(policy, index, named));
	return spent.length === 0 ? null : spent.map(policyText).join(", ");
}
