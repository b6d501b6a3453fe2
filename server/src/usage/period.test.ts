import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ApiError } from "../core/error.ts";
import { BUCKETS_MAX, choosePeriod, GRANULARITIES, GRANULARITY_SECONDS, rollUpsAt } from "./period.ts";

const NOW = Date.UTC(2026, 6, 31, 12, 34, 56, 789);
const HOUR_MS = 3_600_000;

function chosen(query: Parameters<typeof choosePeriod>[0]): unknown {
	const { from_ms, to_ms, granularity } = choosePeriod(query, NOW);
	return [new Date(from_ms).toISOString(), new Date(to_ms).toISOString(), granularity];
}

function refused(query: Parameters<typeof choosePeriod>[0], pointer: string, advice: RegExp): void {
	throws(
		() => choosePeriod(query, NOW),
		(error) => {
			ok(error instanceof ApiError);
			equal(error.code, "invalid_request");
			equal(error.metadata.errors?.[0]?.pointer, pointer);
			ok(advice.test(error.detail), error.detail);
			return true;
		},
	);
}

test("the default is the last 24 hours by the hour, including the current one", () => {
	deepEqual(chosen({}), ["2026-07-30T12:00:00.000Z", "2026-07-31T13:00:00.000Z", "hour"]);
});

test("from is rounded down and to is rounded up to the granularity, in UTC", () => {
	const query = { from: "2026-07-31T01:30:30+02:00", to: "2026-07-31T09:00:01Z" };
	deepEqual(chosen(query), ["2026-07-30T23:00:00.000Z", "2026-07-31T10:00:00.000Z", "hour"]);
	deepEqual(chosen({ ...query, granularity: "day" }), ["2026-07-30T00:00:00.000Z", "2026-08-01T00:00:00.000Z", "day"]);
	deepEqual(chosen({ ...query, granularity: "minute" }), ["2026-07-30T23:30:00.000Z", "2026-07-31T09:01:00.000Z", "minute"]);
	deepEqual(chosen({ from: "2026-07-31T01:00:00Z", to: "2026-07-31T02:00:00Z" }), ["2026-07-31T01:00:00.000Z", "2026-07-31T02:00:00.000Z", "hour"]);
});

test("the last 24 hours are available by the minute", () => {
	deepEqual(chosen({ granularity: "minute" }), ["2026-07-30T12:34:00.000Z", "2026-07-31T12:35:00.000Z", "minute"]);
});

test("a period too long or too old for the granularity is refused, and the error names one that fits", () => {
	refused({ from: "2026-07-30T00:00:00Z", granularity: "minute" }, "/query/granularity", /more than 1500 minutes.*granularity=hour/);
	refused(
		{ from: "2026-07-01T00:00:00Z", to: "2026-07-01T01:00:00Z", granularity: "minute" },
		"/query/granularity",
		/not retained.*granularity=hour/,
	);
	refused({ from: "2026-05-01T00:00:00Z" }, "/query/granularity", /more than 1500 hours.*granularity=day/);
	refused({ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" }, "/query/granularity", /Counts per hour are not retained.*granularity=day/);
	refused({ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", granularity: "minute" }, "/query/granularity", /granularity=day/);
	refused({ from: "2020-01-01T00:00:00Z", granularity: "day" }, "/query/from", /more than 1500 days.*shorter/);
	refused({ from: "2020-01-01T00:00:00Z", granularity: "minute" }, "/query/from", /shorter/);
});

test("an empty period and an invalid time are refused", () => {
	refused({ from: "2026-07-31T02:00:00Z", to: "2026-07-31T02:00:00Z" }, "/query/from", /before `to`/);
	refused({ from: "2026-08-01T00:00:00Z" }, "/query/from", /before `to`/);
	for (const to of [
		"",
		"yesterday",
		"2026-07-31",
		"2026-07-31T02:00:00",
		"2026-07-31 02:00:00Z",
		"2026-13-01T00:00:00Z",
		"1999-12-31T23:59:59Z",
		"9999-12-31T23:59:59-23:59",
	]) {
		refused({ to }, "/query/to", /RFC 3339/);
	}
});

test("every accepted period covers the requested one, respects the bucket limit, and excludes counts that may be rolled up", () => {
	const time = fc.integer({ min: NOW - 2_000 * 24 * HOUR_MS, max: NOW + 24 * HOUR_MS });
	fc.assert(
		fc.property(time, time, fc.constantFrom(...GRANULARITIES), (one, other, granularity) => {
			const [from_ms, to_ms] = [Math.min(one, other), Math.max(one, other) + 1];
			try {
				const period = choosePeriod({ from: new Date(from_ms).toISOString(), to: new Date(to_ms).toISOString(), granularity }, NOW);
				const bucket_ms = GRANULARITY_SECONDS[granularity] * 1_000;
				ok(period.from_ms <= from_ms && from_ms - period.from_ms < bucket_ms);
				ok(period.to_ms >= to_ms && period.to_ms - to_ms < bucket_ms);
				ok((period.to_ms - period.from_ms) / bucket_ms <= BUCKETS_MAX);
				for (const fold of rollUpsAt(NOW)) if (fold.granularity === granularity) ok(period.from_ms >= fold.before_ms);
			} catch (error) {
				ok(error instanceof ApiError);
				equal(error.code, "invalid_request");
			}
		}),
	);
});

test("minutes are retained for 48 hours and hours for 90 days, and only whole hours and days are rolled up", () => {
	deepEqual(
		rollUpsAt(NOW).map((fold) => [fold.granularity, fold.coarser, new Date(fold.before_ms).toISOString()]),
		[
			["minute", "hour", "2026-07-29T12:00:00.000Z"],
			["hour", "day", "2026-05-02T00:00:00.000Z"],
		],
	);
});
