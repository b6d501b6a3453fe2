import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { CANARY_PLACES, getFreeName } from "./places.ts";

test("each place has a line that ends with the key, and its name gets a number where it is taken", () => {
	for (const { line } of CANARY_PLACES) match(line("Orders", "kw_prod_x"), /[=:] ?kw_prod_x$/);
	equal(getFreeName("prod-admin-export", []), "prod-admin-export");
	equal(getFreeName("prod-admin-export", ["prod-admin-export", "prod-admin-export-2"]), "prod-admin-export-3");
});
