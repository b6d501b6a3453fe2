import type { InputError } from "../../core/error.ts";
import type { KeyRateLimit } from "../rate-limits.ts";

/** How often a budget refills: with the day, the week (from Monday) or the month, in UTC; or never. */
export const BUDGET_PERIODS = ["day", "week", "month", "total"] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

export const DEFAULT_UNIT = "requests";
/** Of one key. */
export const BUDGETS_MAX = 4;

/** What a key may spend: at most `amount` of `unit` per period. Its use is counted by key, name and period, so that it outlives secrets and edits. */
export interface Budget {
	readonly name: string;
	/** The operator's word for what is spent. */
	readonly unit: string;
	readonly amount: number;
	readonly per: BudgetPeriod;
}

/** A budget as it is requested; without a unit it counts requests. */
export type BudgetInput = Omit<Budget, "unit"> & { readonly unit?: string };

/** Guarantee: the column was written from a value that the schema of keys had accepted. */
export function budgetsFromRow(budgets: unknown): readonly Budget[] {
	return budgets as readonly Budget[];
}

/** Always the same fields in the same order, so that equal budgets are equal texts. */
export function toBudgets(requested: readonly BudgetInput[]): readonly Budget[] {
	return requested.map(({ name, unit = DEFAULT_UNIT, amount, per }) => ({ name, unit, amount, per }));
}

/** The names that a budget must not have: responses identify budgets and limits by name. */
export interface TakenNames {
	readonly of_plan: readonly { readonly name: string }[];
	readonly of_key: readonly KeyRateLimit[];
	/** The budgets that the key has: the plan may have changed after they were set. */
	readonly current?: readonly Budget[];
}

/** Errors of rate limits that have the name of an existing budget of the key. */
export function validateNotBudgets(rate_limits: readonly KeyRateLimit[], budgets: readonly Budget[]): InputError[] {
	return rate_limits.flatMap(({ name }, index) =>
		budgets.some((budget) => budget.name === name)
			? [{ pointer: `/rate_limits/${index}/name`, detail: "is the name of a budget of the key: choose another" }]
			: [],
	);
}

/** Validates the budgets of a key beyond their schema. */
export function validateBudgets(requested: readonly BudgetInput[], { of_plan, of_key, current = [] }: TakenNames): InputError[] {
	return requested.flatMap(({ name }, index) => {
		const pointer = `/budgets/${index}/name`;
		if (requested.slice(0, index).some((earlier) => earlier.name === name))
			return [{ pointer, detail: "is the name of an earlier budget: names are unique" }];
		if (of_key.some((limit) => limit.name === name)) return [{ pointer, detail: "is the name of a rate limit of the key: choose another" }];
		if (current.some((budget) => budget.name === name)) return [];
		return of_plan.some((limit) => limit.name === name) ? [{ pointer, detail: "is the name of a limit of the plan: choose another" }] : [];
	});
}
