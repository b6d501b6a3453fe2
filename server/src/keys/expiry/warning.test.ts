import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FIRST_WARNING_DAYS_MAX, WARNING_DAYS, warningsDue, workingDaysBefore } from "./warning.ts";

const DAY_MS = 86_400_000;
const WEDNESDAY = new Date("2026-11-25T10:30:00Z");
const LONG_AGO = new Date("2026-01-01T00:00:00Z");

test("a warning is due on a working day, and weekends in between do not count", () => {
	equal(workingDaysBefore(WEDNESDAY, 1).toISOString(), "2026-11-24T10:30:00.000Z");
	equal(workingDaysBefore(WEDNESDAY, 3).toISOString(), "2026-11-20T10:30:00.000Z");
	equal(workingDaysBefore(new Date("2026-11-22T08:00:00Z"), 1).toISOString(), "2026-11-20T08:00:00.000Z");
	equal(workingDaysBefore(new Date("2026-11-23T08:00:00Z"), 1).toISOString(), "2026-11-20T08:00:00.000Z");
});

test("a warning is due from its day until the expiry", () => {
	const at = (days: number): number => WEDNESDAY.getTime() - days * DAY_MS;
	deepEqual(warningsDue(WEDNESDAY, LONG_AGO, at(50)), []);
	deepEqual(warningsDue(WEDNESDAY, LONG_AGO, at(41)), [30]);
	deepEqual(warningsDue(WEDNESDAY, LONG_AGO, at(8)), [30, 7]);
	deepEqual(warningsDue(WEDNESDAY, LONG_AGO, at(1)), [30, 7, 1]);
	deepEqual(warningsDue(WEDNESDAY, LONG_AGO, at(0)), []);
});

test("no warning is due for a day before the expiry date was set", () => {
	const created = new Date(WEDNESDAY.getTime() - 5 * DAY_MS);
	deepEqual(warningsDue(WEDNESDAY, created, WEDNESDAY.getTime() - 4 * DAY_MS), []);
	deepEqual(warningsDue(WEDNESDAY, created, WEDNESDAY.getTime() - 3_600_000), [1]);
});

test("the first warning is within the searched range", () => {
	fc.assert(
		fc.property(fc.date({ min: new Date("2020-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }), (end) => {
			const first = workingDaysBefore(end, WARNING_DAYS[0]);
			ok(end.getTime() - first.getTime() < FIRST_WARNING_DAYS_MAX * DAY_MS);
			ok(![0, 6].includes(first.getUTCDay()));
		}),
	);
});
