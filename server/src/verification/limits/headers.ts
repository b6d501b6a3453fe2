import type { Instant } from "../checks.ts";
import type { Grant } from "../grants/grant.ts";
import type { Allowance } from "./allowance.ts";
import type { Ledger } from "./ledger.ts";
import { isSpent, type NamedCosts, policyHeader } from "./policy.ts";

/** What is left of a limit or budget at an instant. */
export interface LimitState {
	/** Null for a budget of which this node has not spent. */
	readonly remaining: number | null;
	/** Until the oldest requests of a limit expire, or until a budget refills; null for one that never does. */
	readonly reset_seconds: number | null;
}

/** State of each limit of the grant's policy, then of each allowance, in the same order. */
export function limitStates(grant: Grant, at: Instant, ledger: Ledger): LimitState[] {
	return [
		...grant.windows.map((_window, index) => ({ remaining: getRemaining(grant, index, at), reset_seconds: getResetSeconds(grant, index, at) })),
		...grant.allowances.map((allowance) => getAllowanceState(allowance, at, ledger)),
	];
}

/** What is left of the limit at this index. */
export function getRemaining(grant: Grant, index: number, at: Instant): number {
	return grant.windows[index]?.peek(at.monotonic, grant.policy.limits[index]?.requests ?? 0) ?? 0;
}

function getResetSeconds(grant: Grant, index: number, at: Instant): number {
	return Math.ceil((grant.windows[index]?.resetMs(at.monotonic) ?? 0) / 1000);
}

function getAllowanceState(allowance: Allowance, { now }: Instant, ledger: Ledger): LimitState {
	return { remaining: ledger.remaining(allowance, now), reset_seconds: getRefillSeconds(allowance, now, ledger) };
}

function getRefillSeconds({ per }: Allowance, now: number, ledger: Ledger): number | null {
	const { until_ms } = ledger.spanAt(per, now);
	return Number.isFinite(until_ms) ? Math.ceil((until_ms - now) / 1000) : null;
}

/** Whether keys of this grant have budgets, which every request spends. */
function hasBudgets({ allowances, tenant }: Grant): boolean {
	return allowances !== tenant.allowances;
}

/** The `RateLimit-Policy` header (draft-ietf-httpapi-ratelimit-headers) of a request that names `named`; null without limits and budgets. */
export function getPolicyHeader(grant: Grant, at: Instant, named: NamedCosts | null, ledger: Ledger): string | null {
	const of_limits = policyHeader(grant.policy, named);
	if (!hasBudgets(grant)) return of_limits;
	let text = of_limits ?? "";
	for (const { budget, per } of grant.allowances)
		if (budget !== null) text += `${text === "" ? "" : ", "}${budget.policy_text}${ledger.spanAt(per, at.now).window_text}`;
	return text;
}

/**
 * The `RateLimit` header of a request that names `named`: what is left of each limit and budget that it spends, and the seconds until it has
 * more. Uses `left` when given, else the current state. Of a budget it is what this node knows without asking, which may be
 * nothing.
 */
export function getRateLimitHeader(grant: Grant, at: Instant, named: NamedCosts | null, ledger: Ledger, left?: readonly LimitState[]): string {
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
	return hasBudgets(grant) ? text + budgetsText(grant, at, ledger, left, text === "" ? "" : ", ") : text;
}

function budgetsText(grant: Grant, at: Instant, ledger: Ledger, left: readonly LimitState[] | undefined, separator: string): string {
	let text = "";
	for (let index = 0; index < grant.allowances.length; index += 1) {
		const allowance = grant.allowances[index];
		if (allowance === undefined || allowance.budget === null) continue;
		const known = left?.[grant.windows.length + index];
		const remaining = known === undefined ? ledger.remaining(allowance, at.now) : known.remaining;
		if (remaining === null) continue;
		const reset_seconds = known === undefined ? getRefillSeconds(allowance, at.now, ledger) : known.reset_seconds;
		text += `${text === "" ? separator : ", "}"${allowance.budget.name}";r=${remaining}${reset_seconds === null ? "" : `;t=${reset_seconds}`}`;
	}
	return text;
}
