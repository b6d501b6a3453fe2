import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { getSteps, getTop } from "./outline.ts";
import { formatTraffic, getSettled, getTraffic, trafficPeriod } from "./traffic.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-23T07:00:30Z");
const SIZE_MS = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS };
/** How long the server retains this granularity. */
const KEPT_MS = { minute: 2 * DAY_MS, hour: 90 * DAY_MS, day: Number.POSITIVE_INFINITY };

test("the period contains start and end, is no finer than the retained data, and has few enough buckets to draw", () => {
	const age = fc.integer({ min: 0, max: 120 * DAY_MS });
	fc.assert(
		fc.property(age, fc.integer({ min: 0, max: 30 * DAY_MS }), fc.boolean(), (age_ms, took_ms, goes_on) => {
			const started_ms = NOW - age_ms;
			const ended_ms = goes_on ? null : Math.min(NOW, started_ms + took_ms);
			const { from_ms, to_ms, granularity } = trafficPeriod(started_ms, ended_ms, NOW);
			ok(from_ms < started_ms && to_ms > (ended_ms ?? NOW));
			equal(from_ms % SIZE_MS[granularity], 0);
			ok(NOW - from_ms <= KEPT_MS[granularity], granularity);
			ok((to_ms - from_ms) / SIZE_MS[granularity] <= 250);
		}),
	);
});

test("requests are counted by secret, whatever the response; those of earlier secrets are ignored", () => {
	const period = { from_ms: NOW - (NOW % MINUTE_MS) - MINUTE_MS, to_ms: NOW - (NOW % MINUTE_MS) + MINUTE_MS, granularity: "minute" } as const;
	const at = (start_ms: number) => new Date(start_ms).toISOString();
	const rows = [
		{ start: at(period.from_ms), kid: "old", requests: 3 },
		{ start: at(period.from_ms), kid: "old", requests: 1 },
		{ start: at(period.from_ms), kid: "before", requests: 9 },
		{ start: at(period.from_ms - MINUTE_MS), kid: "old", requests: 9 },
		{ start: at(period.from_ms), kid: "new", requests: 2 },
	];
	const buckets = getTraffic(rows, { old: "old", new: "new" }, period);
	deepEqual(
		buckets.map(({ old, new: fresh }) => [old, fresh]),
		[
			[4, 2],
			[0, 0],
		],
	);
	equal(getSettled(buckets).length, 1, "what runs and is empty is not drawn");
	equal(getSettled(getSettled(buckets)).length, 1);
	match(
		formatTraffic(buckets, () => "06:59"),
		/^4 requests with the old key, 2 with the new one\. Last with the old key: 06:59\.$/,
	);
});

test("the chart is drawn as level steps between zero and a round top, without a value that was not counted", () => {
	equal(getSteps([2, 0, 1], 2), "M0 0.0H240.0V100.0H480.0V50.0H720.0");
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 10_000_000 }), (most) => {
			const top = getTop(most);
			ok(top >= most && top >= 2 && top <= Math.max(4, most * 2.5), `${top} for ${most}`);
			equal(top / 2, Math.round(top / 2));
		}),
	);
});
