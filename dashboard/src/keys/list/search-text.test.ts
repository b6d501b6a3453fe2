import { equal } from "node:assert/strict";
import { test } from "node:test";
import { searchFrom } from "./search-text.ts";

test("of a pasted key only its public part is searched for, and a shown key is found by its last four characters", () => {
	equal(searchFrom(`"kw_prod_${"k".repeat(12)}${"s".repeat(38)}"`), "k".repeat(12));
	equal(searchFrom("kw_prod_…a1B2"), "a1B2");
	equal(searchFrom(" …a1B2"), "a1B2");
	equal(searchFrom("kw_prod_...a1B2"), "a1B2");
	equal(searchFrom("  order bot "), "order bot");
	equal(searchFrom("   "), null);
});
