import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
	capabilityUseLines,
	catalogueGroups,
	hasOwn,
	permissionUseLines,
	searchGroups,
	validateCapabilityName,
	validatePermissionName,
} from "./catalogue.ts";

const capability = (name: string, description = "", built_in = false) => ({ name, description, built_in });
const permission = (name: string, of: string, built_in = false) => ({ name, description: name, capability: of, built_in });
const named = (...names: string[]) => names.map((name) => ({ name }));

test("the operator's own entries come first, with their display names and permissions", () => {
	const capabilities = [
		capability("m2m_api", "API access: programs call", true),
		capability("unworded_thing"),
		capability("orders", "Orders: read them"),
	];
	const permissions = [permission("orders:read", "orders"), permission("usage:read", "m2m_api", true)];
	const plans = [
		{ name: "Team", capabilities: ["m2m_api", "orders"] },
		{ name: "Wide", capabilities: ["m2m_api"] },
	];
	deepEqual(
		catalogueGroups(capabilities, permissions, plans).map(({ heading, means, included, permissions: of }) => [
			heading,
			means,
			included,
			of.map(({ name }) => name),
		]),
		[
			["Orders", "Read them", "Included in the plan Team", ["orders:read"]],
			["Unworded thing", null, "No plan includes it", []],
			["API access", "Programs call", "Included in the plans Team and Wide", ["usage:read"]],
		],
	);
	equal(hasOwn(capabilities, permissions), true);
	equal(hasOwn([capability("m2m_api", "", true)], [permission("usage:read", "m2m_api", true)]), false);
	equal(hasOwn([], [permission("orders:read", "m2m_api")]), true);
});

test("a search keeps the permissions that match, and all of a capability that does", () => {
	const permissions = [permission("orders:read", "orders"), permission("orders:send", "orders"), permission("usage:read", "m2m_api")];
	const groups = catalogueGroups([capability("orders", "Orders: read them"), capability("m2m_api", "API access: programs call")], permissions, []);
	const found = (text: string) => searchGroups(groups, text).map((group) => group.permissions.map(({ name }) => name));
	deepEqual(found(" SEND"), [["orders:send"]]);
	deepEqual(found("order"), [["orders:read", "orders:send"]]);
	deepEqual(found("read"), [["usage:read"], ["orders:read"]]);
	deepEqual(found("nothing"), []);
});

test("an existing name cannot be overwritten, and one without a description can be described", () => {
	equal(validatePermissionName("orders:read", []), null);
	match(validatePermissionName("orders:read", named("orders:read")) ?? "", /already/);
	for (const wrong of ["orders", "Orders:read", "orders:read:all", ":read", "orders:", `${"a".repeat(33)}:read`])
		match(validatePermissionName(wrong, []) ?? "", /such as orders:read/);
	const there = [capability("orders", "Orders"), capability("fax")];
	match(validateCapabilityName("orders", there) ?? "", /already/);
	deepEqual([validateCapabilityName("fax", there), validateCapabilityName("new_one", there)], [null, null]);
	for (const wrong of ["", "1a", "Fax", "a-b", "a:b"]) match(validateCapabilityName(wrong, there) ?? "", /small letter/);
});

test("each use is one line, with the plans by name", () => {
	deepEqual(permissionUseLines({ plans: [], keys: 0, tenants: 0, most: [], forward_auth_rules: 0 }), []);
	deepEqual(permissionUseLines({ plans: named("Team"), keys: 1, tenants: 1, most: [{ name: "Acme", keys: 1 }], forward_auth_rules: 1 }), [
		"1 key of 1 tenant has it: Acme (1)",
		"1 rule for forwarded requests requires it",
		"New keys on the plan Team can have it",
	]);
	deepEqual(
		permissionUseLines({
			plans: named("A", "B", "C", "D", "E", "F", "G"),
			keys: 1_200,
			tenants: 2,
			most: [{ name: "Acme", keys: 1_000 }],
			forward_auth_rules: 0,
		}),
		["1,200 keys of 2 tenants have it: Acme (1,000), others", "New keys on the plans A, B, C, D, E and 2 more can have it"],
	);
	deepEqual(capabilityUseLines({ plans: named("A", "B"), permissions: ["orders:read"], forward_auth_rules: 2 }), [
		"It is included in the plans A and B",
		"The permission orders:read belongs to it",
		"2 rules for forwarded requests require it",
	]);
	const permissions = Array.from({ length: 50 }, (_, index) => `orders:act_${index}`);
	deepEqual(capabilityUseLines({ plans: [], permissions, forward_auth_rules: 0 }), [
		"The permissions orders:act_0, orders:act_1, orders:act_2, orders:act_3, orders:act_4 and 45 more belong to it",
	]);
});
