const moment = new Intl.DateTimeFormat("en-GB", {
	weekday: "short",
	day: "numeric",
	month: "long",
	year: "numeric",
	hour: "2-digit",
	minute: "2-digit",
});
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "on Wed, 23 December 2026 at 06:53 (Europe/Berlin)". */
export function formatMoment(time_ms: number): string {
	const parts = new Map(moment.formatToParts(time_ms).map(({ type, value }) => [type, value]));
	const at = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "";
	return `on ${at("weekday")}, ${at("day")} ${at("month")} ${at("year")} at ${at("hour")}:${at("minute")} (${zone.replaceAll("_", " ")})`;
}

/** "on 23 December 2026". */
export function formatDay(time: string): string {
	return `on ${day.format(new Date(time))}`;
}
