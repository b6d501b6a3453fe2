import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { expiryDue, formatSpan, replacementDue } from "./due-words.ts";

const NOW_MS = Date.UTC(2026, 4, 3, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function at(days: number): string {
	return new Date(NOW_MS + days * DAY_MS).toISOString();
}

test("an end is shown from 30 days before, more urgently at 7 and at 1, and as a sentence when it is past", () => {
	const told = [null, at(31), at(30), at(7), at(1), at(0.2), at(-3)].map((time) => expiryDue(time, NOW_MS));
	deepEqual(
		told.map((due) => due && [due.meaning, due.whole]),
		[
			null,
			null,
			["coming", "Expires in 30 days"],
			["attention", "Expires in 7 days"],
			["last", "Expires in 1 day"],
			["last", "Expires in 5 hours"],
			["ended", "Expired 3 days ago"],
		],
	);
	equal(told[2]?.short, "in 30 days");
});

test("a replacement date is shown from a week before and when overdue, but never in red", () => {
	const told = [null, at(8), at(5), at(-3), at(-0.5)].map((time) => replacementDue(time, NOW_MS));
	deepEqual(
		told.map((due) => due && [due.meaning, due.short]),
		[null, null, ["attention", "in 5 days"], ["attention", "overdue by 3 days"], ["attention", "overdue by 12 hours"]],
	);
});

test("a span is never 0", () => {
	deepEqual([0, 59_000, HOUR_MS, DAY_MS - 1, DAY_MS, 1.6 * DAY_MS].map(formatSpan), [
		"1 minute",
		"1 minute",
		"1 hour",
		"24 hours",
		"1 day",
		"2 days",
	]);
});
