import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { newRequestId, timeOfRequestId } from "./request-id.ts";

test("request ids sort by time and say when their request came", () => {
	const times = [0, 1, 61, 62, 3_843, Date.UTC(2026, 10, 30), Date.UTC(2026, 10, 30) + 1, Date.UTC(2080, 0, 1)];
	const ids = times.map((time) => newRequestId(time));
	deepEqual(ids.toSorted(), ids);
	deepEqual(ids.map(timeOfRequestId), times);
	for (const id of ids) match(id, /^req_[0-9A-Za-z]{20}$/);
});

test("two request ids of one millisecond differ in their random part", () => {
	notEqual(newRequestId(5), newRequestId(5));
});

test("a text that is no request id has no time", () => {
	for (const text of ["", "req_", "key_0000000000000000000A", `req_${"0".repeat(19)}`, `req_${"0".repeat(21)}`, `req_${"-".repeat(20)}`])
		equal(timeOfRequestId(text), null, text);
});
