import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../plans/plan.ts";
import { resolveExpiry, resolveRotationPeriod, rotationDueAt } from "./lifetime.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 86_400_000;
const limits = { sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null };
const makePlan = (max_key_lifetime_days: number | null): Plan => ({
	id: "p",
	name: "P",
	capabilities: [],
	rate_limits: [],
	quota_requests_per_month: null,
	limits,
	max_key_lifetime_days,
	key_policy: [],
});

test("without a maximum lifetime a key needs no expiry date", () => {
	assert.deepEqual(resolveExpiry(undefined, makePlan(null), NOW), { expires_at: null, expiry_from: "plan" });
	assert.deepEqual(resolveExpiry(null, makePlan(null), NOW), { expires_at: null, expiry_from: "person" });
});

test("the plan's maximum lifetime is the default expiry", () => {
	assert.deepEqual(resolveExpiry(undefined, makePlan(30), NOW), { expires_at: new Date(NOW + 30 * DAY_MS), expiry_from: "plan" });
});

test("the end of the plan's maximum lifetime is allowed; a later date or none is not", () => {
	const latest = new Date(NOW + 30 * DAY_MS).toISOString();
	assert.deepEqual(resolveExpiry(latest, makePlan(30), NOW), { expires_at: new Date(latest), expiry_from: "person" });
	for (const wanted of [new Date(NOW + 30 * DAY_MS + 1).toISOString(), null]) {
		const found = resolveExpiry(wanted, makePlan(30), NOW);
		assert("pointer" in found && found.pointer === "/expires_at" && found.detail.includes(latest), JSON.stringify(found));
	}
});

test("an expiry date must be valid and in the future", () => {
	for (const wanted of [new Date(NOW).toISOString(), "1990-12-31T23:59:60Z", "0000-01-01T00:00:00Z"])
		assert("pointer" in resolveExpiry(wanted, makePlan(null), NOW), wanted);
	assert.deepEqual(resolveExpiry("2030-01-31T12:00:00+02:00", makePlan(null), NOW), {
		expires_at: new Date("2030-01-31T10:00:00Z"),
		expiry_from: "person",
	});
});

test("production keys have a rotation period of 90 days by default", () => {
	assert.equal(resolveRotationPeriod(undefined, "prod"), 90);
	assert.equal(resolveRotationPeriod(undefined, "staging"), null);
	assert.equal(resolveRotationPeriod(null, "prod"), null);
	assert.equal(resolveRotationPeriod(7, "dev"), 7);
	assert.deepEqual(rotationDueAt(new Date(NOW), 90), new Date(NOW + 90 * DAY_MS));
	assert.equal(rotationDueAt(new Date(NOW), null), null);
});
