import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ApiError } from "../../core/error.ts";
import { toPage, windowByText, windowByTime } from "./cursor.ts";

function isMalformedCursor(error: unknown): boolean {
	return error instanceof ApiError && error.code === "invalid_request" && error.metadata.errors?.[0]?.pointer === "/query/cursor";
}

function makeCursor(value: unknown): string {
	return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}

test("pages that follow the cursor hold every row once and in order, for every limit", () => {
	const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }).filter((name) => !name.includes("\0") && name.isWellFormed()));
	fc.assert(
		fc.property(names, fc.integer({ min: 1, max: 5 }), (unsorted, limit) => {
			const rows = [...unsorted].sort();
			const seen: string[] = [];
			let cursor: string | null = null;
			do {
				const window = windowByText({ limit, ...(cursor === null ? {} : { cursor }) });
				const after = window.after?.[0];
				const read = rows.filter((row) => after === undefined || row > after).slice(0, window.rows_max);
				const page = toPage(read, window, (row) => [row]);
				ok(page.data.length <= limit);
				seen.push(...page.data);
				cursor = page.next_cursor;
			} while (cursor !== null);
			deepEqual(seen, rows);
		}),
	);
});

test("a list that ends exactly with a page has no further one", () => {
	const window = windowByText({ limit: 2 });
	equal(toPage(["a", "b"], window, (row) => [row]).next_cursor, null);
	ok(toPage(["a", "b", "c"], window, (row) => [row]).next_cursor !== null);
});

test("without a limit a page holds 50 rows", () => {
	equal(windowByText({}).rows_max, 51);
});

test("a cursor that no list gave is refused, naming the parameter", () => {
	const wrong = [
		"",
		" ",
		"!!",
		"e30",
		"bnVsbA",
		makeCursor([]),
		makeCursor([1]),
		makeCursor(["a", "b", "c"]),
		makeCursor({ 0: "a" }),
		makeCursor(["a\0"]),
	];
	for (const cursor of wrong) {
		throws(() => windowByText({ cursor }), isMalformedCursor, cursor);
		throws(() => windowByTime({ cursor }), isMalformedCursor, cursor);
	}
	for (const time of [
		"yesterday",
		"2026-01-01",
		"2026-13-01T00:00:00.000Z",
		"2026-02-30T00:00:00.000Z",
		"0000-01-01T00:00:00.000Z",
		"2026-01-01T00:00:00Z",
	]) {
		throws(() => windowByTime({ cursor: makeCursor([time, "id"]) }), isMalformedCursor, time);
	}
	deepEqual(windowByTime({ cursor: makeCursor(["2026-01-01T00:00:00.000Z", "id"]) }).after, ["2026-01-01T00:00:00.000Z", "id"]);
});
