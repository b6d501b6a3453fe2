import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { RULES_WITH_OWN_MAIL as MAILED_ON_THEIR_OWN } from "../../../../server/src/alerts/reached.ts";
import { RECIPIENT_GROUPS, RULE_KINDS } from "../../../../server/src/alerts/rule.ts";
import { formatRecipients, formatThreshold, GROUP_WORDS, RULE_NAMES, RULES, RULES_WITH_OWN_MAIL } from "./words.ts";

test("the page offers the rules, defaults and ranges that the server validates", () => {
	const offered = RULE_NAMES.map((name) => {
		const range = RULES[name].threshold;
		return [name, range && { default: range.standard, min: range.min, max: range.max }];
	});
	const validated = Object.entries(RULE_KINDS).map(([name, { threshold }]) => [
		name,
		threshold && { default: threshold.default, min: threshold.min, max: threshold.max },
	]);
	deepEqual(offered, validated);
	deepEqual(
		GROUP_WORDS.map(({ value }) => value),
		RECIPIENT_GROUPS,
	);
	deepEqual(RULES_WITH_OWN_MAIL, MAILED_ON_THEIR_OWN);
});

test("a threshold is shown in words with its unit", () => {
	equal(formatThreshold("failures_jump", 10), "10 × the usual");
	equal(formatThreshold("dead_key_presented", 1), "at once");
	equal(formatThreshold("dead_key_presented", 2_000), "2,000 requests a day");
	equal(formatThreshold("rotation_due", 0), "on the day");
	equal(formatThreshold("key_expiring", 1), "1 day before");
	equal(formatThreshold("webhook_failing", 60), "after 1 hour");
	equal(formatThreshold("webhook_failing", 90), "after 90 minutes");
	equal(formatThreshold("webhook_failing", 120), "after 2 hours");
	equal(formatThreshold("key_exposed", null), "at once");
});

test("recipients are groups and names; a member who has left is not named", () => {
	const members = [{ id: "mem_1", name: "Dana" }];
	equal(formatRecipients(["owners", "responsible", "mem_1", "mem_gone"], members), "Owners, responsible person, Dana");
	equal(formatRecipients(["mem_gone"], members), "");
});
