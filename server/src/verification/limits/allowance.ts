import type { Budget, BudgetPeriod } from "../../keys/budgets/budget.ts";
import type { Span } from "./period.ts";
import type { NamedCosts } from "./policy.ts";

const BLOCK_UNITS_MAX = 2_000;
/** A block is at most 1/20 of what is left, so that blocks shrink near the end and no node hoards. */
const BLOCK_PART_OF_LEFT = 20;
/** With less left than this, only what waiting requests cost is leased: the last unit can be spent on whichever node it is asked for. */
const EXACT_BELOW_UNITS = 1_000;

/** What is spent from leased blocks: the quota of a tenant, or a budget of a key. */
export interface Allowance {
	/** Unique in the process, and the same after an edit of the amount. */
	readonly id: string;
	readonly tenant_id: string;
	readonly per: BudgetPeriod;
	/** Per period. */
	readonly amount: number;
	/** Null for a quota. `policy_text`: its part of the `RateLimit-Policy` header, without the window. */
	readonly budget: { readonly key_id: string; readonly name: string; readonly unit: string; readonly policy_text: string } | null;
	/** Where the ledger last found what it has leased, so that a request needs no look-up. Only the ledger uses it. */
	account: Account | null;
}

/** Units of one allowance and period that a node has leased and may spend without I/O. */
export interface Account {
	/** Its ledger. */
	readonly owner: object;
	/** False: its units went back. */
	is_open: boolean;
	/** With the largest amount under which part of it was leased. */
	allowance: Allowance;
	readonly span: Span;
	remaining: number;
	/** What no node had leased when this one leased last; null before. */
	left: number | null;
	/** Costs of the requests that wait for a lease, in their order; null if none does, since a node has many accounts. */
	waiting: number[] | null;
	lastUsedMs: number;
	leasedMs: number;
	/** The lease, or the return of an earlier block, that is under way. */
	pending: Promise<void> | null;
	/** Until when `left` refuses what costs more, and the amount of which it was left; 0 before the first lease. */
	known_until_ms: number;
	known_amount: number;
}

export function quotaAllowance(tenant_id: string, amount: number): Allowance {
	return { id: tenant_id, tenant_id, per: "month", amount, budget: null, account: null };
}

/** Identified by key, name and period: a renamed budget is another one. */
export function budgetAllowance(tenant_id: string, key_id: string, { name, unit, amount, per }: Budget): Allowance {
	const policy_text = `"${name}";q=${amount};qu="${unit}"`;
	return { id: JSON.stringify([key_id, name, per]), tenant_id, per, amount, budget: { key_id, name, unit, policy_text }, account: null };
}

/** The part of a price that allowances are spent by. */
export interface AllowancePrice {
	/** Cost in the quota, and in every budget that is not named. */
	readonly cost: number;
	/** Cost by the name of a budget of the key, in place of `cost`; 0 spends none of it. */
	readonly budgets: NamedCosts | null;
}

/** In place of costs by name: the request spends no budget of the key. */
export const NO_BUDGETS: NamedCosts = new Map();

/** What a request spends of an allowance. */
export function costOf({ budget }: Allowance, { cost, budgets }: AllowancePrice): number {
	if (budget === null) return cost;
	return budgets === NO_BUDGETS ? 0 : (budgets?.get(budget.name) ?? cost);
}

/**
 * How many of the `left` units that no node has leased to lease, with the row locked: every request that waits by then is served, as far as they go.
 * Nothing is leased if none can be.
 */
export function sizeOfBlock({ waiting, remaining }: Account, left: number): number {
	const servable = getServable(waiting ?? [], remaining + left);
	if (servable <= remaining) return 0;
	const block = left < EXACT_BELOW_UNITS ? 0 : Math.min(BLOCK_UNITS_MAX, Math.floor(left / BLOCK_PART_OF_LEFT));
	return Math.max(servable - remaining, block);
}

/** The sum of the costs that fit into `there` in their order. A request that costs more than there is takes nothing from the others. */
function getServable(costs: readonly number[], there: number): number {
	return costs.reduce((sum, cost) => (sum + cost <= there ? sum + cost : sum), 0);
}
