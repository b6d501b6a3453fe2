import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anotherLimit, formatLimits, type OwnLimit, planPace, toRateLimits, validateLimits, windowsFor, withWindow } from "./own-limits.ts";

const BURST = { name: "burst", requests: 100, window_seconds: 60, per: "key", named_only: false };
const EXPORTS = { name: "exports", requests: 5, window_seconds: 3_600, per: "tenant", named_only: true };
const limit = (requests: number | null, window_seconds = 60, name: string | null = null): OwnLimit => ({ name, requests, window_seconds });

test("a limit needs a number, a window of its own, and fewer requests than the plan allows", () => {
	equal(validateLimits([limit(99), limit(1_000, 3_600)], [BURST, EXPORTS]), null);
	const text = "The limit of 30 requests in a minute is reached first: choose fewer than 1,800";
	deepEqual(validateLimits([limit(30), limit(1_800, 3_600)], []), { index: 1, text });
	deepEqual(validateLimits([limit(1_801, 3_600), limit(30)], []), { index: 0, text });
	deepEqual(validateLimits([limit(99), limit(null, 3_600)], [BURST]), { index: 1, text: "Say how many requests" });
	deepEqual(validateLimits([limit(9), limit(8)], []), { index: 1, text: "There is a limit for a minute already" });
	deepEqual(validateLimits([limit(6_000, 3_600)], [BURST]), { index: 0, text: "Your plan allows 100 requests in a minute anyway: choose fewer" });
	equal(validateLimits([limit(5_999, 3_600)], [BURST]), null);
	deepEqual(validateLimits([limit(100)], [BURST]), { index: 0, text: "Your plan allows 100 requests in a minute anyway: choose fewer" });
});

test("the next limit is for a window that has none, and a limit set by the API keeps its window as a choice", () => {
	deepEqual(anotherLimit([]), limit(null, 60));
	deepEqual(anotherLimit([limit(5, 60)]), limit(null, 3_600));
	equal(anotherLimit([limit(5, 3_600), limit(5, 60)]), null);
	deepEqual(
		windowsFor(limit(5, 10)).map(({ label }) => label),
		["10 seconds", "a minute", "an hour"],
	);
});

test("generated names follow the window and avoid names in use; a chosen name is kept", () => {
	deepEqual(
		toRateLimits([limit(5), limit(50, 3_600, "trial"), limit(1, 7)], [{ name: "own-minute" }]).map(({ name }) => name),
		["own-minute-2", "trial", "own-7s"],
	);
	equal(withWindow(limit(5, 60, "own-minute"), 3_600).name, null);
	equal(withWindow(limit(5, 60, "trial"), 3_600).name, "trial");
});

test("every name is unique and accepted by the API", () => {
	const some = fc.array(
		fc.record({ name: fc.constant(null), requests: fc.integer({ min: 1, max: 9 }), window_seconds: fc.integer({ min: 1, max: 3_600 }) }),
		{
			maxLength: 4,
		},
	);
	const plan = fc.array(fc.record({ name: fc.constantFrom("own-minute", "own-hour", "own-7s", "burst") }));
	fc.assert(
		fc.property(some, plan, (limits, of_plan) => {
			const names = toRateLimits(limits, of_plan).map(({ name }) => name);
			ok(names.every((name) => /^[a-z][a-z0-9_-]{0,31}$/.test(name) && !of_plan.some((other) => other.name === name)));
			equal(new Set(names).size, names.length);
		}),
	);
});

test("limits are formatted as a part of a sentence", () => {
	equal(formatLimits([limit(60), limit(1_000, 3_600)]), "at most 60 requests in a minute and 1,000 requests in an hour");
	equal(formatLimits([limit(null)]), null);
	equal(planPace([BURST, EXPORTS]), "Your plan allows 100 requests in a minute for each key");
	equal(planPace([EXPORTS]), null);
});
