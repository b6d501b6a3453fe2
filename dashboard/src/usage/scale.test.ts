import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { getTicks } from "./scale.ts";

test("an axis begins at zero, is whole and round, and reaches the tallest bar with at most five values", () => {
	deepEqual(getTicks(0), [0, 1]);
	deepEqual(getTicks(3), [0, 1, 2, 3]);
	deepEqual(getTicks(10), [0, 5, 10]);
	deepEqual(getTicks(1_420), [0, 500, 1_000, 1_500]);
	fc.assert(
		fc.property(fc.nat(2_000_000_000), (most) => {
			const ticks = getTicks(most);
			ok(ticks.length >= 2 && ticks.length <= 5 && ticks.every(Number.isInteger) && ticks[0] === 0 && (ticks.at(-1) ?? 0) >= most);
		}),
	);
});
