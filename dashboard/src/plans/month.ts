import { bucketAfter, bucketStart } from "../usage/buckets.ts";

/** The month that a quota counts, which begins at midnight UTC on the first, until the end of today. `resets_at`: where the server said when the next begins. */
export function monthOf(now_ms: number, resets_at: string | null): { from_ms: number; to_ms: number; size: "day" } {
	const next = new Date(resets_at ?? now_ms);
	const from_ms = Date.UTC(next.getUTCFullYear(), next.getUTCMonth() - (resets_at === null ? 0 : 1), 1);
	return { from_ms, to_ms: bucketAfter(bucketStart(now_ms, "day"), "day"), size: "day" };
}
