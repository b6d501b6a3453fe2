import { doesNotMatch, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatDate, relativeTime, shortTime, utcMidnight } from "./time-words.ts";

test("the end of the month is counted in calendar days of UTC, and the zone is named", () => {
	for (const [now, end, words] of [
		["2026-11-29T00:00:00Z", "2026-12-01T00:00:00Z", "in 2 days (1 December, 00:00 UTC)"],
		["2026-11-29T21:18:00Z", "2026-12-01T00:00:00Z", "in 2 days (1 December, 00:00 UTC)"],
		["2026-11-29T23:59:59Z", "2026-12-01T00:00:00Z", "in 2 days (1 December, 00:00 UTC)"],
		["2026-11-30T00:40:00Z", "2026-12-01T00:00:00Z", "in 23 hours (1 December, 00:00 UTC)"],
		["2026-11-30T23:50:00Z", "2026-12-01T00:00:00Z", "in 10 minutes (1 December, 00:00 UTC)"],
		["2026-12-31T23:50:00Z", "2027-01-01T00:00:00Z", "in 10 minutes (1 January, 00:00 UTC)"],
		["2028-02-28T12:00:00Z", "2028-03-01T00:00:00Z", "in 2 days (1 March, 00:00 UTC)"],
		["2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z", "in 12 hours (1 March, 00:00 UTC)"],
		["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "in 30 days (1 December, 00:00 UTC)"],
		["2026-11-29T19:01:00-05:00", "2026-12-01T00:00:00Z", "in 24 hours (1 December, 00:00 UTC)"],
	] as const)
		equal(utcMidnight(end, Date.parse(now)), words, now);
});

test("no distance is called tomorrow or yesterday", () => {
	const now = Date.parse("2026-11-29T21:00:00Z");
	for (let hours = -48; hours <= 48; hours += 1)
		doesNotMatch(relativeTime(new Date(now + hours * 3_600_000).toISOString(), now), /tomorrow|yesterday/);
});

test("a time in a narrow place has short units, and a date names its year beyond half a year", () => {
	const now = Date.parse("2026-11-30T12:00:00Z");
	equal(shortTime("2026-11-30T11:46:00Z", now), "14 min ago");
	equal(shortTime("2026-11-30T09:00:00Z", now), "3 h ago");
	equal(shortTime("2026-11-28T11:00:00Z", now), "2 d ago");
	equal(shortTime("2026-09-01T00:00:00Z", now), "3 months ago");
	equal(formatDate("2026-12-12T12:00:00Z", now), "12 Dec");
	equal(formatDate("2027-11-29T12:00:00Z", now), "29 Nov 2027");
});
