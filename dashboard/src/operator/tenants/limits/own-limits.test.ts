import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { choiceFrom, formatOwnLimits, LIMITS, type LimitChoice, type LimitField, limitsFrom } from "./own-limits.ts";

const PLAN: LimitChoice = { kind: "plan", amount: "" };

function choices(changed: Partial<Record<LimitField, LimitChoice>> = {}): Record<LimitField, LimitChoice> {
	return { quota_requests_per_month: PLAN, api_keys: PLAN, sites: PLAN, documents: PLAN, storage_bytes: PLAN, document_bytes: PLAN, ...changed };
}

test("limits of a tenant's own are stored in their units, and rate limits of its own stay", () => {
	equal(limitsFrom(choices(), null), null);
	const rate_limits = [{ name: "burst", requests: 5, window_seconds: 1, per: "key" as const }];
	deepEqual(limitsFrom(choices({ api_keys: { kind: "own", amount: 7 }, sites: { kind: "none", amount: "" } }), { rate_limits }), {
		api_keys: 7,
		sites: null,
		rate_limits,
	});
	deepEqual(limitsFrom(choices({ storage_bytes: { kind: "own", amount: 1.5 } }), null), { storage_bytes: 1_572_864 });
});

test("stored limits are shown as they were chosen", () => {
	const limits = { api_keys: 7, sites: null, storage_bytes: 1_572_864 };
	const shown = Object.fromEntries(LIMITS.map(({ field, size }) => [field, choiceFrom(limits, field, size)]));
	deepEqual(shown.api_keys, { kind: "own", amount: 7 });
	deepEqual(shown.sites, { kind: "none", amount: "" });
	deepEqual(shown.storage_bytes, { kind: "own", amount: 1.5 });
	deepEqual(shown.documents, PLAN);
	equal(formatOwnLimits(limits), "keys 7, sites without limit, storage 1.5 MiB");
	equal(formatOwnLimits(null), "none, those of the plan");
});
