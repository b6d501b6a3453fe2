import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSearch, stringifySearch } from "./search.ts";

test("every text comes back as it was, also one that looks like something else", () => {
	deepEqual(parseSearch(stringifySearch({ tenant: "42", a: "true", b: '"x"', c: "1e5" })), { tenant: "42", a: "true", b: '"x"', c: "1e5" });
	const names = fc.string({ minLength: 1, unit: "grapheme" }).filter((name) => name !== "__proto__");
	fc.assert(
		fc.property(fc.dictionary(names, fc.string({ unit: "grapheme" }), { noNullPrototype: true }), (search) => {
			deepEqual(parseSearch(stringifySearch(search)), search);
		}),
	);
});

test("what is not given leaves no trace", () => {
	equal(stringifySearch({ tenant: undefined, back: null }), "");
	equal(stringifySearch({ ended: true }), "?ended=true");
});
