import { equal } from "node:assert/strict";
import { test } from "node:test";
import { formatDay, getDay, startOfDay } from "./days.ts";

const at = (day: string, time = "12:00:00") => new Date(`${day}T${time}`).toISOString();
const NOW_MS = Date.parse(at("2026-11-29"));

test("a day has its name in the viewer's zone, with the year if it is another one", () => {
	equal(formatDay(at("2026-11-29", "00:00:00"), NOW_MS), "Today, 29 November");
	equal(formatDay(at("2026-11-28", "23:59:59"), NOW_MS), "Yesterday, 28 November");
	equal(formatDay(at("2026-11-27"), NOW_MS), "Friday, 27 November");
	equal(formatDay(at("2025-12-31"), NOW_MS), "Wednesday, 31 December 2025");
});

test("chosen days begin and end at local midnight, the last one included", () => {
	equal(startOfDay("2026-11-29"), at("2026-11-29", "00:00:00"));
	equal(startOfDay("2026-11-29", 1), at("2026-11-30", "00:00:00"));
	equal(getDay(startOfDay("2026-11-29", 1) ?? undefined, true), "2026-11-29");
	equal(startOfDay("tomorrow"), null);
	equal(getDay(undefined), "");
});
