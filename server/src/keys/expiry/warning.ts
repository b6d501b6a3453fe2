import { DAY_MS } from "../../core/time.ts";

const SATURDAY = 6;
const SUNDAY = 0;

/** So many working days before a key's end people are told of it; the most urgent last. */
export const WARNING_DAYS = [30, 7, 1] as const;
export type WarningDays = (typeof WARNING_DAYS)[number];
/** More than 30 working days are, with the weekends between and one beside them. */
export const FIRST_WARNING_DAYS_MAX = 45;

/** The same time of day `working_days` working days earlier, which is never a Saturday or Sunday (UTC). */
export function workingDaysBefore(end: Date, working_days: number): Date {
	let at = end.getTime();
	for (let left = working_days; left > 0; ) {
		at -= DAY_MS;
		const day = new Date(at).getUTCDay();
		if (day !== SATURDAY && day !== SUNDAY) left -= 1;
	}
	return new Date(at);
}

/**
 * The warnings of a key's end that are due by `now` and came due since `known_since`, when the end was first known: of an end that was set five days
 * ahead, nobody needs to hear that it is less than seven away. The most urgent last.
 */
export function warningsDue(end: Date, known_since: Date, now: number): WarningDays[] {
	if (end.getTime() <= now) return [];
	return WARNING_DAYS.filter((days) => {
		const due_ms = workingDaysBefore(end, days).getTime();
		return due_ms <= now && due_ms > known_since.getTime();
	});
}
