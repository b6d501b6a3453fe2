import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Plan, RateLimit } from "../plans/plan.ts";
import { validateRateLimits } from "./rate-limits.ts";

const NO_LIMITS = { sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null };
const burst: RateLimit = { name: "burst", requests: 100, window_seconds: 60, per: "tenant" };
const exports: RateLimit = { name: "exports", requests: 5, window_seconds: 3_600, per: "key", named_only: true };

const planWith = (...rate_limits: RateLimit[]): Plan => ({
	id: "plan",
	name: "Plan",
	capabilities: [],
	rate_limits,
	quota_requests_per_month: null,
	limits: NO_LIMITS,
	max_key_lifetime_days: null,
	key_policy: [],
});
const own = (name: string, requests: number, window_seconds = 60) => ({ name, requests, window_seconds });
const pointers = (...asked: Parameters<typeof validateRateLimits>) => validateRateLimits(...asked).map(({ pointer }) => pointer);

test("a limit that is stricter than the plan's or has another window is valid", () => {
	deepEqual(validateRateLimits([own("slow", 99), own("hourly", 1_000, 3_600), own("second", 10, 1)], planWith(burst, exports)), []);
	deepEqual(validateRateLimits([own("slow", 1)], planWith()), []);
});

test("a name of a plan's limit, and a duplicate name, are errors", () => {
	const plan = planWith(burst, exports);
	deepEqual(pointers([own("burst", 1)], plan), ["/rate_limits/0/name"]);
	deepEqual(pointers([own("slow", 1), own("exports", 1)], plan), ["/rate_limits/1/name"]);
	deepEqual(pointers([own("slow", 10), own("slow", 1)], plan), ["/rate_limits/1/name"]);
});

test("a limit that another with the same window makes useless is an error", () => {
	const [problem] = validateRateLimits([own("slow", 100)], planWith(burst));
	deepEqual(problem, {
		pointer: "/rate_limits/0/requests",
		detail: 'has no effect: the limit "burst" already allows at most 100 in 60 seconds. Choose a smaller number, or leave it out',
	});
	deepEqual(pointers([own("slow", 5), own("slower", 5)], planWith(burst)), ["/rate_limits/1/requests"]);
	deepEqual(pointers([own("slow", 3), own("hour", 180, 3_600)], planWith()), ["/rate_limits/1/requests"]);
	deepEqual(pointers([own("hour", 181, 3_600), own("slow", 3)], planWith()), ["/rate_limits/0/requests"], "whichever comes first");
	deepEqual(pointers([own("slow", 6, 3_600)], planWith(exports)), [], "what counts only some requests bounds no other");
});

test("a limit with another window is compared with what the plan's limit allows in that window", () => {
	const plan = planWith(burst);
	deepEqual(pointers([own("second", 100, 1)], plan), ["/rate_limits/0/requests"], "a minute holds that second");
	deepEqual(validateRateLimits([own("second", 99, 1)], plan), []);
	deepEqual(pointers([own("hour", 6_000, 3_600)], plan), ["/rate_limits/0/requests"], "sixty minutes hold the hour");
	deepEqual(validateRateLimits([own("hour", 5_999, 3_600)], plan), []);
	deepEqual(pointers([own("odd", 200, 61)], plan), ["/rate_limits/0/requests"]);
	deepEqual(validateRateLimits([own("odd", 199, 61)], plan), [], "a little more than a minute can meet two of them");
});

test("limits that the key has already are exempt when the plan changes; a changed one is validated", () => {
	const held = [own("burst", 500), own("slow", 200)];
	deepEqual(validateRateLimits(held, planWith(burst), held), []);
	deepEqual(pointers([own("burst", 501), own("slow", 199)], planWith(burst), held), ["/rate_limits/0/name", "/rate_limits/1/requests"]);
});
