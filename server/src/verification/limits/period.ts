import { calendarPeriodAt } from "../../core/time.ts";
import type { BudgetPeriod } from "../../keys/budgets/budget.ts";

/** A period of a quota or a budget, in UTC. */
export interface Span {
	/** Its first day, as PostgreSQL writes a date. */
	readonly start: string;
	/** Unix milliseconds, inclusive. */
	readonly from_ms: number;
	/** Unix milliseconds, exclusive; `Infinity` for what never refills. */
	readonly until_ms: number;
	/** Its length in whole seconds, as `RateLimit-Policy` writes it after a budget; empty for what never refills. */
	readonly window_text: string;
}

const FOR_EVER = { from_ms: 0, until_ms: Number.POSITIVE_INFINITY };

/** The period that `now` is in. */
export function spanAt(per: BudgetPeriod, now: number): Span {
	const { from_ms, until_ms } = per === "total" ? FOR_EVER : calendarPeriodAt(per, now);
	const window_text = Number.isFinite(until_ms) ? `;w=${(until_ms - from_ms) / 1000}` : "";
	return { start: new Date(from_ms).toISOString().slice(0, 10), from_ms, until_ms, window_text };
}

/** The first day of the UTC month of `now`, as PostgreSQL writes a date. */
export function formatMonth(now: number): string {
	return spanAt("month", now).start;
}

/** Start of the next UTC month after `now`, in Unix milliseconds. */
export function nextMonthMs(now: number): number {
	return spanAt("month", now).until_ms;
}

/** When a period ends, as text; null if it does not. */
export function formatRefill({ until_ms }: Span): string | null {
	return Number.isFinite(until_ms) ? new Date(until_ms).toISOString() : null;
}
