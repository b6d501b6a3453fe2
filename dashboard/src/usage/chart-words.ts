import { type Bucket, type BucketSize, bucketAfter, type Totals } from "./buckets.ts";
import { OUTCOME_WORDS } from "./outcomes.ts";
import { formatRequests } from "./ranges.ts";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const fullDay = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** The axis label of a bucket. */
export function formatTick(start_ms: number, size: BucketSize): string {
	if (size === "hour") return clock.format(start_ms);
	return size === "day" ? day.format(start_ms) : weekday.format(start_ms);
}

/** The time span of a bucket: "Mon, 2 Mar, 14:00–15:00". */
export function formatBucket(start_ms: number, size: BucketSize): string {
	if (size === "day") return fullDay.format(start_ms);
	return `${fullDay.format(start_ms)}, ${clock.format(start_ms)}–${clock.format(bucketAfter(start_ms, size))}`;
}

const SIZE_WORDS: Readonly<Record<BucketSize, string>> = { hour: "hour", six_hours: "six hours", day: "day" };

/** The text alternative of the chart. */
export function formatChart(what: string, totals: Totals, buckets: readonly Bucket[], size: BucketSize): string {
	const parts = (["allowed", "limited", "refused"] as const)
		.filter((outcome) => totals[outcome] > 0)
		.map((outcome) => `${totals[outcome]} ${OUTCOME_WORDS[outcome].name.toLowerCase()}`);
	const most = buckets.reduce<Bucket | null>((found, bucket) => (found === null || sum(bucket) > sum(found) ? bucket : found), null);
	const peak =
		most === null || sum(most) === 0 ? "" : ` Most in one ${SIZE_WORDS[size]}: ${formatRequests(sum(most))}, ${formatBucket(most.start_ms, size)}.`;
	return `${what}: ${formatRequests(totals.all)}${parts.length === 0 ? "" : `, ${parts.join(", ")}`}.${peak}`;
}

function sum(bucket: Bucket): number {
	return bucket.allowed + bucket.limited + bucket.refused;
}
