import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AllowList, parseAllowList } from "../../core/network.ts";
import { readOperation, toOperation } from "../../verification/operation.ts";
import type { OperationNeeds } from "../facts.ts";
import { type ReplayedRequests, replayRequests } from "./replay.ts";
import { toReplayResponse } from "./response.ts";
import { suggest } from "./suggest.ts";

const KEY = {
	...{
		name: "prod-order-bot",
		environment: "prod",
		permissions: ["documents:read", "documents:write", "key:rotate"],
		site_ids: null,
		allowed_ips: null,
	},
	plan: { name: "Pro", capabilities: ["m2m_api", "documents"] },
	catalogue: new Map([
		["documents:read", "documents"],
		["documents:write", "documents"],
		["key:rotate", "m2m_api"],
	]),
};
const row = (rest: Partial<ReplayedRequests> = {}): ReplayedRequests => ({
	...{ day: "2026-11-24", operation: "GET documents:read", site_id: "", source_id: "src_1", network: "203.0.113.0/24", code: "allowed" },
	...{ overflowed: false, requests: 10, names_all: true, rules_hold: true },
	...rest,
});
const WRITE = row({ operation: "PUT documents:write", requests: 3 });
const needsOf = ({ operation, names_all }: { operation: string; names_all: boolean }): OperationNeeds => {
	const { permissions, capability, is_cut } = readOperation(operation);
	return { permissions, capabilities: capability === null ? [] : [capability], more: is_cut || !names_all };
};
const READ_ONLY = { permissions: ["documents:read", "key:rotate"] };
const replay = (rows: ReplayedRequests[], narrowing = {}, key = KEY) => replayRequests(key, narrowing, rows, needsOf);
const figures = (rows: ReplayedRequests[], narrowing = {}, key = KEY) => {
	const { would_refuse, would_refuse_at_most, exact, overflowed } = replay(rows, narrowing, key);
	return `${would_refuse}-${would_refuse_at_most}${exact ? "" : "?"} ${overflowed}`;
};
function list(...entries: string[]): AllowList {
	const parsed = parseAllowList(entries);
	if (parsed instanceof AllowList) return parsed;
	throw new Error("no list");
}

test("an operation of a question says everything that was asked for, and what was cut is no part of a name", () => {
	deepEqual(readOperation(toOperation(["orders:read", "orders:write"], "m2m_api", "GET")), {
		...{ permissions: ["orders:read", "orders:write"], capability: "m2m_api", is_cut: false },
	});
	deepEqual(readOperation(toOperation([], undefined, "GET")), { permissions: [], capability: null, is_cut: false });
	equal(toOperation(["orders:read"], undefined, "BREW"), "OTHER orders:read", "one permission is counted as before");
	const many = Array.from({ length: 12 }, (_, index) => `orders_of_${index}:read`);
	const { permissions, is_cut } = readOperation(toOperation(many));
	deepEqual([permissions, is_cut], [many.slice(0, permissions.length), true]);
});

test("a permission, a site or a capability that requests needed is exact", () => {
	equal(figures([row(), WRITE], READ_ONLY), "3-3 0");
	equal(figures([row({ site_id: "shop" }), row({ site_id: "depot", requests: 4 }), row()], { site_ids: ["shop"] }), "4-4 0");
	equal(figures([row(), WRITE], { capabilities: ["m2m_api"] }), "13-13 0");
	equal(figures([row({ operation: "ANY verify;documents" })], { capabilities: ["m2m_api"] }), "10-10 0");
	equal(figures([row(), WRITE], {}), "0-0 0");
});

test("addresses inside of a network are a range; networks that are allowed completely, or not at all, are not", () => {
	equal(figures([row()], { allowed_ips: list("203.0.112.0/20") }), "0-0 0");
	equal(figures([row()], { allowed_ips: list("198.51.100.0/24") }), "10-10 0");
	equal(figures([row()], { allowed_ips: list("203.0.113.7") }), "0-10? 0");
	equal(figures([row({ network: "2001:db8:1::/48" })], { allowed_ips: list("2001:db8:1:2::/64") }), "0-10? 0");
	equal(figures([row({ network: "hidden" })], { allowed_ips: list("0.0.0.0/0") }), "0-10? 0");
});

test("what is not recorded is no zero: rows that are counted together, and operations that do not name everything", () => {
	equal(figures([row(), row({ overflowed: true, operation: "", requests: 5 })], READ_ONLY), "0-5? 5");
	equal(figures([row({ overflowed: true, operation: "", requests: 5 })], { permissions: [...KEY.permissions] }), "0-0 0", "nothing is narrower");
	equal(figures([row({ names_all: false })], READ_ONLY), "0-10? 0");
	equal(figures([row({ names_all: false })], { site_ids: ["shop"] }), "0-0 0", "sites are always known");
});

test("what the key as it is would refuse as well is not counted again", () => {
	equal(figures([WRITE, row({ site_id: "shop" })], { site_ids: [] }, { ...KEY, permissions: ["documents:read"] }), "10-10 0");
	equal(figures([row()], { allowed_ips: list("192.0.2.0/24") }, { ...KEY, allowed_ips: list("198.51.100.0/24") as never }), "0-0 0");
});

test("more refusals than a key may have in a minute could have refused others, of this day and of the next one's first minute", () => {
	const next = row({ day: "2026-11-25", requests: 7 });
	const later = row({ day: "2026-11-26", requests: 100 });
	equal(replay([row(), { ...WRITE, requests: 600 }, next, later], READ_ONLY).then_limited_at_most, 0);
	equal(replay([row(), { ...WRITE, requests: 601 }, next, later], READ_ONLY).then_limited_at_most, 17);
	const refused_anyway = row({ code: "permission_missing", requests: 600 });
	equal(replay([row(), WRITE, refused_anyway], READ_ONLY).then_limited_at_most, 10);
});

test("the answer says what would have been refused, from where and on which weekdays", () => {
	const [tuesday, again] = [WRITE, { ...WRITE, day: "2026-11-17", requests: 1 }];
	const { refused, others } = toReplayResponse(replay([row(), tuesday, again], READ_ONLY), { from: new Date(0), to: new Date(1) });
	deepEqual([refused.length, others], [1, 0]);
	const { operation, requests, weekdays, days, last_day, code, certain } = refused[0] ?? {};
	deepEqual(
		[operation, requests, weekdays, days, last_day, code, certain],
		["PUT documents:write", 4, [2], 2, "2026-11-24", "permission_missing", true],
	);
});

test("the suggestion keeps what was needed and the rotation, and says nothing where something is not known", () => {
	const sites = ["shop", "depot"].map((id) => ({ id, name: id, environment: null }));
	const rows = [row({ site_id: "shop" })];
	deepEqual(suggest(KEY, rows, needsOf, sites), { ...READ_ONLY, site_ids: ["shop"], networks: ["203.0.113.0/24"] });
	deepEqual(suggest(KEY, [row({ names_all: false, network: "unknown" })], needsOf, sites), { permissions: null, site_ids: null, networks: null });
	deepEqual(suggest(KEY, [...rows, row({ overflowed: true })], needsOf, sites), { permissions: null, site_ids: null, networks: null });
});
