/** Spans of time in milliseconds. A day is 24 hours of UTC, which has no daylight saving time. */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** For durations of the API and of tables, which are in seconds. */
export const HOUR_SECONDS = 3_600;
export const DAY_SECONDS = 24 * HOUR_SECONDS;

const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** A day, a week from Monday on, or a month, in UTC. */
export type CalendarPeriod = "day" | "week" | "month";

/** The period that `time_ms` is in, in Unix milliseconds: its first, and that of the next. */
export function calendarPeriodAt(per: CalendarPeriod, time_ms: number): { readonly from_ms: number; readonly until_ms: number } {
	if (per === "month") {
		const date = new Date(time_ms);
		const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
		return { from_ms: Date.UTC(year, month, 1), until_ms: Date.UTC(year, month + 1, 1) };
	}
	const [length_ms, first_ms] = per === "day" ? [DAY_MS, 0] : [WEEK_MS, FIRST_MONDAY_MS];
	const from_ms = Math.floor((time_ms - first_ms) / length_ms) * length_ms + first_ms;
	return { from_ms, until_ms: from_ms + length_ms };
}
