import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isAmbiguousPath } from "../http/path.ts";
import { type CompiledRule, RuleMatcher, segmentAt, TWO_RULES } from "./matcher.ts";
import { type ForwardAuthRule, findSegment, parsePattern } from "./rule.ts";

function rule(pattern: string, fields: Partial<ForwardAuthRule> = {}): ForwardAuthRule {
	return { pattern, methods: null, permissions: [], capability: null, cost: 1, limits: [], budgets: {}, note: null, ...fields };
}

/** Rules with different requirements, one for each kind of pattern. */
function differing(...patterns: readonly string[]): RuleMatcher {
	return new RuleMatcher(patterns.map((pattern, index) => rule(pattern, { cost: index + 1 })));
}

function indexOf(found: CompiledRule | null | typeof TWO_RULES): number | "none" | "two" {
	if (found === TWO_RULES) return "two";
	return found === null ? "none" : found.index;
}

function assertFinds(matcher: RuleMatcher, expected: Readonly<Record<string, number | "none" | "two">>, method = "GET"): void {
	const found = Object.keys(expected).map((path) => [path, indexOf(matcher.find(method, path))]);
	deepEqual(Object.fromEntries(found), expected);
}

test("a pattern covers what it says and nothing beside it", () => {
	assertFinds(differing("/orders/:id"), {
		"/orders/7": 0,
		"/orders/7/lines": "none",
		"/orders": "none",
		"/orders/": "none",
		"/order/7": "none",
		"/": "none",
	});
	assertFinds(differing("/a/*"), { "/a/b": 0, "/a/b/c": 0, "/a/": 0, "/ab": "none", "/ab/c": "none" });
	assertFinds(differing("/*"), { "/": 0, "/a": 0, "/a/b/c/": 0 });
	assertFinds(differing("/"), { "/": 0, "/a": "none" });
	assertFinds(differing("/:anything"), { "/a": 0, "/a%20b": 0, "/": "none", "/a/b": "none" });
	assertFinds(differing("/:anything/b"), { "/a/b": 0, "/b": "none" });
});

test("the first rule that fits decides, whichever branch of the tree it is on", () => {
	assertFinds(differing("/orders/:id", "/orders/export"), { "/orders/export": 0 });
	assertFinds(differing("/orders/export", "/orders/:id"), { "/orders/export": 0, "/orders/7": 1 });
	assertFinds(differing("/:x/b/c", "/a/:y/d", "/a/*"), { "/a/b/c": 0, "/a/b/d": 1, "/a/b/e": 2, "/z/b/e": "none" });
});

test("a path that other spellings lead to another rule is under none", () => {
	const matcher = differing("/orders/export", "/orders/:id", "/files/*");
	assertFinds(matcher, {
		"/orders/export": 0,
		"/orders/Export": "two",
		"/orders/export/": "two",
		"/orders/EXPORT/": "two",
		"/Orders/7": "two",
		"/orders/7/": "two",
		"/files": "two",
	});
});

test("a path spelled by its escapes or by look-alikes is under no rule that is meant otherwise", () => {
	assertFinds(differing("/a~b", "/:id"), { "/a~b": 0, "/a%7Eb": "two", "/a%7eb": "two" });
	assertFinds(differing("/a:b", "/:id"), { "/a:b": 0, "/a%3Ab": "two" });
	assertFinds(differing("/stra%C3%9Fe", "/:id"), { "/stra%C3%9Fe": 0, "/stra%c3%9fe": "two" });
	// The kelvin sign, and full-width letters.
	assertFinds(differing("/keys", "/:id"), { "/%E2%84%AAeys": "two", "/%EF%BD%8B%EF%BD%85%EF%BD%99%EF%BD%93": "two" });
});

test("rules with equal requirements are not ambiguous when a path is spelled differently", () => {
	const same = new RuleMatcher([rule("/orders", { permissions: ["a:b", "c:d"] }), rule("/orders/*", { permissions: ["c:d", "a:b"] })]);
	assertFinds(same, { "/orders": 0, "/orders/": 1, "/orders/7": 1 });
	const bound = new RuleMatcher([rule("/x/:tenant_id"), rule("/x/:id/*")]);
	equal(indexOf(bound.find("GET", "/x/acme/")), "two");
});

test("a rule is for its methods, and one for GET is for HEAD", () => {
	const matcher = new RuleMatcher([rule("/a", { methods: ["GET"], cost: 1 }), rule("/a", { methods: ["POST", "DELETE"], cost: 2 }), rule("/b")]);
	deepEqual(
		["GET", "HEAD", "POST", "DELETE", "PUT", "PROPFIND"].map((method) => indexOf(matcher.find(method, "/a"))),
		[0, 0, 1, 1, "none", "none"],
	);
	equal(indexOf(matcher.find("PROPFIND", "/b")), 2);
});

test("usage is counted by as many names as there are rules, times eight", () => {
	const [compiled] = new RuleMatcher([rule("/a/:id")]).rules;
	equal(compiled?.operations.get("HEAD"), "HEAD /a/:id");
	equal(compiled?.operations.get("PROPFIND"), undefined);
	equal(compiled?.other_operation, "OTHER /a/:id");
});

const WORDS = ["a", "b", "A", "a~b", "export", "%C3%9F"];
const literalOf = fc.constantFrom(...WORDS.filter((word) => word !== "A"));
const patternOf = fc
	.tuple(fc.array(fc.oneof(literalOf, fc.constantFrom(":tenant_id", ":x", ":y")), { maxLength: 3 }), fc.constantFrom("", "/", "/*"))
	.map(([parts, ending]) => `/${[...new Set(parts)].join("/")}${parts.length === 0 ? ending.slice(1) : ending}`)
	.filter((pattern) => typeof parsePattern(pattern) !== "string");
const pathOf = fc
	.tuple(fc.array(fc.constantFrom(...WORDS, "c", "%c3%9f", "a%7Eb"), { maxLength: 4 }), fc.boolean())
	.map(([parts, slash]) => `/${parts.join("/")}${slash && parts.length > 0 ? "/" : ""}`);
const parseRules = fc.array(fc.tuple(patternOf, fc.option(fc.constantFrom(["GET"], ["POST"], ["HEAD", "POST"]), { nil: null }), fc.nat({ max: 3 })), {
	maxLength: 8,
});

/** A second implementation of the grammar: a regular expression for each rule. */
function fits(pattern: string, path: string): boolean {
	const text = pattern
		.replace(/[.+$()[\]{}^|?]/g, "\\$&")
		.replace(/:[a-z_]+/g, "[^/]+")
		.replace(/\*$/, ".*");
	return new RegExp(`^${text}$`).test(path);
}

test("the tree finds what a walk over the list finds, or says that there are two readings", () => {
	fc.assert(
		fc.property(parseRules, pathOf, fc.constantFrom("GET", "HEAD", "POST", "PROPFIND"), (drawn, path, method) => {
			const rules = drawn.map(([pattern, methods, cost]) => rule(pattern, { methods, cost: cost + 1 }));
			const found = new RuleMatcher(rules).find(method, path);
			if (found === TWO_RULES) return;
			const expected = rules.findIndex(
				({ pattern, methods }) =>
					fits(pattern, path) && (methods === null || methods.includes(method) || (method === "HEAD" && methods.includes("GET"))),
			);
			equal(found?.index ?? -1, expected);
		}),
		{ numRuns: 2_000 },
	);
});

test("no two spellings of a path are under rules that ask for different things", () => {
	const spelled = (path: string, how: readonly boolean[]): string =>
		path.replace(/%[0-9A-Fa-f]{2}|[a-z~]/g, (character, at: number) => {
			if (how[at % how.length] !== true) return character;
			return character === "~" ? "%7E" : character.startsWith("%") ? character.toLowerCase() : character.toUpperCase();
		});
	fc.assert(
		fc.property(parseRules, pathOf, fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), fc.boolean(), (drawn, path, how, toggled) => {
			const matcher = new RuleMatcher(drawn.map(([pattern, methods, cost]) => rule(pattern, { methods, cost: cost + 1 })));
			const slash = path.endsWith("/") ? path.slice(0, -1) || "/" : `${path}/`;
			const other = spelled(toggled ? slash : path, how);
			ok(!isAmbiguousPath(other));
			const [one, two] = [matcher.find("GET", path), matcher.find("GET", other)];
			if (typeof one === "symbol" || typeof two === "symbol" || one === null || two === null) return;
			equal(one.effect, two.effect);
		}),
		{ numRuns: 2_000 },
	);
});

test("the ids in a path are found where the pattern names them", () => {
	const pattern = parsePattern("/tenants/:tenant_id/sites/:site_id/*");
	ok(typeof pattern !== "string");
	const path = "/tenants/acme/sites/shop/a/b";
	equal(segmentAt(path, findSegment(pattern, "tenant_id")), "acme");
	equal(segmentAt(path, findSegment(pattern, "site_id")), "shop");
	equal(segmentAt("/a", 3), "");
});

test("rules that differ only in what they spend of budgets are different: no spelling chooses the cheaper one", () => {
	const at = (...budgets: Readonly<Record<string, number>>[]) =>
		new RuleMatcher([rule("/exports", { budgets: budgets[0] ?? {} }), rule("/*", { budgets: budgets[1] ?? {} })]).find("GET", "/Exports");
	equal(indexOf(at({ credits: 25 }, { credits: 1 })), "two");
	equal(indexOf(at({ credits: 25 }, {})), "two");
	equal(indexOf(at({ credits: 25, calls: 0 }, { calls: 0, credits: 25 })), 1, "the order of names says nothing");
});
