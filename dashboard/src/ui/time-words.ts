import { DAY_MS, SECOND_MS } from "./time-units.ts";

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
	["year", 31_536_000_000],
	["month", 2_592_000_000],
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
	["second", SECOND_MS],
];
/** Differences below this are within clock skew. */
const JUST_NOW_MS = 5_000;

// Always numeric: "tomorrow" would be wrong for 30 hours, which may end the day after tomorrow.
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const utcDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "3 hours ago", "in 5 days". */
export function relativeTime(time: string, now_ms: number): string {
	const distance_ms = Date.parse(time) - now_ms;
	if (Math.abs(distance_ms) < JUST_NOW_MS) return "just now";
	const [unit, unit_ms] = UNITS.find(([, size_ms]) => Math.abs(distance_ms) >= size_ms) ?? ["second", SECOND_MS];
	const units = distance_ms / unit_ms;
	// Rounds the future to the nearest unit, so that 7 days still show as 7 a moment later, and the past towards zero.
	return relative.format(units > 0 ? Math.round(units) : Math.ceil(units), unit);
}

/** "1 December" of a date or a time, in UTC. */
export function formatUtcDay(time: string): string {
	return utcDay.format(new Date(time));
}

const SHORT: Readonly<Record<string, string>> = { second: "s", minute: "min", hour: "h", day: "d" };

/** The same for narrow places: "3 s ago", "14 min ago", "2 d ago"; months and years in words. */
export function shortTime(time: string, now_ms: number): string {
	return relativeTime(time, now_ms).replace(/(\d+) (second|minute|hour|day)s?/, (_, units: string, unit: string) => `${units} ${SHORT[unit]}`);
}

/**
 * When a UTC month ends: "in 2 days (1 December, 00:00 UTC)". Counts calendar days in UTC; on the last day it shows hours and minutes.
 */
export function utcMidnight(time: string, now_ms: number): string {
	const days = Math.floor(Date.parse(time) / DAY_MS) - Math.floor(now_ms / DAY_MS);
	const distance = days >= 2 ? relative.format(days, "day") : relativeTime(time, now_ms);
	return `${distance} (${utcDay.format(new Date(time))}, 00:00 UTC)`;
}

const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const NEAR_MS = 180 * DAY_MS;

/** "12 Dec", with the year beyond half a year: "29 Nov 2027". In the viewer's zone. */
export function formatDate(time: string, now_ms: number): string {
	const time_ms = Date.parse(time);
	return Math.abs(time_ms - now_ms) < NEAR_MS ? date.format(time_ms) : dayOfYear.format(time_ms);
}

/** The instant in the viewer's zone, with the zone named. */
export function exactTime(time: string): string {
	return `${exact.format(new Date(time))} (${zone})`;
}

/** Beyond it a year is shown instead of the time of day. */
const SHORT_MS_MAX = 300 * DAY_MS;

/** "28 Nov 09:12" in the viewer's zone; with the year instead of the time if it is far away. */
export function formatInstant(time: string, now_ms: number): string {
	const time_ms = Date.parse(time);
	return Math.abs(time_ms - now_ms) > SHORT_MS_MAX ? dayOfYear.format(time_ms) : dayAndClock.format(time_ms).replace(",", "");
}

/** "12:03:04" in the viewer's zone. */
export function clockTime(time_ms: number): string {
	return clock.format(time_ms);
}
