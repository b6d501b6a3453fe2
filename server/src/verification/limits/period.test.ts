import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatMonth, formatRefill, nextMonthMs, spanAt } from "./period.ts";

const at = (text: string) => Date.parse(text);
const bounds = (per: Parameters<typeof spanAt>[0], text: string) => {
	const span = spanAt(per, at(text));
	equal(new Date(span.from_ms).toISOString().slice(0, 10), span.start);
	return [span.start, formatRefill(span)];
};

test("a day, a week from Monday and a month end at midnight UTC, and a total never does", () => {
	deepEqual(bounds("day", "2026-11-30T23:59:59.999Z"), ["2026-11-30", "2026-12-01T00:00:00.000Z"]);
	deepEqual(bounds("day", "2026-12-01T00:00:00Z"), ["2026-12-01", "2026-12-02T00:00:00.000Z"]);
	deepEqual(bounds("week", "2026-11-30T00:00:00Z"), ["2026-11-30", "2026-12-07T00:00:00.000Z"], "a Monday");
	deepEqual(bounds("week", "2026-11-29T23:59:59.999Z"), ["2026-11-23", "2026-11-30T00:00:00.000Z"], "a Sunday");
	deepEqual(bounds("week", "2028-03-01T12:00:00Z"), ["2028-02-28", "2028-03-06T00:00:00.000Z"], "across a leap day");
	deepEqual(bounds("month", "2026-12-31T23:59:59.999Z"), ["2026-12-01", "2027-01-01T00:00:00.000Z"]);
	deepEqual(bounds("total", "2026-12-31T00:00:00Z"), ["1970-01-01", null]);
});

test("months are named by their first day, and end where the next begins", () => {
	equal(formatMonth(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), "2026-12-01");
	equal(nextMonthMs(Date.UTC(2026, 11, 31)), Date.UTC(2027, 0, 1));
	equal(formatMonth(nextMonthMs(Date.UTC(2026, 1, 1))), "2026-03-01");
});
