import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readPytest } from "./run-python.ts";

const ending = (last: string, summary = ""): string => `....s.x\n${summary}${last}\n`;

describe("readPytest", () => {
	it("reads the counts of pytest's last line", () => {
		assert.deepEqual(readPytest(ending("5 passed in 0.12s")), { passed: 5, failed: 0, skipped: [], todo: [] });
		const summary = "SKIPPED [2] tests/test_a.py:3: no fork\nXFAIL tests/test_b.py::test_one - later\n";
		assert.deepEqual(readPytest(ending("1 failed, 3 passed, 2 skipped, 1 xfailed, 1 xpassed, 2 warnings, 1 error in 61.20s (0:01:01)", summary)), {
			passed: 3,
			failed: 3,
			skipped: ["python: [2] tests/test_a.py:3: no fork", "python: skipped test"],
			todo: ["python: tests/test_b.py::test_one - later"],
		});
		assert.equal(readPytest(ending("===== 2 errors in 0.10s ====="))?.failed, 2);
		assert.equal(readPytest(ending("no tests ran in 0.00s"))?.passed, 0);
		assert.equal(readPytest("Traceback (most recent call last):"), null);
		assert.equal(readPytest("/usr/bin/python3: No module named pytest"), null);
	});
});
