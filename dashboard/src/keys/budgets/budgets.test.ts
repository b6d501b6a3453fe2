import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { anotherBudget, type BudgetValue, formatBudget, formatBudgets, toBudgets, validateBudgets, withChange } from "./budgets.ts";
import { formatPreview, formatUtcDay, type Preview } from "./preview-words.ts";

const A_DAY: BudgetValue = { name: null, unit: "requests", amount: 100, per: "day" };

test("a budget gets a name that no other budget and no limit has, and one that was chosen stays", () => {
	const chosen = { name: "mine", unit: "credits", amount: 5, per: "total" } as const;
	const named = toBudgets([A_DAY, chosen, { ...A_DAY, unit: "Credits_used-for-long-exports-xyz" }], [{ name: "requests-day" }, { name: null }]);
	deepEqual(
		named.map(({ name }) => name),
		["requests-day-2", "mine", "credits_used-for-long-exports-xy"],
	);
	ok(named.every(({ name }) => /^[a-z][a-z0-9_-]{0,31}$/.test(name)));
	equal(withChange({ ...A_DAY, name: "requests-day-2" }, { per: "week" }).name, null);
	equal(withChange({ ...A_DAY, name: "requests-day-2" }, { amount: 7 }).name, "requests-day-2");
	equal(withChange(chosen, { per: "week" }).name, "mine");
});

test("there are at most four budgets, the next one for a time that has none", () => {
	deepEqual(anotherBudget([]), { ...A_DAY, amount: null });
	deepEqual(anotherBudget([{ ...A_DAY, unit: "credits" }]), { name: null, unit: "credits", amount: null, per: "week" });
	equal(anotherBudget([A_DAY, A_DAY, A_DAY, A_DAY]), null);
});

test("an amount that is missing, a unit that no header can name, and a budget twice are errors at their field", () => {
	const field = (...budgets: BudgetValue[]) => {
		const fault = validateBudgets(budgets);
		return fault === null ? null : [fault.index, fault.field];
	};
	equal(field(A_DAY, { ...A_DAY, per: "week" }, { ...A_DAY, unit: "credits" }), null);
	deepEqual(field(A_DAY, { ...A_DAY, amount: null, per: "week" }), [1, "amount"]);
	for (const unit of ["", "2nd", "Guthaben €", "a b", "x".repeat(33)]) deepEqual(field({ ...A_DAY, unit }), [0, "unit"], unit);
	deepEqual(field(A_DAY, { ...A_DAY, unit: " requests " }), [1, "per"]);
});

test("budgets are written in the operator's unit", () => {
	equal(formatBudget({ unit: "credits", amount: 1_000, per: "total" }), "1,000 credits in total");
	equal(formatBudget({ unit: "requests", amount: 1, per: "day" }), "1 request a day");
	equal(formatBudgets([A_DAY, { ...A_DAY, unit: "credits", per: "month" }]), "spends at most 100 requests a day and 100 credits a month");
	equal(formatBudgets([{ ...A_DAY, amount: null }]), null);
});

const MONTH = { from: "2026-07-02T00:00:00.000Z", to: "2026-07-31T12:00:00.000Z", days: 30 };
const period = (start: string, requests: number, over = 0) => ({ start, requests, over, used_up_at: over > 0 ? "2026-07-06T09:00:00.000Z" : null });

test("the preview says how often the key would have been refused, and what the largest period spent", () => {
	const data = [
		period("2026-07-02T00:00:00.000Z", 1_204, 204),
		period("2026-07-05T00:00:00.000Z", 1_000),
		period("2026-07-31T00:00:00.000Z", 1_001, 1),
	];
	const format = (preview: Partial<Preview>, budget = {}) =>
		formatPreview({ ...MONTH, data, ...preview }, { amount: 1_000, unit: "requests", per: "day", ...budget }, formatUtcDay);
	equal(format({}), "On 2 of the last 30 days it would have been refused; the largest day spent 1,204.");
	equal(
		format({ data: [period("2026-07-02T00:00:00.000Z", 9)] }),
		"Over the last 30 days it would never have been refused; the largest day spent 9.",
	);
	equal(format({ data: [] }), "It made no requests in the last 30 days.");
	equal(format({ days: 33 }, { per: "week" }), "In 2 of the last 5 weeks it would have been refused; the largest week spent 1,204.");
	const one = { from: "2026-07-01T00:00:00.000Z", days: 31, data: [period("2026-07-01T00:00:00.000Z", 5)] };
	equal(format(one, { per: "month" }), "Over this month it would never have been refused; the largest month spent 5.");
	equal(
		format({ data: [period("2026-07-02T00:00:00.000Z", 3_000, 2_000)] }, { per: "total" }),
		"In the last 30 days it would have been used up on 6 July, and refused since then.",
	);
	equal(
		format({ data: [period("2026-07-02T00:00:00.000Z", 300)] }, { per: "total" }),
		"It spent 300 in the last 30 days: at that pace this lasts about 100 days.",
	);
	equal(
		format({}, { unit: "credits" }),
		"If each request spends 1 of credits: on 2 of the last 30 days it would have been refused; the largest day spent 1,204.",
	);
});
