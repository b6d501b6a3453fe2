import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { keySearchFrom, tabFrom } from "./search.ts";

test("an unknown tab is the overview", () => {
	equal(tabFrom("clients"), "clients");
	for (const other of [undefined, "overview", "nothing", 3]) equal(tabFrom(other), "overview");
});

test("what a tab shows is read from the address, and anything else in it is ignored", () => {
	const search = { show: "old", find: "eu", by: "name", period: "week", code: "permission_missing" };
	deepEqual(keySearchFrom(search), search);
	deepEqual(keySearchFrom({ show: "all", find: " ", by: "colour", period: "year", code: "../x", tenant: "t" }), {});
	deepEqual(keySearchFrom({ find: 42 }), { find: "42" });
});
