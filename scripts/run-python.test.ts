import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readUnittest } from "./run-python.ts";

const ending = (last: string, ran = 5): string => `....\n----------\nRan ${ran} tests in 0.012s\n\n${last}\n`;

describe("readUnittest", () => {
	it("reads the counts of unittest's last lines", () => {
		assert.deepEqual(readUnittest(ending("OK")), { passed: 5, failed: 0, skipped: [], todo: [] });
		const mixed = readUnittest(ending("FAILED (failures=1, errors=1, skipped=1, expected failures=1)"));
		assert.deepEqual(mixed && [mixed.passed, mixed.failed, mixed.skipped.length, mixed.todo.length], [1, 2, 1, 1]);
		assert.equal(readUnittest(ending("OK (skipped=2)"))?.skipped.length, 2);
		assert.equal(readUnittest(ending("NO TESTS RAN", 0))?.passed, 0);
		assert.equal(readUnittest("Traceback (most recent call last):"), null);
	});
});
