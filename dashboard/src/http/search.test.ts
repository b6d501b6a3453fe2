import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSearch, stringifySearch } from "./search.ts";

test("every text survives a round trip, also one that looks like a number or a boolean", () => {
	deepEqual(parseSearch(stringifySearch({ tenant: "42", a: "true", b: '"x"', c: "1e5" })), { tenant: "42", a: "true", b: '"x"', c: "1e5" });
	const names = fc.string({ minLength: 1, unit: "grapheme" }).filter((name) => name !== "__proto__");
	fc.assert(
		fc.property(fc.dictionary(names, fc.string({ unit: "grapheme" }), { noNullPrototype: true }), (search) => {
			deepEqual(parseSearch(stringifySearch(search)), search);
		}),
	);
});

test("absent values add nothing to the address", () => {
	equal(stringifySearch({ tenant: undefined, back: null }), "");
	equal(stringifySearch({ ended: true }), "?ended=true");
});
