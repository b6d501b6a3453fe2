import Type, { type Static } from "typebox";
import { ApiError } from "../../core/error.ts";
import { calendarPeriodAt, DAY_MS } from "../../core/time.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Route, route } from "../../http/route.ts";
import { keyExists, readAllowedByHour } from "../../usage/reports/report-store.ts";
import { orNull, Time } from "../secrets/schema-parts.ts";
import { BUDGET_PERIODS, type Budget, type BudgetPeriod } from "./budget.ts";

const PREVIEW_DAYS = 30;

const Query = Type.Object(
	{
		amount: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
		per: Type.Enum([...BUDGET_PERIODS]),
	},
	{ additionalProperties: false },
);
const Period = Type.Object({
	start: Time,
	requests: Type.Integer({ description: "That were allowed" }),
	over: Type.Integer({ description: "Of these, what the budget would have refused" }),
	used_up_at: orNull({ ...Time, description: "The hour in which the budget would have been used up; null: not in this period" }),
});
const Preview = Type.Object({
	from: { ...Time, description: "30 days ago, or the start of the period that holds it" },
	to: Time,
	days: Type.Integer({ description: "Days of the preview, with today: 30, or more where the first period began earlier" }),
	data: Type.Array(Period, { description: "Periods with requests, in order; the last one may not be over yet. One for `total`" }),
});
export type BudgetPreview = Static<typeof Preview>;
type PreviewPeriod = Static<typeof Period>;

/** When the period of a budget that `time_ms` is in began; for `total` the given time. */
function getPeriodStart(per: BudgetPeriod, time_ms: number): number {
	return per === "total" ? time_ms : calendarPeriodAt(per, time_ms).from_ms;
}

/** What a budget would have done with these allowed requests, each of which spends 1. `hours` are in order, the first at `from_ms` or later. */
export function previewBudget(
	budget: Pick<Budget, "amount" | "per">,
	hours: readonly { readonly start: Date; readonly requests: number }[],
	from_ms: number,
): PreviewPeriod[] {
	const periods: PreviewPeriod[] = [];
	for (const { start, requests } of hours) {
		const began = new Date(budget.per === "total" ? from_ms : getPeriodStart(budget.per, start.getTime())).toISOString();
		let period = periods.at(-1);
		if (period?.start !== began) {
			period = { start: began, requests: 0, over: 0, used_up_at: null };
			periods.push(period);
		}
		period.requests += requests;
		period.over = Math.max(0, period.requests - budget.amount);
		if (period.requests >= budget.amount) period.used_up_at ??= start.toISOString();
	}
	return periods;
}

/**
 * What a budget would have refused in the last 30 days. It counts 1 for each allowed request: what requests cost is recorded for the budgets that
 * exist only. 404 `not_found` for an unknown key.
 */
export async function budgetPreview(
	context: DatabaseContext,
	input: { tenant_id: string; key_id: string; amount: number; per: BudgetPeriod },
): Promise<BudgetPreview> {
	const now_ms = context.clock.now();
	const first_day_ms = getPeriodStart("day", now_ms) - (PREVIEW_DAYS - 1) * DAY_MS;
	const from_ms = getPeriodStart(input.per, first_day_ms);
	const hours = await read(context, async (tx) => {
		if (!(await keyExists(tx, input.tenant_id, input.key_id))) throw new ApiError("not_found", "There is no API key with this id.");
		return readAllowedByHour(tx, input, new Date(from_ms));
	});
	return {
		from: new Date(from_ms).toISOString(),
		to: new Date(now_ms).toISOString(),
		days: (getPeriodStart("day", now_ms) - from_ms) / DAY_MS + 1,
		data: previewBudget(input, hours, from_ms),
	};
}

export const budgetRoutes: readonly Route<DatabaseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/budget-preview",
		access: "viewer",
		summary: "What a budget would have refused in the last 30 days, if each request spends 1",
		status: 200,
		query: Query,
		output: Preview,
		reads_usage: true,
		run: budgetPreview,
	}),
];
