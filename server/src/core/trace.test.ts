import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { getTrace } from "./trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const FOUND = { trace_id: TRACE, parent_id: PARENT };

test("the ids of a valid traceparent are read, also of a later version with more fields", () => {
	deepEqual(getTrace(`00-${TRACE}-${PARENT}-01`), FOUND);
	deepEqual(getTrace(`cc-${TRACE}-${PARENT}-00`), FOUND);
	deepEqual(getTrace(`cc-${TRACE}-${PARENT}-00-what-follows`), FOUND);
});

test("an invalid traceparent has no ids", () => {
	for (const value of [
		undefined,
		"",
		[`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`],
		`ff-${TRACE}-${PARENT}-01`,
		`00-${TRACE}-${PARENT}-01-more`,
		`00-${TRACE.toUpperCase()}-${PARENT}-01`,
		`00-${"0".repeat(32)}-${PARENT}-01`,
		`00-${TRACE}-${"0".repeat(16)}-01`,
		`00-${TRACE}-${PARENT}`,
		`00-${TRACE}${PARENT}-01`,
		`00-${TRACE}-${PARENT}-01\nx`,
	])
		deepEqual(getTrace(value), {});
});
