import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { budgetsFrom, budgetsText, limitsFrom, limitsText, validateBudgets, validateLimits, validatePattern } from "./rule-values.ts";

test("named limits are written as one line and read back the same", () => {
	deepEqual(limitsFrom(" exports=1 ,reports = 5, "), [
		{ name: "exports", cost: 1 },
		{ name: "reports", cost: 5 },
	]);
	deepEqual(limitsFrom(""), []);
	const limit = fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/), cost: fc.nat(1_000_000) }, { noNullPrototype: true });
	fc.assert(
		fc.property(fc.uniqueArray(limit, { selector: ({ name }) => name, maxLength: 8 }), (limits) => {
			equal(validateLimits(limitsText(limits)), null);
			deepEqual(limitsFrom(limitsText(limits)), limits);
		}),
	);
});

test("a limit without a number or with a repeated name is an error", () => {
	for (const text of ["exports", "exports=", "exports=-1", "=1", "Exports=1", "a=1, b"]) match(validateLimits(text) ?? "", /^Write each limit/, text);
	match(validateLimits("a=1, a=2") ?? "", /once/);
});

test("a path that no request can have is an error before the request", () => {
	for (const pattern of ["/", "/a", "/a/", "/a/*", "/*", "/tenants/:tenant_id/sites/:site_id/*"]) equal(validatePattern(` ${pattern} `), null);
	for (const pattern of ["", " ", "a", "/a?b=1", "/a#b", "/a*", "/a/*/b", "/*a"]) match(validatePattern(pattern) ?? "", /^(Write|Begin)/, pattern);
});

test("costs in budgets are written as one line and read back the same, and 0 is a cost", () => {
	deepEqual(budgetsFrom(" credits=25 ,calls = 0, "), { credits: 25, calls: 0 });
	equal(budgetsText({ credits: 25, calls: 0 }), "credits=25, calls=0");
	deepEqual([budgetsFrom(""), budgetsText({}), validateBudgets("")], [{}, "", null]);
	for (const wrong of ["credits", "credits=-1", "Credits=1", "credits=1.5", "credits=1, credits=2"]) notEqual(validateBudgets(wrong), null, wrong);
});
