import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatBreaks, formatPlanReplay, getDifferences } from "./changes.ts";
import type { Plan } from "./queries.ts";
import { inputFrom, NEW_PLAN, NEW_RATE, toContent, validatePlan, valuesFrom } from "./values.ts";

const TEAM: Plan = {
	id: "team",
	name: "Team",
	capabilities: ["m2m_api", "documents"],
	rate_limits: [{ name: "burst", requests: 100, window_seconds: 60, per: "key" }],
	quota_requests_per_month: 2_000_000,
	limits: { sites: 50, api_keys: 1_000, documents: null, storage_bytes: 104_857_600, document_bytes: 1_572_864 },
	max_key_lifetime_days: 365,
	key_policy: ["expiry"],
};

test("a plan that is edited without a change is sent as it is", () => {
	const { id: _id, ...content } = TEAM;
	deepEqual(inputFrom(valuesFrom(TEAM)), content);
	deepEqual(getDifferences(TEAM, toContent(inputFrom(valuesFrom(TEAM)))), []);
});

test("the differences of two plans say what becomes less", () => {
	const smaller = {
		...TEAM,
		capabilities: ["m2m_api", "exports"],
		limits: { ...TEAM.limits, api_keys: 10, documents: 5 },
		max_key_lifetime_days: null,
		key_policy: ["expiry" as const, "owner_is_member" as const],
	};
	deepEqual(getDifferences(TEAM, smaller), [
		{ what: "Documents", before: "included", after: "not included", lowers: true },
		{ what: "Exports", before: "not included", after: "included", lowers: false },
		{ what: "Keys", before: "1,000", after: "10", lowers: true },
		{ what: "Documents stored", before: "without limit", after: "5", lowers: true },
		{ what: "Keys live at most", before: "365 days", after: "as long as one likes", lowers: false },
		{ what: "Production keys must have", before: "an end", after: "an end, a member as responsible person", lowers: true },
	]);
});

test("what breaks is said with numbers, and nothing is said when nothing does", () => {
	const none = { api_keys: 0, sites: 0, documents: 0, storage_bytes: 0, requests: 0 };
	const impact = {
		tenants: 3,
		keys: 40,
		lost_capabilities: [],
		lost_permissions: [],
		losing: { keys: 0, tenants: 0, most: [] },
		over: none,
		replay: null,
	};
	deepEqual(formatBreaks(impact), []);
	const lost_permissions = [{ permission: "documents:read", capability: "documents", keys: 12 }];
	deepEqual(formatBreaks({ ...impact, lost_permissions, losing: { keys: 12, tenants: 2, most: [] }, over: { ...none, api_keys: 1, requests: 2 } }), [
		"12 keys of 2 tenants lose permissions: documents:read (12). Such requests are refused with 403.",
		"1 tenant is above the new limit of keys: what exists keeps working, nothing new is made.",
		"2 tenants are above the new limit of requests this month: further requests are refused until the month ends.",
	]);
	const replayed = (most: number, fields = {}) =>
		formatPlanReplay({
			lost_capabilities: ["documents"],
			replay: { requests: 41_208, would_refuse: most, would_refuse_at_most: most, exact: true, unknown: false, keys: 2, ...fields },
		});
	equal(formatPlanReplay(impact), null);
	equal(
		formatPlanReplay({ lost_capabilities: ["documents"], replay: null }),
		"With so many keys, what they did in the last 30 days is not compared.",
	);
	equal(replayed(0, { requests: 0 }), "No request of the last 30 days is counted; those of the last two minutes may be missing.");
	equal(replayed(0), "Of 41,208 requests in the last 30 days, none would have been refused.");
	equal(replayed(3, { keys: 1 }), "Of 41,208 requests in the last 30 days, 3 of 1 key would have been refused.");
	equal(replayed(9, { would_refuse: 0, exact: false }), "Of 41,208 requests in the last 30 days, up to 9 of 2 keys would have been refused.");
	equal(
		replayed(9, { would_refuse: 3, exact: false, unknown: true }),
		"Of 41,208 requests in the last 30 days, 3 to 9 of 2 keys would have been refused: some keys made too many kinds of requests to know each of them.",
	);
});

test("faults are found before anything is sent", () => {
	deepEqual(validatePlan(NEW_PLAN, true), { name: "Write a name.", id: "Write an id, such as team." });
	const rate_limits = [
		{ ...NEW_RATE, name: "burst" },
		{ ...NEW_RATE, name: "burst", requests: "" as const },
		{ ...NEW_RATE, name: "Big", window_seconds: 4_000 },
	];
	deepEqual(validatePlan({ ...NEW_PLAN, name: "Team", rate_limits }, false), {
		"rate_limits.1.name": "This name is taken.",
		"rate_limits.1.requests": "At least 1.",
		"rate_limits.2.name": "Lower case letters, digits, _ or -.",
		"rate_limits.2.window_seconds": "1 to 3,600.",
	});
});
