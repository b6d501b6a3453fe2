import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wayBack } from "./way-back.ts";

const HERE = "https://keys.example";

test("keeps a path of the dashboard with its query and fragment", () => {
	equal(wayBack("/team?tenant=a%20b#x"), "/team?tenant=a%20b#x");
	equal(wayBack("/settings/api-access/key_1"), "/settings/api-access/key_1");
});

test("never returns to another origin, however it is written", () => {
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

test("any input keeps the browser on this origin", () => {
	const parts = fc.constantFrom("/", "\\", ".", "..", ":", "@", "?", "#", "\t", "\n", " ", "evil.example", "https:", "%2f", "%5c");
	fc.assert(
		fc.property(fc.array(parts, { maxLength: 8 }), (pieces) => {
			equal(new URL(wayBack(pieces.join("")), HERE).origin, HERE);
		}),
		{ numRuns: 2_000 },
	);
});
