import { deepEqual, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { coversMethods, getShape, holdsForMethod, parsePattern } from "./rule.ts";

test("patterns are taken apart", () => {
	deepEqual(parsePattern("/tenants/:tenant_id/sites/:site_id/*"), {
		segments: [{ literal: "tenants" }, { name: "tenant_id" }, { literal: "sites" }, { name: "site_id" }],
		ending: "rest",
	});
	deepEqual(parsePattern("/"), { segments: [], ending: "slash" });
	deepEqual(parsePattern("/*"), { segments: [], ending: "rest" });
	deepEqual(parsePattern("/a/"), { segments: [{ literal: "a" }], ending: "slash" });
	deepEqual(parsePattern("/a:b/stra%C3%9Fe"), { segments: [{ literal: "a:b" }, { literal: "stra%C3%9Fe" }], ending: "end" });
});

test("a pattern that could be misread is refused, and the sentence says why", () => {
	const refused: Readonly<Record<string, RegExp>> = {
		"": /begin with/,
		a: /begin with/,
		"*": /begin with/,
		"/a?b": /query/,
		"/a#b": /query/,
		"//a": /unambiguous/,
		"/a//b": /unambiguous/,
		"/a/../b": /unambiguous/,
		"/a/./b": /unambiguous/,
		"/%61": /unambiguous/,
		"/a%2Fb": /unambiguous/,
		"/a\\b": /unambiguous/,
		"/a;b": /unambiguous/,
		"/straße": /unambiguous/,
		"/a b": /unambiguous/,
		"/*/a": /last segment/,
		"/a*": /last segment/,
		"/**": /last segment/,
		"/:": /name a segment/,
		"/:A": /name a segment/,
		"/:1": /name a segment/,
		"/:a-b": /name a segment/,
		"/:id/:id": /twice/,
		"/:tenant_id/:tenant_id": /twice/,
		"/:tenant": /:tenant_id/,
		"/:tenantId": /:tenant_id/,
		"/:site": /:site_id/,
		"/:tenant_ids": /:tenant_id/,
		"/{tenant_id}": /percent-encoded/,
	};
	for (const [pattern, why] of Object.entries(refused)) match(String(parsePattern(pattern)), why, pattern);
});

test("a rule covers another of its shape when it leaves it no method", () => {
	ok(coversMethods({ methods: ["GET"] }, { methods: ["HEAD"] }));
	ok(!coversMethods({ methods: ["HEAD"] }, { methods: ["GET"] }));
	ok(!coversMethods({ methods: ["GET"] }, { methods: null }));
	ok(coversMethods({ methods: null }, { methods: ["GET"] }));
	ok(holdsForMethod({ methods: ["GET"] }, "HEAD"));
	ok(!holdsForMethod({ methods: ["HEAD"] }, "GET"));
});

test("patterns that fit the same paths have one shape", () => {
	const shape = (text: string): string => {
		const pattern = parsePattern(text);
		ok(typeof pattern !== "string");
		return getShape(pattern);
	};
	deepEqual(shape("/a/:tenant_id/*"), shape("/a/:x/*"));
	ok(shape("/a/:x") !== shape("/a/:x/"));
	ok(shape("/a") !== shape("/a/*"));
});
