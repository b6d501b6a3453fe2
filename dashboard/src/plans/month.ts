import { bucketAfter, bucketStart } from "../usage/buckets.ts";

/** The quota's month, from midnight UTC on the first to the end of today. `resets_at`: start of the next month, if the server sent it. */
export function formatMonth(now_ms: number, resets_at: string | null): { from_ms: number; to_ms: number; size: "day" } {
	const next = new Date(resets_at ?? now_ms);
	const from_ms = Date.UTC(next.getUTCFullYear(), next.getUTCMonth() - (resets_at === null ? 0 : 1), 1);
	return { from_ms, to_ms: bucketAfter(bucketStart(now_ms, "day"), "day"), size: "day" };
}
