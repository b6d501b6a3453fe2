import { nameFrom } from "./capability-words.ts";

/** A rate limit. */
export interface RateLimit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
	readonly per: string;
	/** Whether it counts only requests that name it. */
	readonly named_only: boolean;
}

const MINUTE = 60;
const HOUR = 3_600;
const count = new Intl.NumberFormat("en");

/** "a minute", "10 minutes", "90 seconds". */
export function formatWindow(window_seconds: number): string {
	if (window_seconds === 1) return "a second";
	if (window_seconds === MINUTE) return "a minute";
	if (window_seconds === HOUR) return "an hour";
	return window_seconds % MINUTE === 0 ? `${count.format(window_seconds / MINUTE)} minutes` : `${count.format(window_seconds)} seconds`;
}

/** "100 requests in a minute". */
export function formatPace({ requests, window_seconds }: Pick<RateLimit, "requests" | "window_seconds">): string {
	return `${count.format(requests)} ${requests === 1 ? "request" : "requests"} in ${formatWindow(window_seconds)}`;
}

/** "100 requests in a minute for each key"; a named limit: "Exports: 10 in an hour for all keys together". */
export function formatRateLimit(limit: RateLimit): string {
	const whose = limit.per === "tenant" ? "for all keys together" : "for each key";
	if (!limit.named_only) return `${formatPace(limit)} ${whose}`;
	return `${nameFrom(limit.name)}: ${count.format(limit.requests)} in ${formatWindow(limit.window_seconds)} ${whose}`;
}
