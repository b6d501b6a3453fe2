import { equal } from "node:assert/strict";
import { test } from "node:test";
import { formatMonth } from "./month.ts";

test("the month begins where the quota's does, also when the server's clock is ahead", () => {
	const now_ms = Date.parse("2026-01-31T23:59:59Z");
	equal(formatMonth(now_ms, null).from_ms, Date.parse("2026-01-01T00:00:00Z"));
	equal(formatMonth(now_ms, "2026-02-01T00:00:00Z").from_ms, Date.parse("2026-01-01T00:00:00Z"));
	equal(formatMonth(now_ms, "2026-03-01T00:00:00Z").from_ms, Date.parse("2026-02-01T00:00:00Z"));
	equal(formatMonth(now_ms, null).until_ms, Date.parse("2026-02-01T00:00:00Z"));
	equal(formatMonth(now_ms, "2027-01-01T00:00:00Z").until_ms, Date.parse("2027-01-01T00:00:00Z"));
	equal(formatMonth(Date.parse("2026-01-15T10:00:00Z"), "2026-02-01T00:00:00Z").to_ms > now_ms - 17 * 86_400_000, true);
});
