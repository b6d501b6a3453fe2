import { DAY_MS } from "../../core/time.ts";
import type { BudgetPeriod } from "../../keys/budgets/budget.ts";

const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** A period of a quota or a budget, in UTC. */
export interface Span {
	/** Its first day, as PostgreSQL writes a date. */
	readonly start: string;
	/** Unix milliseconds, inclusive. */
	readonly from_ms: number;
	/** Unix milliseconds, exclusive; `Infinity` for what never refills. */
	readonly until_ms: number;
}

function boundsAt(per: BudgetPeriod, now: number): readonly [from_ms: number, until_ms: number] {
	switch (per) {
		case "day": {
			const from_ms = Math.floor(now / DAY_MS) * DAY_MS;
			return [from_ms, from_ms + DAY_MS];
		}
		case "week": {
			const from_ms = Math.floor((now - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
			return [from_ms, from_ms + WEEK_MS];
		}
		case "month": {
			const date = new Date(now);
			return [Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)];
		}
		case "total":
			return [0, Number.POSITIVE_INFINITY];
	}
}

/** The period that `now` is in. */
export function spanAt(per: BudgetPeriod, now: number): Span {
	const [from_ms, until_ms] = boundsAt(per, now);
	return { start: new Date(from_ms).toISOString().slice(0, 10), from_ms, until_ms };
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
