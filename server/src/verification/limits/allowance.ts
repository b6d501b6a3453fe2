import type { Budget, BudgetPeriod } from "../../keys/budgets/budget.ts";
import type { Span } from "./period.ts";
import type { NamedCosts } from "./policy.ts";

/** What is spent from leased blocks: the quota of a tenant, or a budget of a key. */
export interface Allowance {
	/** Unique in the process, and the same after an edit of the amount. */
	readonly id: string;
	readonly tenant_id: string;
	readonly per: BudgetPeriod;
	/** Per period. */
	readonly amount: number;
	/** Null for a quota. */
	readonly budget: { readonly key_id: string; readonly name: string; readonly unit: string } | null;
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
	/** Costs of the requests that wait for a lease, in their order. */
	readonly waiting: number[];
	lastUsedMs: number;
	leasedMs: number;
	/** The lease, or the return of an earlier block, that is under way. */
	pending: Promise<void> | null;
	/** Until when `left` refuses what costs more, and the amount of which it was left. */
	known: { amount: number; untilMs: number } | null;
}

export function quotaAllowance(tenant_id: string, amount: number): Allowance {
	return { id: tenant_id, tenant_id, per: "month", amount, budget: null, account: null };
}

/** Identified by key, name and period: a renamed budget is another one. */
export function budgetAllowance(tenant_id: string, key_id: string, { name, unit, amount, per }: Budget): Allowance {
	return { id: JSON.stringify([key_id, name, per]), tenant_id, per, amount, budget: { key_id, name, unit }, account: null };
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
