import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../plans/plan.ts";
import type { ExpiryFrom } from "../key.ts";
import { expiryAfterRotation } from "./lifetime.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);

function makePlan(max_key_lifetime_days: number | null): Plan {
	const limits = { sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null };
	return {
		id: "plan",
		name: "Plan",
		capabilities: [],
		rate_limits: [],
		quota_requests_per_month: null,
		limits,
		max_key_lifetime_days,
		key_policy: [],
	};
}

function getEnd(
	expires_in_days: number | null,
	expiry_from: ExpiryFrom,
	question: { days_ago: number; max_days: number | null; by_person: boolean; wanted?: string | null },
) {
	const key = { expires_at: expires_in_days === null ? null : new Date(NOW + expires_in_days * DAY_MS), expiry_from };
	const { days_ago, max_days, by_person, wanted } = question;
	return expiryAfterRotation(key, { wanted, by_person, dated_at: new Date(NOW - days_ago * DAY_MS), plan: makePlan(max_days), now: NOW });
}

function after(expires_in_days: number | null, dated_days_ago: number, max_days: number | null, wanted?: string | null) {
	const question = { days_ago: dated_days_ago, max_days, by_person: true, ...(wanted === undefined ? {} : { wanted }) };
	const outcome = getEnd(expires_in_days, "person", question);
	if ("pointer" in outcome) return outcome.pointer;
	return outcome.expires_at && (outcome.expires_at.getTime() - NOW) / DAY_MS;
}

test("a rotation renews a lifetime of ninety days, regardless of the days left", () => {
	deepEqual([after(1, 89, null), after(89, 1, null)], [90, 90]);
});

test("the plan's maximum lifetime applies, also to a key with a longer lifetime or none", () => {
	deepEqual([after(300, 65, 90), after(null, 10, 90), after(null, 10, null)], [90, 90, null]);
});

test("a requested date is validated against the plan, as at creation", () => {
	const in_ten = new Date(NOW + 10 * DAY_MS).toISOString();
	deepEqual(
		[after(1, 89, 90, in_ten), after(1, 89, 9, in_ten), after(1, 89, null, null), after(1, 89, 90, null)],
		[10, "/expires_at", null, "/expires_at"],
	);
});

test("a rotation that no person began renews a date that the plan set, but never moves one that a person set", () => {
	const ends = ([1, 89, 400, null] as const).flatMap((days) =>
		(["person", "plan"] as const).map((expiry_from) => {
			const outcome = getEnd(days, expiry_from, { days_ago: 1, max_days: 90, by_person: false });
			return "pointer" in outcome
				? outcome
				: [days, expiry_from, outcome.expires_at && (outcome.expires_at.getTime() - NOW) / DAY_MS, outcome.expiry_from];
		}),
	);
	deepEqual(ends, [
		[1, "person", 1, "person"],
		[1, "plan", 2, "plan"],
		[89, "person", 89, "person"],
		[89, "plan", 90, "plan"],
		[400, "person", 400, "person"],
		[400, "plan", 90, "plan"],
		[null, "person", 90, "plan"],
		[null, "plan", 90, "plan"],
	]);
	for (const expiry_from of ["person", "plan"] as const) {
		deepEqual(getEnd(null, expiry_from, { days_ago: 1, max_days: null, by_person: false }), { expires_at: null, expiry_from });
	}
});
