import { DAY_MS } from "../../ui/time-units.ts";
import { clockTime, formatDate } from "../../ui/time-words.ts";
import type { Explanation } from "../queries.ts";
import type { ActivitySearch } from "../search.ts";

const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/;

export interface Part {
	/** Where it begins in the sentence. */
	readonly at: number;
	readonly kind: "text" | "time" | "name";
	readonly text: string;
}

/** The parts of a sentence: RFC 3339 times, the quoted name, and what is between them. */
export function partsOf(text: string, name: string | undefined): Part[] {
	const parts: Part[] = [];
	for (let at = 0; at < text.length; ) {
		const rest = text.slice(at);
		const time = TIME.exec(rest);
		const quoted = name === undefined ? -1 : rest.indexOf(`"${name}"`);
		const name_at = quoted === -1 ? Number.POSITIVE_INFINITY : quoted;
		const time_at = time?.index ?? Number.POSITIVE_INFINITY;
		const next = Math.min(name_at, time_at, rest.length);
		if (next > 0) parts.push({ at, kind: "text", text: rest.slice(0, next) });
		at += next;
		if (next === rest.length) break;
		const found = name_at < time_at ? `"${name}"` : (time?.[0] ?? "");
		parts.push({ at, kind: name_at < time_at ? "name" : "time", text: found });
		at += found.length;
	}
	return parts;
}

/** "03:00:12" within a day, "28 Nov, 03:00:12" before. */
export function callTime(time: string, now_ms: number): string {
	const time_ms = Date.parse(time);
	return now_ms - time_ms < DAY_MS ? clockTime(time_ms) : `${formatDate(time, now_ms)}, ${clockTime(time_ms)}`;
}

/** How much later or earlier than `from` the time `to` is: "12 s later", "3 min earlier". */
export function distance(from: string, to: string): string {
	const seconds = (Date.parse(to) - Date.parse(from)) / 1_000;
	const size = Math.abs(seconds);
	if (size < 1) return "less than a second away";
	const words = size < 100 ? `${Math.round(size)} s` : `${Math.round(size / 60)} min`;
	return `${words} ${seconds > 0 ? "later" : "earlier"}`;
}

const count = new Intl.NumberFormat("en");
const times = (requests: number): string => (requests === 1 ? "once" : `${count.format(requests)} times`);

/** "142 times in 24 hours"; without any in 24 hours, of 30 days. */
export function formatTimes({ requests_24h, requests }: NonNullable<Explanation["alike"]>): string {
	return requests_24h > 0 ? `${times(requests_24h)} in 24 hours` : `${times(requests)} in 30 days`;
}

/** The list of those refusals. */
export function alikeSearch({ alike, code, key, proven }: Explanation): ActivitySearch {
	return {
		...(alike !== null && alike.requests_24h === 0 ? { period: "month" as const } : {}),
		code,
		...(!proven ? { proven: "false" as const } : key === null ? {} : { key: key.id }),
		...(alike === null ? {} : { client: alike.source_id }),
	};
}
