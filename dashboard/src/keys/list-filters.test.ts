import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filtersFrom, isFiltered, sortedBy } from "./list-filters.ts";

test("only valid filters are parsed from the address", () => {
	deepEqual(filtersFrom({ search: 42, environment: "prod", status: "lost", owner: "", sort: "name", order: "up", tenant: "t", limit: 5 }), {
		search: "42",
		environment: "prod",
		sort: "name",
	});
	deepEqual(filtersFrom({ integration: { a: 1 }, owner: ["x"] }), {});
	fc.assert(
		fc.property(
			fc.dictionary(fc.constantFrom("search", "environment", "status", "integration", "owner", "sort", "order"), fc.anything()),
			(search) => {
				for (const value of Object.values(filtersFrom(search))) equal(typeof value, "string");
			},
		),
	);
});

test("a column head sorts one way, then the other, then not at all", () => {
	deepEqual(sortedBy({}, "name"), { sort: "name", order: "asc" });
	deepEqual(sortedBy({ sort: "name", order: "asc" }, "name"), { sort: "name", order: "desc" });
	deepEqual(sortedBy({ sort: "name", order: "desc" }, "name"), {});
	deepEqual(sortedBy({ sort: "name", order: "desc" }, "last_used"), { sort: "last_used", order: "desc" });
	deepEqual(sortedBy({ sort: "last_used", order: "desc" }, "last_used"), { sort: "last_used", order: "asc" });
});

test("sorting is not a filter", () => {
	equal(isFiltered({ sort: "name", order: "asc" }), false);
	equal(isFiltered({ sort: "name", status: "revoked" }), true);
});
