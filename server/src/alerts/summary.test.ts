import { doesNotMatch, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Evidence } from "./alert.ts";
import { RULE_NAMES } from "./rule.ts";
import { summarize } from "./summary.ts";

const AT = "2026-12-10T09:05:00.000Z";
const EVIDENCE: Evidence = {
	...{ name: "prod-bot", kind: "url", requests: 9, minutes: 5, usual: 1, disabled: null, used: 8, max: 10, reason: null },
	...{ expires_at: AT, rotation_due_at: AT, last_used_at: AT, failing_since: AT },
};

test("a time in the summary of an alert is written for people", () => {
	const of = (rule: (typeof RULE_NAMES)[number]) => summarize({ rule, subject: "one", evidence: EVIDENCE });
	for (const rule of RULE_NAMES) doesNotMatch(of(rule), /\d{4}-\d\d|T\d\d:/, rule);
	equal(of("key_expiring"), "prod-bot expires on 10 December 2026");
	equal(of("webhook_failing"), "The webhook at prod-bot has accepted nothing since 10 December 2026 at 09:05 UTC");
});
