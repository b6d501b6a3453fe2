import type { paths } from "../../http/openapi.gen.ts";

type Key = paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}"]["get"]["responses"][200]["content"]["application/json"];
/** A budget as the API has it. */
export type Budget = Key["budgets"][number];
export type Per = Budget["per"];

/** A budget as the form holds it. */
export interface BudgetValue {
	/** Null: a name is generated on saving. */
	readonly name: string | null;
	readonly unit: string;
	/** Null while the field is empty. */
	readonly amount: number | null;
	readonly per: Per;
}

export const BUDGETS_MAX = 4;
export const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;
export const DEFAULT_UNIT = "requests";
/** Each with how it is written after an amount. */
export const PERS: readonly { readonly value: Per; readonly label: string }[] = [
	{ value: "day", label: "a day" },
	{ value: "week", label: "a week" },
	{ value: "month", label: "a month" },
	{ value: "total", label: "in total" },
];
const UNIT = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const NAME_CHARACTERS_MAX = 32;
const count = new Intl.NumberFormat("en");

/** Another budget, for a time that has none yet where there is one; null when the key has as many as it may. */
export function anotherBudget(budgets: readonly BudgetValue[]): BudgetValue | null {
	if (budgets.length >= BUDGETS_MAX) return null;
	const per = PERS.find(({ value }) => !budgets.some((budget) => budget.per === value))?.value ?? "day";
	return { name: null, unit: budgets.at(-1)?.unit ?? DEFAULT_UNIT, amount: null, per };
}

/** "1,000 credits a day". */
export function formatBudget({ amount, unit, per }: Pick<Budget, "amount" | "unit" | "per">): string {
	return `${count.format(amount)} ${amount === 1 && unit === DEFAULT_UNIT ? "request" : unit} ${PERS.find(({ value }) => value === per)?.label ?? per}`;
}

/** "spends at most 1,000 requests a day and 20,000 credits in total"; null without any. */
export function formatBudgets(budgets: readonly BudgetValue[]): string | null {
	const amounts = budgets.flatMap(({ amount, ...rest }) => (amount === null ? [] : [formatBudget({ amount, ...rest })]));
	return amounts.length === 0 ? null : `spends at most ${amounts.join(" and ")}`;
}

export interface BudgetFault {
	readonly index: number;
	readonly field: "amount" | "unit" | "per";
	readonly text: string;
}

/** The first error in the budgets, or null. */
export function validateBudgets(budgets: readonly BudgetValue[]): BudgetFault | null {
	for (const [index, { amount, unit, per }] of budgets.entries()) {
		if (amount === null || amount < 1) return { index, field: "amount", text: "Say how much" };
		if (!UNIT.test(unit.trim()))
			return { index, field: "unit", text: "Write the unit in Latin letters, digits, - and _, such as credits: at most 32, beginning with a letter" };
		if (budgets.slice(0, index).some((earlier) => earlier.unit.trim() === unit.trim() && earlier.per === per))
			return { index, field: "per", text: `There is a budget of ${unit.trim()} ${PERS.find(({ value }) => value === per)?.label ?? per} already` };
	}
	return null;
}

/** A generated name, such as `credits-day`: lower case, as names are. */
function baseName({ unit, per }: Pick<BudgetValue, "unit" | "per">): string {
	return `${unit.trim().toLowerCase()}-${per}`;
}

/** Drops a generated name when the time changes, which makes it another budget; any other change keeps the name, and with it what was spent. */
export function withChange(budget: BudgetValue, change: Partial<BudgetValue>): BudgetValue {
	const changed = { ...budget, ...change };
	const generated = budget.name?.startsWith(baseName(budget).slice(0, NAME_CHARACTERS_MAX)) ?? true;
	return generated && changed.per !== budget.per ? { ...changed, name: null } : changed;
}

/** Converts budgets for the API, each with a name that none of these and no limit has. */
export function toBudgets(budgets: readonly BudgetValue[], limits: readonly { readonly name: string | null }[]): Budget[] {
	const taken = new Set([...limits, ...budgets].flatMap(({ name }) => name ?? []));
	return budgets.map(({ name, unit, amount, per }) => {
		const given = name ?? freeName(baseName({ unit, per }), taken);
		taken.add(given);
		return { name: given, unit: unit.trim(), amount: amount ?? 0, per };
	});
}

function freeName(base: string, taken: ReadonlySet<string>): string {
	for (let number = 1; ; number += 1) {
		const suffix = number === 1 ? "" : `-${number}`;
		const name = base.slice(0, NAME_CHARACTERS_MAX - suffix.length) + suffix;
		if (!taken.has(name)) return name;
	}
}
