import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { createLog } from "../core/log.ts";
import { ClockSkew, provenSkew, SKEW_MAX_MS, SKEW_WARNING_MS } from "./clock-skew.ts";

test("a clock differs only by what the time under way cannot explain", () => {
	for (const [sent, received, database, skew] of [
		[1_000, 1_010, 1_005, 0],
		[1_000, 1_010, 1_000, 0],
		[1_000, 1_010, 1_010, 0],
		[1_000, 61_000, 30_000, 0],
		[5_000, 5_010, 2_000, 3_000],
		[5_000, 9_000, 12_000, -3_000],
	] as const)
		equal(provenSkew(sent, received, database), skew, `${sent} ${received} ${database}`);
});

test("a clock that differs is logged when that begins, once a minute while it lasts, and when it is over", () => {
	const lines: string[] = [];
	const log = createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(JSON.parse(line).event) } });
	const clock = new ManualClock();
	const skew = new ClockSkew({ log, clock });
	const observe = (by: number) => {
		const now = clock.now();
		skew.observe(now, now, now - by);
		return skew.isBearable;
	};
	deepEqual([observe(0), observe(SKEW_WARNING_MS - 1), lines], [true, true, []]);
	deepEqual([observe(SKEW_WARNING_MS), observe(-SKEW_MAX_MS), lines], [true, true, ["clock_differs"]]);
	deepEqual([observe(SKEW_MAX_MS + 1), observe(-SKEW_MAX_MS - 1), skew.seconds, lines], [false, false, -30.001, ["clock_differs", "clock_is_wrong"]]);
	clock.advance(60_000);
	deepEqual([observe(SKEW_MAX_MS + 1), lines.length], [false, 3]);
	deepEqual([observe(0), observe(0), lines.slice(3)], [true, true, ["clock_agrees"]]);
});
