import { ApiError } from "../core/error.ts";
import { DAY_MS, DAY_SECONDS, HOUR_SECONDS } from "../core/time.ts";

export const GRANULARITIES = ["minute", "hour", "day"] as const;
export type Granularity = (typeof GRANULARITIES)[number];

export const GRANULARITY_SECONDS: Record<Granularity, number> = { minute: 60, hour: HOUR_SECONDS, day: DAY_SECONDS };
export const BUCKETS_MAX = 1_500;
/** How long usage by source is kept, in days (UTC). */
export const BY_SOURCE_DAYS = 35;

/** How long each granularity is retained; older counts are rolled up into the next one. Days are never deleted. */
const KEPT: readonly { granularity: Granularity; coarser: Granularity; kept_seconds: number }[] = [
	{ granularity: "minute", coarser: "hour", kept_seconds: 2 * DAY_SECONDS },
	{ granularity: "hour", coarser: "day", kept_seconds: 90 * DAY_SECONDS },
];
const PERIOD_DEFAULT_MS = DAY_MS;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const TIME_MIN_MS = Date.UTC(2000, 0, 1);
const TIME_MAX_MS = Date.UTC(3000, 0, 1);

/** From `from_ms` (inclusive) to `to_ms` (exclusive), both on a boundary of the granularity in UTC. */
export interface Period {
	readonly from_ms: number;
	readonly to_ms: number;
	readonly granularity: Granularity;
}

/** Rolls up counts of `granularity` from before `before_ms` into whole buckets of `coarser`. */
export interface RollUp {
	readonly granularity: Granularity;
	readonly coarser: Granularity;
	readonly before_ms: number;
}

function floorTo(granularity: Granularity, time_ms: number): number {
	const bucket_ms = GRANULARITY_SECONDS[granularity] * 1_000;
	return Math.floor(time_ms / bucket_ms) * bucket_ms;
}

function ceilTo(granularity: Granularity, time_ms: number): number {
	return -floorTo(granularity, -time_ms);
}

export function rollUpsAt(now_ms: number): RollUp[] {
	return KEPT.map(({ granularity, coarser, kept_seconds }) => ({ granularity, coarser, before_ms: floorTo(coarser, now_ms - kept_seconds * 1_000) }));
}

function invalid(pointer: string, detail: string, hint: string): ApiError {
	return new ApiError("invalid_request", detail, { errors: [{ pointer, detail: hint }] });
}

function parseTime(name: "from" | "to", text: string): number {
	const upper = text.toUpperCase();
	const time_ms = RFC_3339.test(upper) ? Date.parse(upper) : Number.NaN;
	if (time_ms >= TIME_MIN_MS && time_ms < TIME_MAX_MS) return time_ms;
	const hint = "must be an RFC 3339 time, such as 2026-01-31T00:00:00Z, between the years 2000 and 3000";
	throw invalid(`/query/${name}`, `\`${name}\` is not a valid time. Use RFC 3339, such as 2026-01-31T00:00:00Z.`, hint);
}

function align(granularity: Granularity, from_ms: number, to_ms: number): Period {
	return { granularity, from_ms: floorTo(granularity, from_ms), to_ms: ceilTo(granularity, to_ms) };
}

/** Why the period is not available in its granularity, or null when it is. */
function obstacle({ granularity, from_ms, to_ms }: Period, now_ms: number): string | null {
	const buckets = (to_ms - from_ms) / 1_000 / GRANULARITY_SECONDS[granularity];
	if (buckets > BUCKETS_MAX) return `The period has more than ${BUCKETS_MAX} ${granularity}s.`;
	const roll_up = rollUpsAt(now_ms).find((candidate) => candidate.granularity === granularity);
	if (roll_up && from_ms < roll_up.before_ms) return `Counts per ${granularity} are not retained for that long.`;
	return null;
}

/**
 * The period of a query, widened to whole buckets. Default: the last 24 hours by the hour.
 * 400 `invalid_request` for an invalid or unavailable period; it names the finest granularity that is available.
 */
export function choosePeriod(query: { from?: string; to?: string; granularity?: Granularity }, now_ms: number): Period {
	const granularity = query.granularity ?? "hour";
	const to_ms = query.to === undefined ? now_ms : parseTime("to", query.to);
	const from_ms = query.from === undefined ? to_ms - PERIOD_DEFAULT_MS : parseTime("from", query.from);
	if (from_ms >= to_ms)
		throw invalid("/query/from", "The period is empty: `from` must be before `to`, which defaults to now.", "must be before `to`");
	const period = align(granularity, from_ms, to_ms);
	const reason = obstacle(period, now_ms);
	if (reason === null) return period;
	const coarser = GRANULARITIES.slice(GRANULARITIES.indexOf(granularity) + 1);
	const fitting = coarser.find((candidate) => obstacle(align(candidate, from_ms, to_ms), now_ms) === null);
	if (fitting)
		throw invalid("/query/granularity", `${reason} Use granularity=${fitting}, or a shorter or later period.`, `use ${fitting} for this period`);
	throw invalid("/query/from", `${reason} Ask for a shorter period.`, `must be at most ${BUCKETS_MAX} days before \`to\``);
}

/** Like `choosePeriod`, for usage by source: whole days of the last `BY_SOURCE_DAYS`. */
export function chooseDaysBySource(query: { from?: string; to?: string; granularity?: Granularity }, now_ms: number): Period {
	const { granularity = "day" } = query;
	if (granularity !== "day")
		throw invalid("/query/granularity", "Usage by source is counted by day. Use granularity=day.", "use day with group_by=source");
	const period = choosePeriod({ ...query, granularity }, now_ms);
	const kept_from_ms = floorTo("day", now_ms - BY_SOURCE_DAYS * DAY_SECONDS * 1_000);
	if (period.from_ms >= kept_from_ms) return period;
	const hint = `must be at most ${BY_SOURCE_DAYS} days ago`;
	throw invalid("/query/from", `Usage by source is kept for ${BY_SOURCE_DAYS} days. Ask for a later period.`, hint);
}
