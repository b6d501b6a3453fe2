import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ERRORS, type ErrorCode } from "../core/error.ts";
import { explainRefusal, type KeyFacts } from "./explanation.ts";
import { CHECK_NAMES, type CheckName } from "./refusal.ts";

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
