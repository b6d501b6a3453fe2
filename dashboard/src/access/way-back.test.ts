import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wayBack } from "./way-back.ts";

const HERE = "https://keys.example";

test("a place of ours is kept with all that belongs to it", () => {
	equal(wayBack("/team?tenant=a%20b#x"), "/team?tenant=a%20b#x");
	equal(wayBack("/settings/api-access/key_1"), "/settings/api-access/key_1");
});

test("another site is never a way back, however it is written", () => {
	for (const back of [
		"https://evil.example/",
		"//evil.example/",
		"/\\evil.example/",
		"\\\\evil.example",
		"/\t/evil.example",
		"/.//evil.example",
		"/a/..//evil.example",
		"javascript:alert(1)",
		"evil",
		"",
		undefined,
	])
		equal(wayBack(back), "/settings/api-access", String(back));
});

test("whatever is asked for, the browser stays here", () => {
	const parts = fc.constantFrom("/", "\\", ".", "..", ":", "@", "?", "#", "\t", "\n", " ", "evil.example", "https:", "%2f", "%5c");
	fc.assert(
		fc.property(fc.array(parts, { maxLength: 8 }), (pieces) => {
			equal(new URL(wayBack(pieces.join("")), HERE).origin, HERE);
		}),
		{ numRuns: 2_000 },
	);
});
