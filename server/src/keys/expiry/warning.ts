import { DAY_MS } from "../../core/time.ts";

const SATURDAY = 6;
const SUNDAY = 0;

/** Warnings are sent this many working days before a key expires; the most urgent last. */
export const WARNING_DAYS = [30, 7, 1] as const;
export type WarningDays = (typeof WARNING_DAYS)[number];
/** More than the calendar days of 30 working days. */
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
 * The warnings that came due after `known_since`, when the expiry date was set, and by `now` (ms); the most urgent last. A date that was set five days
 * ahead causes no warning for seven days.
 */
export function warningsDue(end: Date, known_since: Date, now: number): WarningDays[] {
	if (end.getTime() <= now) return [];
	return WARNING_DAYS.filter((days) => {
		const due_ms = workingDaysBefore(end, days).getTime();
		return due_ms <= now && due_ms > known_since.getTime();
	});
}
