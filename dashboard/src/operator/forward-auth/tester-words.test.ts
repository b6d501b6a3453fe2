import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "./queries.ts";
import { NEW_RULE } from "./rule.ts";
import { formatOutcome, ruleLine } from "./tester-words.ts";

const NO_RULE: Answer["refusal"] = { status: 404, code: "not_found", detail: "No rule covers this request." };
const ALLOWED: Answer["decision"] = { allowed: true, status: 200, code: "allowed", detail: "It would be let through." };
const WRONG: Answer["decision"] = { allowed: false, status: 401, code: "key_invalid", detail: "The key is not valid." };

test("a request is allowed only when neither its path nor its key is refused", () => {
	equal(formatOutcome({ refusal: null, decision: ALLOWED }).meaning, "good");
	deepEqual(formatOutcome({ refusal: NO_RULE, decision: ALLOWED }), { meaning: "ended", title: "Refused: 404 not_found", text: NO_RULE.detail });
	equal(formatOutcome({ refusal: NO_RULE, decision: null }).title, "Refused: 404 not_found");
});

test("a wrong key is refused as such on any path", () => {
	for (const refusal of [null, NO_RULE]) equal(formatOutcome({ refusal, decision: WRONG }).title, "Refused: 401 key_invalid");
});

test("without a key the answer says that it depends on one", () => {
	match(formatOutcome({ refusal: null, decision: null }).text, /key_missing/);
});

test("the matching rule is named by its position", () => {
	const rule = { ...NEW_RULE, pattern: "/a/*", methods: ["GET"], permissions: [], limits: [] };
	equal(ruleLine({ rule, rule_index: 1 }, 2), "Rule 2: GET /a/*");
	equal(ruleLine({ rule: null, rule_index: null }, 2), "No rule fits");
	match(ruleLine({ rule: null, rule_index: null }, 0), /any key that works/);
});
