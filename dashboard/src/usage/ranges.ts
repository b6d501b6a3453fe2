import { type BucketSize, bucketAfter, bucketStart } from "./buckets.ts";

export const RANGES = [
	{ id: "day", label: "24 h", words: "the last 24 hours", size: "hour", buckets: 24 },
	{ id: "week", label: "7 d", words: "the last 7 days", size: "six_hours", buckets: 28 },
	{ id: "month", label: "30 d", words: "the last 30 days", size: "day", buckets: 30 },
] as const satisfies readonly { id: string; label: string; words: string; size: BucketSize; buckets: number }[];
export type Range = (typeof RANGES)[number];

/** The range in whole buckets; the last one is still running. */
export function getPeriod(range: Range, now_ms: number): { from_ms: number; to_ms: number; size: BucketSize } {
	const running = bucketStart(now_ms, range.size);
	return { from_ms: bucketAfter(running, range.size, 1 - range.buckets), to_ms: bucketAfter(running, range.size), size: range.size };
}

export function getRange(id: string): Range {
	return RANGES.find((range) => range.id === id) ?? RANGES[0];
}

const count = new Intl.NumberFormat("en");

/** "1,204 requests", "1 request". */
export function formatRequests(requests: number): string {
	return `${count.format(requests)} ${requests === 1 ? "request" : "requests"}`;
}
