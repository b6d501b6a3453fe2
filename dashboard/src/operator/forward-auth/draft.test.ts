import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addRule, type Draft, discard, getChanges, moveRule, removeRule, replaceRule, toDraft, undo, validate } from "./draft.ts";
import { costWords, NEW_RULE, needsWords, placesWords, type Rule } from "./rule.ts";

function rule(pattern: string, over: Partial<Rule> = {}): Rule {
	return { ...NEW_RULE, pattern, ...over };
}

const SAVED = toDraft([rule("/a"), rule("/b"), rule("/c")]);
const kinds = (draft: Draft) => getChanges(draft).map(({ kind, id }) => `${kind} ${id}`);
const patterns = (draft: Draft) => draft.entries.map((entry) => entry.rule.pattern);

test("an untouched draft changes nothing", () => {
	deepEqual(getChanges(SAVED), []);
	equal(undo(SAVED), SAVED);
});

test("each step is listed once", () => {
	const draft = removeRule(replaceRule(addRule(SAVED, rule("/d", { methods: ["GET"] })), 1, rule("/b", { cost: 5, note: "dear" })), 2);
	deepEqual(
		getChanges(draft).map(({ text }) => text),
		["Any method /b changes: the cost, the note", "GET /d is added as rule 3", "Any method /c is removed"],
	);
});

test("moving a rule lists that rule only, not those that it passed", () => {
	const draft = moveRule(moveRule(SAVED, 2, -1), 2, -1);
	deepEqual(patterns(draft), ["/c", "/a", "/b"]);
	deepEqual(kinds(draft), ["moved 2"]);
	equal(moveRule(draft, 2, -1), draft);
	equal(moveRule(SAVED, 2, 1), SAVED);
	equal(moveRule(SAVED, 9, 1), SAVED);
});

test("a rule that is removed and added again is a new rule; a reverted edit is no change", () => {
	deepEqual(kinds(addRule(removeRule(SAVED, 0), rule("/a"))), ["added 3", "removed 0"]);
	deepEqual(kinds(replaceRule(replaceRule(SAVED, 0, rule("/x")), 0, rule("/a"))), []);
});

test("discarding can be undone like any step", () => {
	const changed = removeRule(SAVED, 0);
	deepEqual(getChanges(discard(changed)), []);
	deepEqual(patterns(undo(discard(changed))), ["/b", "/c"]);
});

const steps = fc.array(fc.tuple(fc.constantFrom("add", "remove", "up", "down", "replace"), fc.nat(8)), { maxLength: 30 });

function apply(draft: Draft, [step, id]: [string, number]): Draft {
	if (step === "add") return addRule(draft, rule(`/new/${id}`));
	if (step === "remove") return removeRule(draft, id);
	if (step === "replace") return replaceRule(draft, id, rule(`/other/${id}`));
	return moveRule(draft, id, step === "up" ? -1 : 1);
}

test("undoing every step restores the saved rules, and changes are listed exactly when something differs", () => {
	fc.assert(
		fc.property(steps, (taken) => {
			let draft = taken.reduce(apply, SAVED);
			const is_same = JSON.stringify(draft.entries) === JSON.stringify(draft.saved);
			equal(getChanges(draft).length === 0, is_same);
			ok(new Set(draft.entries.map(({ id }) => id)).size === draft.entries.length, "no two entries have one id");
			for (let count = 0; count < 60; count += 1) draft = undo(draft);
			deepEqual(draft.entries, SAVED.entries);
		}),
	);
});

test("the server's validation errors are assigned to the rule that was sent", () => {
	const sent = moveRule(SAVED, 0, 1).entries;
	const faults = validate(
		[
			{ pointer: "/rules/0/pattern", detail: "p" },
			{ pointer: "/rules/0/limits/1/name", detail: "l" },
			{ pointer: "/rules/1", detail: "whole" },
			{ pointer: "/rules/9/pattern", detail: "nowhere" },
			{ pointer: "/rules", detail: "too many" },
		],
		sent,
	);
	deepEqual(
		[...faults],
		[
			[
				1,
				[
					{ field: "pattern", detail: "p" },
					{ field: "limits", detail: "l" },
				],
			],
			[0, [{ field: "", detail: "whole" }]],
		],
	);
});

test("a rule is formatted in words", () => {
	equal(needsWords(rule("/a")), "Any key of the tenant");
	equal(needsWords(rule("/a", { permissions: ["a:read", "b:read"], capability: "orders" })), "a:read and b:read, in a plan with orders");
	equal(costWords(rule("/a", { cost: 2, limits: [{ name: "exports", cost: 1 }] })), "2, 1 of exports");
	equal(costWords(rule("/a", { budgets: { credits: 25, calls: 0 } })), "1, 25 of the budget credits, 0 of the budget calls");
	equal(placesWords("/tenants/:tenant_id/sites/:site_id/*"), "tenant and site from the path");
	equal(placesWords("/orders/:order_id"), "tenant of the key");
});
