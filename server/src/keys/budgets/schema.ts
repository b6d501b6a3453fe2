import Type from "typebox";
import { LimitName } from "../../plans/schema.ts";
import { BUDGET_PERIODS, BUDGETS_MAX, DEFAULT_UNIT } from "./budget.ts";

/** ASCII, because the `RateLimit-Policy` header names the unit. */
const Unit = Type.String({
	pattern: "^[A-Za-z][A-Za-z0-9_-]{0,31}$",
	description: `What is spent, such as credits; default "${DEFAULT_UNIT}"`,
});
const budget = {
	name: LimitName,
	amount: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
	per: Type.Enum([...BUDGET_PERIODS], { description: "When it refills, in UTC; a week begins on Monday, and `total` never refills" }),
};

export const BudgetsInput = Type.Immutable(
	Type.Array(Type.Object({ ...budget, unit: Type.Optional(Unit) }, { additionalProperties: false }), {
		maxItems: BUDGETS_MAX,
		description: "What the key may spend per day, week, month or in total",
	}),
);

export const Budgets = Type.Immutable(Type.Array(Type.Object({ ...budget, unit: Unit })));
