const SECOND_MS = 1_000;
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
	["year", 31_536_000_000],
	["month", 2_592_000_000],
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
	["second", SECOND_MS],
];
/** Nearer than clocks agree, before or after. */
const JUST_NOW_MS = 5_000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "3 hours ago", "in 5 days". */
export function relativeTime(time: string, now_ms: number): string {
	const distance_ms = Date.parse(time) - now_ms;
	if (Math.abs(distance_ms) < JUST_NOW_MS) return "just now";
	const [unit, unit_ms] = UNITS.find(([, size_ms]) => Math.abs(distance_ms) >= size_ms) ?? ["second", SECOND_MS];
	const units = distance_ms / unit_ms;
	// What was given 7 days has 7 days a moment later; what happened is never said to be longer ago than it is.
	return relative.format(units > 0 ? Math.round(units) : Math.ceil(units), unit);
}

/** The instant in the viewer's zone, with the zone named. */
export function exactTime(time: string): string {
	return `${exact.format(new Date(time))} (${zone})`;
}

/** "12:03:04" in the viewer's zone. */
export function clockTime(time_ms: number): string {
	return clock.format(time_ms);
}
