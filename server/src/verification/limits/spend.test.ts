import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testLog } from "../../../testing/database.ts";
import { ManualClock } from "../../core/clock.ts";
import { connectDatabase } from "../../database/database.ts";
import type { KeyRateLimit } from "../../keys/rate-limits.ts";
import type { RateLimit } from "../../plans/plan.ts";
import type { Grant } from "../grants/grant.ts";
import { getRateLimitHeader } from "./headers.ts";
import { LEASE_NEEDED, Ledger } from "./ledger.ts";
import { limitPolicy, policyHeader } from "./policy.ts";
import { spend } from "./spend.ts";
import { SlidingWindow } from "./window.ts";

const MINUTE = 60_000;

/** Guarantee: spending reads only the policy, the windows and the allowances of a grant. */
function grantWith(limits: readonly RateLimit[], own: readonly KeyRateLimit[] = []): Grant {
	const tenant = { id: "tenant", allowances: [] };
	const policy = limitPolicy(limits, own);
	return {
		tenant,
		policy,
		allowances: tenant.allowances,
		windows: policy.limits.map((limit) => new SlidingWindow(limit.window_seconds)),
	} as unknown as Grant;
}

const limit = (name: string, requests: number, window_seconds = 60): RateLimit => ({ name, requests, window_seconds, per: "key" });

/** Spending without a quota does no I/O, so there is no database. */
const clock = new ManualClock();
const ledger = new Ledger({ clock, log: testLog, database: connectDatabase({ url: "postgresql://nobody@127.0.0.1:1/nowhere", log: testLog }) });

function spendAt(grant: Grant, cost: number, at_ms: number, named: Readonly<Record<string, number>> | null = null) {
	const at = { now: at_ms, monotonic: at_ms };
	const price = { cost, limits: named === null ? null : new Map(Object.entries(named)), budgets: null };
	const spent = spend(grant, price, at, ledger);
	if (spent === LEASE_NEEDED) throw new Error("a grant without a quota needs a block of it");
	return spent;
}

const used = (grant: Grant, at_ms: number) => grant.windows.map((window) => window.used(at_ms));

test("what is there is taken from every limit", () => {
	const grant = grantWith([limit("second", 10, 1), limit("minute", 100)]);
	equal(spendAt(grant, 3, MINUTE), null);
	deepEqual(used(grant, MINUTE), [3, 3]);
});

test("when one limit is reached nothing is taken from any, and that limit is named with the wait", () => {
	const grant = grantWith([limit("second", 5, 1), limit("minute", 7), limit("hour", 100, 3_600)]);
	equal(spendAt(grant, 5, MINUTE), null);
	const later = MINUTE + 2_000;
	const denial = spendAt(grant, 5, later);
	deepEqual([denial?.code, denial?.metadata?.members], ["rate_limited", { limit: "minute" }]);
	deepEqual(used(grant, later), [0, 5, 5]);
	const wait_ms = (denial?.metadata?.retry_after_seconds ?? 0) * 1_000;
	equal(spendAt(grant, 5, later + wait_ms - 1)?.code, "rate_limited");
	equal(spendAt(grant, 5, later + wait_ms), null);
});

test("of several limits that are reached the first of the plan is named", () => {
	const grant = grantWith([limit("first", 1), limit("second", 1)]);
	spendAt(grant, 1, MINUTE);
	deepEqual(spendAt(grant, 1, MINUTE)?.metadata?.members, { limit: "first" });
});

test("of several exhausted limits the one with the longest wait is named, so that a caller who waits is allowed", () => {
	const grant = grantWith([limit("second", 1, 1), limit("hour", 1, 3_600), limit("minute", 1)]);
	spendAt(grant, 1, MINUTE);
	const denial = spendAt(grant, 1, MINUTE);
	deepEqual(denial?.metadata?.members, { limit: "hour" });
	equal(spendAt(grant, 1, MINUTE + (denial?.metadata?.retry_after_seconds ?? 0) * 1_000), null);
	deepEqual(spendAt(grantWith([limit("wide", 5), limit("narrow", 2)]), 3, MINUTE)?.metadata?.members, { limit: "narrow" });
	const reached = grantWith([limit("wide", 5, 3_600), limit("narrow", 2, 1)]);
	spendAt(reached, 2, MINUTE);
	spendAt(reached, 2, MINUTE + 2_000);
	ok(spendAt(reached, 3, MINUTE + 2_000)?.detail.includes("never"), "what can never pass is said before what could");
});

test("a cost above the limit is reported as impossible, with a finite wait", () => {
	const grant = grantWith([limit("burst", 10)]);
	const denial = spendAt(grant, 11, MINUTE);
	equal(denial?.code, "rate_limited");
	equal(denial?.metadata?.retry_after_seconds, 60);
	ok(denial?.detail.includes("never"));
});

test("without limits and quota everything passes", () => {
	equal(spendAt(grantWith([]), 1_000_000, MINUTE), null);
});

test("whatever is asked for, no limit is ever exceeded in any interval, and refusals take nothing", () => {
	const limits = fc.array(fc.record({ requests: fc.integer({ min: 1, max: 8 }), window_seconds: fc.constantFrom(1, 5, 60) }), {
		minLength: 1,
		maxLength: 3,
	});
	const asks = fc.array(fc.record({ pause_ms: fc.integer({ min: 0, max: 900 }), cost: fc.integer({ min: 1, max: 4 }) }), { maxLength: 80 });
	fc.assert(
		fc.property(limits, asks, (rows, sequence) => {
			const plan = rows.map((row, index) => limit(`limit-${index}`, row.requests, row.window_seconds));
			const grant = grantWith(plan);
			const taken: { at: number; cost: number }[] = [];
			let at = MINUTE;
			for (const { pause_ms, cost } of sequence) {
				at += pause_ms;
				const before = used(grant, at);
				if (spendAt(grant, cost, at) === null) taken.push({ at, cost });
				else deepEqual(used(grant, at), before);
			}
			for (const { requests, window_seconds } of plan) {
				for (const { at: from } of taken) {
					const sum = taken
						.filter((take) => take.at >= from && take.at < from + window_seconds * 1_000)
						.reduce((total, take) => total + take.cost, 0);
					ok(sum <= requests, `${sum} of ${requests} within ${window_seconds} s`);
				}
			}
		}),
	);
});

test("the header names every limit with what is left and when something comes back, and asking spends nothing", () => {
	const grant = grantWith([limit("burst", 10), limit("day", 100, 3_600)]);
	const at = { now: MINUTE, monotonic: MINUTE };
	equal(getRateLimitHeader(grant, at, null, ledger), '"burst";r=10;t=0, "day";r=100;t=0');
	spendAt(grant, 4, MINUTE);
	const header = getRateLimitHeader(grant, at, null, ledger);
	const found = /^"burst";r=6;t=(\d+), "day";r=96;t=(\d+)$/.exec(header);
	ok(found, header);
	ok(Number(found[1]) >= 60 && Number(found[1]) <= 66 && Number(found[2]) >= 3_600 && Number(found[2]) <= 3_960);
	equal(getRateLimitHeader(grant, at, null, ledger), header);
});

const named_only = (name: string, requests: number, window_seconds = 60): RateLimit => ({
	...limit(name, requests, window_seconds),
	named_only: true,
});

test("a limit that counts only what names it is left alone by every other request", () => {
	const grant = grantWith([named_only("exports", 1), limit("burst", 10)]);
	for (let time = 0; time < 5; time += 1) equal(spendAt(grant, 1, MINUTE), null);
	// The limits that every request spends come first.
	deepEqual(used(grant, MINUTE), [5, 0]);
	equal(spendAt(grant, 1, MINUTE, { exports: 1 }), null);
	deepEqual(used(grant, MINUTE), [6, 1]);
	deepEqual(spendAt(grant, 1, MINUTE, { exports: 1 })?.metadata?.members, { limit: "exports" });
	deepEqual(used(grant, MINUTE), [6, 1]);
	equal(spendAt(grant, 1, MINUTE), null);
});

test("a name gives an ordinary limit another cost, and a name that is no limit of the plan changes nothing", () => {
	const grant = grantWith([limit("burst", 10), limit("weight", 100), named_only("exports", 5)]);
	equal(spendAt(grant, 2, MINUTE, { weight: 40, nothing: 7 }), null);
	deepEqual(used(grant, MINUTE), [2, 40, 0]);
	const denial = spendAt(grant, 2, MINUTE, { weight: 101 });
	equal(denial?.detail, 'This request costs 101 and the limit "weight" allows 100 in 60 seconds: it can never pass.');
	deepEqual(used(grant, MINUTE), [2, 40, 0]);
});

test("limits of the key's own count every request at its cost, and cannot be named", () => {
	const grant = grantWith([limit("burst", 10), named_only("exports", 5)], [{ name: "slow", requests: 4, window_seconds: 60 }]);
	equal(spendAt(grant, 2, MINUTE, { slow: 1, exports: 1 }), null);
	deepEqual(used(grant, MINUTE), [2, 2, 1]);
	const denial = spendAt(grant, 3, MINUTE, { slow: 1, exports: 1 });
	deepEqual(denial?.metadata?.members, { limit: "slow" });
	ok(denial?.detail.includes("for this key"));
	deepEqual(used(grant, MINUTE), [2, 2, 1]);
});

test("headers name what the request spends: a limit that only counts what names it is there when it was named", () => {
	const grant = grantWith(
		[limit("burst", 10), named_only("exports", 5, 3_600), named_only("mails", 3)],
		[{ name: "slow", requests: 4, window_seconds: 30 }],
	);
	const at = { now: MINUTE, monotonic: MINUTE };
	equal(policyHeader(grant.policy, null), '"burst";q=10;w=60, "slow";q=4;w=30');
	equal(getRateLimitHeader(grant, at, null, ledger), '"burst";r=10;t=0, "slow";r=4;t=0');
	const named = new Map([["exports", 1]]);
	equal(policyHeader(grant.policy, named), '"burst";q=10;w=60, "slow";q=4;w=30, "exports";q=5;w=3600');
	equal(getRateLimitHeader(grant, at, named, ledger), '"burst";r=10;t=0, "slow";r=4;t=0, "exports";r=5;t=0');
	const alone = grantWith([named_only("exports", 5)]);
	equal(policyHeader(alone.policy, null), null);
	equal(policyHeader(alone.policy, new Map([["mails", 1]])), null);
	equal(policyHeader(alone.policy, named), '"exports";q=5;w=60');
});

test("whatever costs are named, each limit has counted exactly what was let through, never more than it allows, and refusals take nothing", () => {
	const NAMES = ["one", "two", "three"];
	const plans = fc.tuple(
		...NAMES.map((name) => fc.record({ name: fc.constant(name), requests: fc.integer({ min: 1, max: 30 }), named_only: fc.boolean() })),
	);
	const asks = fc.array(
		fc.record({
			cost: fc.integer({ min: 1, max: 5 }),
			named: fc.option(fc.dictionary(fc.constantFrom(...NAMES, "none"), fc.integer({ min: 1, max: 9 }))),
		}),
		{ maxLength: 60 },
	);
	fc.assert(
		fc.property(plans, fc.option(fc.integer({ min: 1, max: 30 })), asks, (rows, own, sequence) => {
			const plan = rows.map((row) => ({ ...row, window_seconds: 60, per: "key" as const }));
			const grant = grantWith(plan, own === null ? [] : [{ name: "own", requests: own, window_seconds: 60 }]);
			const expected = new Map(grant.policy.limits.map(({ name }) => [name, 0]));
			for (const { cost, named } of sequence) {
				const before = used(grant, MINUTE);
				if (spendAt(grant, cost, MINUTE, named) !== null) {
					deepEqual(used(grant, MINUTE), before);
					continue;
				}
				for (const { name, named_only: only, own: is_own } of grant.policy.limits) {
					const spent = is_own ? cost : (named?.[name] ?? (only ? 0 : cost));
					expected.set(name, (expected.get(name) ?? 0) + spent);
				}
			}
			for (const [index, { name, requests }] of grant.policy.limits.entries()) {
				equal(grant.windows[index]?.used(MINUTE), expected.get(name));
				ok((expected.get(name) ?? 0) <= requests);
			}
		}),
	);
});
