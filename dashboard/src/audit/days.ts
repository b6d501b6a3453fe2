import { DAY_MS } from "../ui/time-units.ts";
import type { Entry } from "./queries.ts";

const dayAndMonth = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const withoutWeekday = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const withYear = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const isoDay = new Intl.DateTimeFormat("sv-SE");

export interface Day {
	/** `2026-11-29`, in the viewer's zone. */
	readonly id: string;
	readonly name: string;
	readonly entries: readonly Entry[];
}

/** "Today, 29 November", "Saturday, 28 November", with the year if it is another one. In the viewer's zone. */
export function formatDay(time: string, now_ms: number): string {
	const date = new Date(time);
	const id = isoDay.format(date);
	if (id === isoDay.format(now_ms)) return `Today, ${withoutWeekday.format(date)}`;
	if (id === isoDay.format(now_ms - DAY_MS)) return `Yesterday, ${withoutWeekday.format(date)}`;
	return (id.slice(0, 4) === isoDay.format(now_ms).slice(0, 4) ? dayAndMonth : withYear).format(date).replace(/^(\w+) /, "$1, ");
}

/** Entries by day, in their order. */
export function groupByDay(entries: readonly Entry[], now_ms: number): Day[] {
	const days = Map.groupBy(entries, ({ at }) => isoDay.format(new Date(at)));
	return Array.from(days, ([id, of]) => ({ id, name: formatDay(of[0]?.at ?? "", now_ms), entries: of }));
}

/** Local midnight of a day such as `2026-11-29`, or of the day after it; null for no day. */
export function startOfDay(day: string, days_later = 0): string | null {
	const date = new Date(`${day}T00:00:00`);
	if (Number.isNaN(date.getTime())) return null;
	date.setDate(date.getDate() + days_later);
	return date.toISOString();
}

/** The local day of a time, or the one before it for the exclusive end of a period; "" for none. */
export function getDay(time: string | undefined, is_end = false): string {
	return time === undefined ? "" : isoDay.format(Date.parse(time) - (is_end ? 1 : 0));
}
