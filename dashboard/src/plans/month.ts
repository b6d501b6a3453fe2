import { bucketAfter, bucketStart } from "../usage/buckets.ts";

/** The quota's month, from midnight UTC on the first to the end of today, and where it ends (`until_ms`). `resets_at`: start of the next month, if the server sent it. */
export function formatMonth(now_ms: number, resets_at: string | null): { from_ms: number; to_ms: number; until_ms: number; size: "day" } {
	const next = new Date(resets_at ?? now_ms);
	const month = next.getUTCMonth() - (resets_at === null ? 0 : 1);
	const [from_ms, until_ms] = [Date.UTC(next.getUTCFullYear(), month, 1), Date.UTC(next.getUTCFullYear(), month + 1, 1)];
	return { from_ms, to_ms: bucketAfter(bucketStart(now_ms, "day"), "day"), until_ms, size: "day" };
}
