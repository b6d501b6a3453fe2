import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { TSchema } from "typebox";
import { compileValidator } from "../http/input/validation.ts";
import { PlanInput, TenantLimitsSchema } from "./schema.ts";

const LIMIT = { name: "burst", requests: 100, window_seconds: 60, per: "key" };

function accepts(schema: TSchema, value: unknown): boolean {
	return compileValidator({ schema, httpPart: "body", method: "PUT", url: "/" })(value) === true;
}

function plan(over: Record<string, unknown>): Record<string, unknown> {
	return { name: "Team", capabilities: ["m2m_api"], ...over };
}

test("a plan needs a name and capabilities; the other fields are bounded", () => {
	const right = [
		{},
		{ id: "team" },
		{ rate_limits: [LIMIT, { ...LIMIT, name: "long", window_seconds: 3600, requests: 1_000_000_000, per: "tenant" }] },
		{ limits: { sites: 0, storage_bytes: null }, quota_requests_per_month: 0, max_key_lifetime_days: 3650 },
	];
	for (const over of right) equal(accepts(PlanInput, plan(over)), true, JSON.stringify(over));
	const wrong = [
		{ name: undefined },
		{ name: " " },
		{ name: 5 },
		{ capabilities: undefined },
		{ capabilities: ["M2M"] },
		{ capabilities: ["a", "a"] },
		{ capabilities: Array.from({ length: 65 }, (_, index) => `c${index}`) },
		{ id: "a b" },
		{ rate_limits: [{ ...LIMIT, window_seconds: 3601 }] },
		{ rate_limits: [{ ...LIMIT, window_seconds: 0 }] },
		{ rate_limits: [{ ...LIMIT, requests: 0 }] },
		{ rate_limits: [{ ...LIMIT, requests: 1_000_000_001 }] },
		{ rate_limits: [{ ...LIMIT, requests: 1.5 }] },
		{ rate_limits: [{ ...LIMIT, requests: "5" }] },
		{ rate_limits: [{ ...LIMIT, per: "site" }] },
		{ rate_limits: [{ ...LIMIT, name: "Burst" }] },
		{ rate_limits: [{ ...LIMIT, extra: 1 }] },
		{ rate_limits: Array.from({ length: 9 }, (_, index) => ({ ...LIMIT, name: `n${index}` })) },
		{ limits: { sites: -1 } },
		{ limits: { bots: 1 } },
		{ quota_requests_per_month: -1 },
		{ max_key_lifetime_days: 0 },
		{ unknown: true },
	];
	for (const over of wrong) equal(accepts(PlanInput, plan(over)), false, JSON.stringify(over));
});

test("a tenant's limits may contain any of a plan's limits", () => {
	for (const limits of [{}, { sites: 3 }, { sites: null, rate_limits: [], quota_requests_per_month: null }])
		equal(accepts(TenantLimitsSchema, limits), true);
	for (const limits of [{ sites: "3" }, { capabilities: [] }, { rate_limits: null }]) equal(accepts(TenantLimitsSchema, limits), false);
});
