import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../ui/time-units.ts";
/** Requests with either of two secrets over time. */
export interface TrafficBucket {
	readonly start_ms: number;
	readonly old: number;
	readonly new: number;
}

export type TrafficGranularity = "minute" | "hour" | "day";

export interface TrafficPeriod {
	readonly from_ms: number;
	/** Exclusive; the bucket that runs at the end is in it. */
	readonly to_ms: number;
	readonly granularity: TrafficGranularity;
}

export interface SecretRow {
	readonly start: string;
	readonly kid?: string;
	readonly requests: number;
}

const BUCKET_MS: Readonly<Record<TrafficGranularity, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** What is drawn of a rotation that took so long, with a look at the time before it. Minutes are kept for two days, hours for ninety. */
const SCALES = [
	{ granularity: "minute", took_ms_max: 2 * HOUR_MS, kept_ms: 46 * HOUR_MS, shown_ms_min: HOUR_MS, before_ms: 15 * MINUTE_MS },
	{ granularity: "hour", took_ms_max: 4 * DAY_MS, kept_ms: 88 * DAY_MS, shown_ms_min: DAY_MS, before_ms: 6 * HOUR_MS },
	{ granularity: "day", took_ms_max: Number.POSITIVE_INFINITY, kept_ms: Number.POSITIVE_INFINITY, shown_ms_min: 14 * DAY_MS, before_ms: 3 * DAY_MS },
] as const;

/** Which stretch of time tells how the traffic went from one secret to the other. `ended_ms` is null while it goes on. */
export function trafficPeriod(started_ms: number, ended_ms: number | null, now_ms: number): TrafficPeriod {
	const end_ms = ended_ms ?? now_ms;
	const took_ms = end_ms - started_ms;
	const scale = SCALES.find(({ took_ms_max, kept_ms }) => took_ms <= took_ms_max && now_ms - started_ms <= kept_ms) ?? SCALES[2];
	const { granularity, shown_ms_min, before_ms } = scale;
	const size_ms = BUCKET_MS[granularity];
	// An end of a while ago is shown with a little of what came after it.
	const after_ms = ended_ms === null ? 0 : Math.min(now_ms - ended_ms, before_ms);
	const to_ms = Math.floor((end_ms + after_ms) / size_ms) * size_ms + size_ms;
	const from_ms = Math.floor(Math.min(started_ms - before_ms, to_ms - shown_ms_min) / size_ms) * size_ms;
	return { from_ms, to_ms, granularity };
}

/** Every bucket of the period, also those without a request. Other secrets of the key, of before, are left out. */
export function trafficOf(rows: readonly SecretRow[], kids: { old: string; new: string | null }, period: TrafficPeriod): TrafficBucket[] {
	const size_ms = BUCKET_MS[period.granularity];
	const found = new Map<number, { old: number; new: number }>();
	for (let start = period.from_ms; start < period.to_ms; start += size_ms) found.set(start, { old: 0, new: 0 });
	for (const { start, kid, requests } of rows) {
		const bucket = found.get(Math.floor(Date.parse(start) / size_ms) * size_ms);
		if (!bucket) continue;
		if (kid === kids.old) bucket.old += requests;
		else if (kid !== undefined && kid === kids.new) bucket.new += requests;
	}
	return [...found].map(([start_ms, counts]) => ({ start_ms, ...counts }));
}

/** Without the last bucket while it runs and nothing has happened in it yet: half a minute of silence is no fall to zero. */
export function settledOf(buckets: readonly TrafficBucket[]): readonly TrafficBucket[] {
	const last = buckets.at(-1);
	return last !== undefined && last.old === 0 && last.new === 0 && buckets.length > 1 ? buckets.slice(0, -1) : buckets;
}

/** What a chart of these shows, for those who do not see it. */
export function trafficWords(buckets: readonly TrafficBucket[], bucketWords: (start_ms: number) => string): string {
	const old = buckets.reduce((sum, bucket) => sum + bucket.old, 0);
	const fresh = buckets.reduce((sum, bucket) => sum + bucket.new, 0);
	const last = buckets.findLast((bucket) => bucket.old > 0);
	const since = last === undefined ? "" : ` Last with the old key: ${bucketWords(last.start_ms)}.`;
	return `${old} requests with the old key, ${fresh} with the new one.${since}`;
}
