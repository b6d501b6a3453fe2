import { HOUR_MS } from "../ui/time-units.ts";
import { getOutcome, OUTCOMES, type Outcome } from "./outcomes.ts";

/** One row of a usage report: the requests of one hour with one code. */
export interface UsageRow {
	readonly start: string;
	readonly code: string;
	readonly requests: number;
}

/** Requests from `start_ms` to the next bucket's start, by outcome. */
export interface Bucket extends Readonly<Record<Outcome, number>> {
	readonly start_ms: number;
}

export type BucketSize = "hour" | "six_hours" | "day";

const SIZE_HOURS: Readonly<Record<BucketSize, number>> = { hour: 1, six_hours: 6, day: 24 };
/** A year of hours: more than any page shows; bounds the loop against a wrong clock. */
const BUCKETS_MAX = 8_784;

/** The start of the bucket of an instant. Days start at the viewer's midnight; hours are the report's, in UTC. */
export function bucketStart(time_ms: number, size: BucketSize): number {
	if (size === "hour") return Math.floor(time_ms / HOUR_MS) * HOUR_MS;
	const time = new Date(time_ms);
	const hours = SIZE_HOURS[size];
	return time.setHours(Math.floor(time.getHours() / hours) * hours, 0, 0, 0);
}

/** `steps` buckets later in local time, so that a day of 23 or 25 hours is one day. */
export function bucketAfter(start_ms: number, size: BucketSize, steps = 1): number {
	if (size === "hour") return start_ms + steps * HOUR_MS;
	const time = new Date(start_ms);
	return size === "day" ? time.setDate(time.getDate() + steps) : time.setHours(time.getHours() + steps * SIZE_HOURS[size]);
}

/** Every bucket from `from_ms` to `to_ms`, including empty ones. Ignores earlier rows. */
export function getBuckets(rows: readonly UsageRow[], period: { from_ms: number; to_ms: number; size: BucketSize }): Bucket[] {
	const { size, to_ms } = period;
	const found = new Map<number, Record<Outcome, number>>();
	const first = bucketStart(period.from_ms, size);
	for (let start = first; start < to_ms && found.size < BUCKETS_MAX; start = bucketAfter(start, size)) {
		found.set(start, { allowed: 0, limited: 0, refused: 0 });
	}
	for (const row of rows) {
		const bucket = found.get(bucketStart(Date.parse(row.start), size));
		if (bucket) bucket[getOutcome(row.code)] += row.requests;
	}
	return [...found].map(([start_ms, counts]) => ({ start_ms, ...counts }));
}

export type Totals = Readonly<Record<Outcome, number>> & { readonly all: number };

export function getTotals(buckets: readonly Bucket[]): Totals {
	const sum = (outcome: Outcome) => buckets.reduce((total, bucket) => total + bucket[outcome], 0);
	const [allowed, limited, refused] = [sum("allowed"), sum("limited"), sum("refused")];
	return { allowed, limited, refused, all: allowed + limited + refused };
}

/** The series of the chart: `allowed`, and every other outcome that occurred. */
export function outcomesIn(totals: Totals): Outcome[] {
	return OUTCOMES.filter((outcome) => outcome === "allowed" || totals[outcome] > 0);
}

/** Refusals by code, the most frequent first. */
export function getRefusals(rows: readonly UsageRow[]): { code: string; requests: number }[] {
	const byCode = new Map<string, number>();
	for (const { code, requests } of rows) if (code !== "allowed") byCode.set(code, (byCode.get(code) ?? 0) + requests);
	return [...byCode].map(([code, requests]) => ({ code, requests })).sort((a, b) => b.requests - a.requests || a.code.localeCompare(b.code));
}
