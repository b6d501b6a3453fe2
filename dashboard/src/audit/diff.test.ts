import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type DiffLine, getDiff, LINES_MAX } from "./diff.ts";

const SIGNS = { same: " ", removed: "−", added: "+" } as const;
const show = (lines: readonly DiffLine[]) => lines.map(({ change, text }) => `${SIGNS[change]}${text}`);

test("a field shows what stayed, went and came, and a field without a difference is left out", () => {
	const before = { name: "Shop", permissions: ["documents:read", "documents:write"], allowed_ips: null, expires_at: null };
	const after = { name: "Shop", permissions: ["documents:read"], allowed_ips: ["203.0.113.0/24"], expires_at: null };
	deepEqual(
		getDiff(before, after).map(({ name, field, lines }) => [name, field, show(lines)]),
		[
			["May", "permissions", [" documents:read", "−documents:write"]],
			["Addresses", "allowed_ips", ["−from anywhere", "+203.0.113.0/24"]],
		],
	);
});

test("a creation shows its values only, a deletion those that were, and an entry without details nothing", () => {
	const state = { name: "Shop", environment: null, site_ids: [] };
	deepEqual(
		getDiff(null, state).map(({ lines }) => show(lines)),
		[["+Shop"]],
	);
	deepEqual(
		getDiff(state, null).map(({ lines }) => show(lines)),
		[["−Shop"]],
	);
	deepEqual(getDiff(null, null), []);
});

test("values are in words: spans, sizes, choices, objects and names that the page knows", () => {
	const names = new Map([["site_ids shop-1", "Main shop"]]);
	const after = {
		overlap_seconds: 259_200,
		size_bytes: 1,
		role: "admin",
		owner: { name: "Dana" },
		site_ids: ["shop-1", "shop-2"],
		makes_operator: true,
	};
	deepEqual(
		getDiff(null, after, names).map(({ lines }) => show(lines)),
		[["+Name: Dana"], ["+Main shop", "+shop-2"], ["+3 days"], ["+1 byte"], ["+Admin"], ["+yes"]],
	);
});

test("a very long value is cut and says so", () => {
	const [field] = getDiff(null, { allowed_ips: Array.from({ length: LINES_MAX + 40 }, (_, index) => `10.0.0.${index}`) });
	deepEqual([field?.lines.length, field?.left_out], [LINES_MAX, 40]);
	equal(field?.lines.at(-1)?.mono, true);
});
