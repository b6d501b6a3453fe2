import { DAY_MS } from "../../ui/time-units.ts";
import { DEFAULT_UNIT, type Per } from "./budgets.ts";

/** What a budget would have refused, as the API says it. */
export interface Preview {
	readonly from: string;
	readonly to: string;
	readonly days: number;
	readonly data: readonly { readonly start: string; readonly requests: number; readonly over: number; readonly used_up_at: string | null }[];
}

const DAYS_PER_WEEK = 7;
const MONTHS_PER_YEAR = 12;
const count = new Intl.NumberFormat("en");
const one = { day: "day", week: "week", month: "month" } as const;

function months(from: Date, to: Date): number {
	return (to.getUTCFullYear() - from.getUTCFullYear()) * MONTHS_PER_YEAR + to.getUTCMonth() - from.getUTCMonth() + 1;
}

/** The number of periods in the preview, also those without requests. */
function periodsIn({ from, to, days }: Preview, per: Exclude<Per, "total">): number {
	if (per === "day") return days;
	return per === "week" ? Math.ceil(days / DAYS_PER_WEEK) : months(new Date(from), new Date(to));
}

/** What the last 30 days say about a budget, in a sentence or two. `formatDate` writes a day (UTC). */
export function formatPreview(preview: Preview, budget: { amount: number; unit: string; per: Per }, formatDate: (time: string) => string): string {
	const { data, days } = preview;
	const largest = Math.max(0, ...data.map(({ requests }) => requests));
	if (largest === 0) return "It made no requests in the last 30 days.";
	const text = budget.per === "total" ? formatTotal(data[0], budget.amount, days, formatDate) : formatPeriods(preview, budget.per, largest);
	return budget.unit === DEFAULT_UNIT ? text : `If each request spends 1 of ${budget.unit}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function formatPeriods(preview: Preview, per: Exclude<Per, "total">, largest: number): string {
	const periods = periodsIn(preview, per);
	const over = preview.data.filter((period) => period.over > 0).length;
	const spent = `the largest ${one[per]} spent ${count.format(largest)}`;
	const [at, last] = [per === "day" ? "On" : "In", periods === 1 ? "this" : `the last ${periods}`];
	if (over === 0) return `Over ${last} ${one[per]}${periods === 1 ? "" : "s"} it would never have been refused; ${spent}.`;
	return `${at} ${periods === 1 ? "this" : `${over} of the last ${periods}`} ${one[per]}${periods === 1 ? "" : "s"} it would have been refused; ${spent}.`;
}

function formatTotal(period: Preview["data"][number] | undefined, amount: number, days: number, formatDate: (time: string) => string): string {
	const requests = period?.requests ?? 0;
	if (period?.used_up_at && period.over > 0)
		return `In the last 30 days it would have been used up on ${formatDate(period.used_up_at)}, and refused since then.`;
	const lasts = Math.floor((amount / requests) * days);
	return `It spent ${count.format(requests)} in the last 30 days: at that pace this lasts about ${count.format(lasts)} days.`;
}

/** Whether a budget would have refused requests. */
export function wouldRefuse({ data }: Preview): boolean {
	return data.some(({ over }) => over > 0);
}

/** A day in UTC, as budgets refill: "6 July". */
export function formatUtcDay(time: string): string {
	return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" }).format(Math.floor(Date.parse(time) / DAY_MS) * DAY_MS);
}
