import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { sortedBy, tenantsSearchFrom } from "./search.ts";

test("an address opens the list, the panel and the dialog that it names, and ignores what is unknown", () => {
	deepEqual(
		tenantsSearchFrom({ search: "42", plan: "team", status: "suspended", sort: "keys", order: "asc", page: "3", open: "acme", dialog: "plan" }),
		{
			search: "42",
			plan: "team",
			status: "suspended",
			sort: "keys",
			order: "asc",
			page: 3,
			open: "acme",
			dialog: "plan",
		},
	);
	deepEqual(tenantsSearchFrom({ search: " ", status: "gone", sort: "colour", page: "-1", dialog: "format", other: "1" }), {});
});

test("a column head sorts by its column, and once more the other way round", () => {
	deepEqual(sortedBy({}, "name"), { sort: "name", order: "asc" });
	deepEqual(sortedBy({ sort: "name", order: "asc" }, "name"), { sort: "name", order: "desc" });
	deepEqual(sortedBy({}, "requests_24h"), { sort: "requests_24h", order: "asc" });
	deepEqual(sortedBy({ sort: "name", order: "asc" }, "keys"), { sort: "keys", order: "desc" });
});
