import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ERRORS, type ErrorCode } from "../core/error.ts";
import { explainRefusal, type KeyFacts } from "./explanation.ts";
import { CHECK_NAMES, type CheckName, type Facts } from "./refusal.ts";

/** Which codes each check denies with. */
const CODES: Readonly<Record<CheckName, ErrorCode>> = {
	available: "unavailable",
	key_present: "key_missing",
	key_shape: "key_invalid",
	key_known: "key_invalid",
	address_failures: "too_many_auth_failures",
	not_revoked: "key_revoked",
	not_replaced: "key_rotated",
	not_expired: "key_expired",
	not_paused: "key_paused",
	tenant_active: "tenant_suspended",
	address_allowed: "ip_not_allowed",
	client_allowed: "client_not_allowed",
	refusals_budget: "too_many_refusals",
	tenant_matches: "not_found",
	site_visible: "not_found",
	environment_matches: "environment_mismatch",
	capability_included: "capability_not_in_plan",
	permission_held: "permission_missing",
	rate_limit: "rate_limited",
	quota: "quota_exceeded",
	budget: "quota_exceeded",
};

const KEY: KeyFacts = {
	name: "order-bot",
	environment: "prod",
	revoked_at: new Date(0),
	revoke_reason: "other",
	paused_at: new Date(0),
	replaced_at: new Date(0),
	last4: "a1B2",
};

test("every check and every code of a denial has an explanation and a cure, with and without what is known of the key", () => {
	for (const check of CHECK_NAMES) {
		const code = CODES[check];
		ok(code in ERRORS);
		for (const key of [KEY, null]) {
			const { summary, cure, cause } = explainRefusal({ code, check, facts: {}, proven: key !== null }, key);
			for (const sentence of [summary, cure]) ok(/^[A-Z].*\.$/.test(sentence) && !/undefined|null/.test(sentence), `${check}: ${sentence}`);
			ok(cause.some(({ fact }) => fact === "proven"));
		}
	}
	const keyed = ["key_expired", "key_revoked", "key_rotated", "key_paused", "tenant_suspended", "client_not_allowed", "quota_exceeded"];
	equal(keyed.filter((code) => !Object.values<string>(CODES).includes(code)).length, 0);
});

test("a mistake that has no text of its own is explained as a wrong form", () => {
	const { summary } = explainRefusal({ code: "key_invalid", check: "key_shape", facts: { mistake: "several_keys" }, proven: false }, null);
	ok(summary.includes("form of a key"));
});

test("a key that was cut off is explained with how much of it was sent, and a budget as used up or by what the request costs", () => {
	const explain = (check: CheckName, facts: Facts) => explainRefusal({ code: CODES[check], check, facts, proven: true }, KEY).summary;
	ok(explain("key_shape", { mistake: "truncated", characters: 56, characters_expected: 58 }).includes("56 of 58 characters"));
	const budget = { budget: "credits", unit: "credits", amount: 60, refills_at: null };
	equal(explain("budget", { ...budget, cost: 1 }), 'The key "order-bot" has used up its budget "credits" of 60 credits.');
	equal(explain("budget", { ...budget, cost: 25 }), 'The request costs 25; the key "order-bot" had less left of its budget "credits" of 60 credits.');
});

test("a revoked key is explained with its reason, and a site that a key may not access with those that it may", () => {
	const explain = (check: CheckName, facts: Facts, key = KEY) => explainRefusal({ code: CODES[check], check, facts, proven: true }, key).summary;
	equal(explain("not_revoked", {}), 'The key "order-bot" was revoked at 1970-01-01T00:00:00.000Z.');
	const exposed = { ...KEY, revoke_reason: "suspected_exposure" };
	equal(explain("not_revoked", {}, exposed), 'The key "order-bot" was revoked at 1970-01-01T00:00:00.000Z: it may have been exposed.');
	const named = 'The request named a site that the key "order-bot" may not access. It may access ';
	equal(explain("site_visible", { key_site_ids: ["shop"] }), `${named}shop.`);
	equal(explain("site_visible", { key_site_ids: ["a", "b", "c", "d", "e"] }), `${named}a, b, c and 2 more.`);
	equal(explain("site_visible", { key_site_ids: [] }), `${named}none.`);
});
