import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { ERRORS } from "../core/error.ts";
import { REFUSAL } from "./guards.ts";

/** A refused secret's key may have ended as well; a 500 may come after the commit; plans are given by operators alone. */
const NOT_ALWAYS_TRUE = /lives on|nothing (was|has been) changed|owner (to change|for) (the|a) (plan|larger)/i;

const told = [
	...Object.entries(ERRORS).map(([code, { cure }]) => [code, cure] as const),
	["capability_not_in_plan", REFUSAL.capability("Team", "documents")] as const,
	["key_rotated", REFUSAL.replaced("prod-bot")] as const,
];

test("every code says what to do, in whole sentences, and nothing that may be untrue", () => {
	for (const [, text] of told) match(text, /^[A-Z].+\.$/s);
	deepEqual(
		told.filter(([, text]) => NOT_ALWAYS_TRUE.test(text)),
		[],
	);
});
