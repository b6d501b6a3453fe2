import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../ui/time-units.ts";

/** Requests with each of two secrets in one bucket. */
export interface TrafficBucket {
	readonly start_ms: number;
	readonly old: number;
	readonly new: number;
}

export type TrafficGranularity = "minute" | "hour" | "day";

export interface TrafficPeriod {
	readonly from_ms: number;
	/** Exclusive; after the bucket that is still running at the end. */
	readonly to_ms: number;
	readonly granularity: TrafficGranularity;
}

export interface SecretRow {
	readonly start: string;
	readonly kid?: string;
	readonly requests: number;
}

const BUCKET_MS: Readonly<Record<TrafficGranularity, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** The granularity by duration of the rotation. The server retains minutes for two days and hours for ninety. */
const SCALES = [
	{ granularity: "minute", took_ms_max: 2 * HOUR_MS, kept_ms: 46 * HOUR_MS, shown_ms_min: 15 * MINUTE_MS, before_ms: 5 * MINUTE_MS },
	{ granularity: "hour", took_ms_max: 4 * DAY_MS, kept_ms: 88 * DAY_MS, shown_ms_min: 6 * HOUR_MS, before_ms: 2 * HOUR_MS },
	{ granularity: "day", took_ms_max: Number.POSITIVE_INFINITY, kept_ms: Number.POSITIVE_INFINITY, shown_ms_min: 7 * DAY_MS, before_ms: DAY_MS },
] as const;

/** The period of the chart, with some time before the start. `ended_ms` is null for an open rotation. */
export function trafficPeriod(started_ms: number, ended_ms: number | null, now_ms: number): TrafficPeriod {
	const end_ms = ended_ms ?? now_ms;
	const took_ms = end_ms - started_ms;
	const scale = SCALES.find(({ took_ms_max, kept_ms }) => took_ms <= took_ms_max && now_ms - started_ms <= kept_ms) ?? SCALES[2];
	const { granularity, shown_ms_min, before_ms } = scale;
	const size_ms = BUCKET_MS[granularity];
	// After an end, some time that followed is shown as well.
	const after_ms = ended_ms === null ? 0 : Math.min(now_ms - ended_ms, before_ms);
	const to_ms = Math.floor((end_ms + after_ms) / size_ms) * size_ms + size_ms;
	const from_ms = Math.floor(Math.min(started_ms - before_ms, to_ms - shown_ms_min) / size_ms) * size_ms;
	return { from_ms, to_ms, granularity };
}

/** Every bucket of the period, including empty ones. Ignores the key's earlier secrets. */
export function getTraffic(rows: readonly SecretRow[], kids: { old: string; new: string | null }, period: TrafficPeriod): TrafficBucket[] {
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

/** Drops the running bucket while it is empty, because a partial minute would look like a fall to zero. */
export function getSettled(buckets: readonly TrafficBucket[]): readonly TrafficBucket[] {
	const last = buckets.at(-1);
	return last !== undefined && last.old === 0 && last.new === 0 && buckets.length > 1 ? buckets.slice(0, -1) : buckets;
}

/** The text alternative of the chart. */
export function formatTraffic(buckets: readonly TrafficBucket[], formatBucket: (start_ms: number) => string): string {
	const old = buckets.reduce((sum, bucket) => sum + bucket.old, 0);
	const fresh = buckets.reduce((sum, bucket) => sum + bucket.new, 0);
	const last = buckets.findLast((bucket) => bucket.old > 0);
	const since = last === undefined ? "" : ` Last with the old key: ${formatBucket(last.start_ms)}.`;
	return `${old} requests with the old key, ${fresh} with the new one.${since}`;
}
