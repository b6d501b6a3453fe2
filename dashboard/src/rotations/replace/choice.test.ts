import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatButton, formatExpiry, getLastDay, toBody, VALUES_AT_FIRST, withUntil } from "./choice.ts";

const NOW = Date.parse("2026-11-23T07:00:00Z");
const HOUR_MS = 3_600_000;

test("the body has the overlap, and asks for a link only if one was chosen", () => {
	deepEqual(toBody(VALUES_AT_FIRST), { handover: {} });
	deepEqual(toBody({ ...VALUES_AT_FIRST, email: " max@example.com " }), { handover: { email: "max@example.com" } });
	deepEqual(toBody({ ...VALUES_AT_FIRST, until: "time", overlap_seconds: 3_600, way: "show", email: "max@example.com" }), { overlap_seconds: 3_600 });
	deepEqual(toBody({ ...VALUES_AT_FIRST, until: "now", way: "show" }), { overlap_seconds: 0 });
});

test("ending the key at once shows the new one, since with a link the old one keeps working; choosing a link afterwards is possible", () => {
	const now = withUntil(VALUES_AT_FIRST, "now");
	equal(now.way, "show");
	equal(withUntil({ ...now, way: "handover" }, "now").way, "handover");
	equal(withUntil(VALUES_AT_FIRST, "time").way, "handover");
	equal(formatButton(now), "End the old key now and show the new one");
	equal(formatButton({ ...now, way: "handover" }), "Make the link; the old key ends when the new one is revealed");
});

test("the latest end is in thirty days unless a time is fixed, and null for an end at once", () => {
	equal(getLastDay(VALUES_AT_FIRST, NOW), NOW + 30 * 24 * HOUR_MS);
	equal(getLastDay({ ...VALUES_AT_FIRST, until: "time", overlap_seconds: 3_600 }, NOW), NOW + HOUR_MS);
	equal(getLastDay({ ...VALUES_AT_FIRST, until: "now" }, NOW), null);
});

test("the key's end is shown before and after", () => {
	const on = (time: string) => `on ${time}`;
	equal(formatExpiry(null, null, on), "It never expires, as before.");
	equal(formatExpiry("May", "August", on), "It would have expired on May; now it expires on August.");
	equal(formatExpiry("May", "May", on), "It expires on May, as before.");
	equal(formatExpiry(null, "May", on), "It had no end. Your plan asks for one: it expires on May.");
	equal(formatExpiry("May", null, on), "It would have expired on May; now it never expires.");
});
