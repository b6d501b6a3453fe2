import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Catalogue, isPermission, permissionsOfPlan } from "./permission.ts";

const catalogue: Catalogue = new Map([
	["tenant:read", { capability: "m2m_api", description: "" }],
	["orders:write", { capability: "orders", description: "" }],
	["orders:read", { capability: "orders", description: "" }],
]);

test("a permission is two lower-case words separated by a colon", () => {
	for (const name of ["a:b", "orders:write", "o_1:w_2", `${"a".repeat(32)}:${"b".repeat(32)}`]) equal(isPermission(name), true, name);
	const wrong = [
		"",
		"orders",
		"orders:",
		":write",
		"Orders:write",
		"orders:write:all",
		"orders write",
		"1a:b",
		"a:*",
		"a:b\n",
		`${"a".repeat(33)}:b`,
	];
	for (const name of wrong) equal(isPermission(name), false, name);
});

test("a plan allows exactly the permissions of its capabilities, sorted", () => {
	deepEqual(permissionsOfPlan(["orders"], catalogue), ["orders:read", "orders:write"]);
	deepEqual(permissionsOfPlan(["orders", "m2m_api", "nothing"], catalogue), ["orders:read", "orders:write", "tenant:read"]);
	deepEqual(permissionsOfPlan([], catalogue), []);
});

test("more capabilities never allow less", () => {
	const capabilities = fc.array(fc.constantFrom("m2m_api", "orders", "other"));
	fc.assert(
		fc.property(capabilities, capabilities, (some, others) => {
			const wider = new Set(permissionsOfPlan([...some, ...others], catalogue));
			equal(
				permissionsOfPlan(some, catalogue).every((permission) => wider.has(permission)),
				true,
			);
		}),
	);
});
