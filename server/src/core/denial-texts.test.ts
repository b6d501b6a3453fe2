import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { DENIAL_TEXTS } from "./denial-texts.ts";
import { ERRORS } from "./error.ts";

/** Claims that may be untrue: a replaced secret's key may have ended too, a 500 may follow the commit, and only operators assign plans. */
const NOT_ALWAYS_TRUE = /lives on|nothing (was|has been) changed|owner (to change|for) (the|a) (plan|larger)/i;

const texts = [
	...Object.entries(ERRORS).map(([code, { cure }]) => [code, cure] as const),
	["capability_not_in_plan", DENIAL_TEXTS.capability("Team", "documents")] as const,
	["key_rotated", DENIAL_TEXTS.replaced("prod-bot")] as const,
];

test("every error text says what to do, in whole sentences, and nothing that may be untrue", () => {
	for (const [, text] of texts) match(text, /^[A-Z].+\.$/s);
	deepEqual(
		texts.filter(([, text]) => NOT_ALWAYS_TRUE.test(text)),
		[],
	);
});
