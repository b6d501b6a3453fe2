import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "../core/clock.ts";
import { connectDatabase } from "../database/database.ts";
import { testLog } from "../database/testing.ts";
import type { RateLimit } from "../plans/plan.ts";
import type { Grant } from "./grant.ts";
import { QuotaLedger } from "./quota.ts";
import { rateLimitHeader, spend } from "./spend.ts";
import { SlidingWindow } from "./window.ts";

const MINUTE = 60_000;

/** Guarantee: spending looks at nothing of a grant but its tenant's limits and its windows. */
function grantWith(limits: readonly RateLimit[]): Grant {
	const tenant = { id: "tenant", limits, quota_requests_per_month: null };
	return { tenant, windows: limits.map((limit) => new SlidingWindow(limit.window_seconds)) } as unknown as Grant;
}

const limit = (name: string, requests: number, window_seconds = 60): RateLimit => ({ name, requests, window_seconds, per: "key" });

/** Without a quota nobody asks the database, so there is none. */
const clock = new ManualClock();
const quotas = new QuotaLedger({ clock, log: testLog, database: connectDatabase({ url: "postgresql://nobody@127.0.0.1:1/nowhere", log: testLog }) });

function spendAt(grant: Grant, cost: number, at_ms: number) {
	const at = { now: at_ms, monotonic: at_ms };
	const spent = spend(grant, cost, at, quotas, () => at);
	ok(!(spent instanceof Promise), "without a quota nothing is waited for");
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
	deepEqual([denial?.code, denial?.facts?.members], ["rate_limited", { limit: "minute" }]);
	deepEqual(used(grant, later), [0, 5, 5]);
	const wait_ms = (denial?.facts?.retry_after_seconds ?? 0) * 1_000;
	equal(spendAt(grant, 5, later + wait_ms - 1)?.code, "rate_limited");
	equal(spendAt(grant, 5, later + wait_ms), null);
});

test("of several limits that are reached the first of the plan is named", () => {
	const grant = grantWith([limit("first", 1), limit("second", 1)]);
	spendAt(grant, 1, MINUTE);
	deepEqual(spendAt(grant, 1, MINUTE)?.facts?.members, { limit: "first" });
});

test("a cost that no window can ever hold is told so, with a wait that is a number", () => {
	const grant = grantWith([limit("burst", 10)]);
	const denial = spendAt(grant, 11, MINUTE);
	equal(denial?.code, "rate_limited");
	equal(denial?.facts?.retry_after_seconds, 60);
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
	equal(rateLimitHeader(grant, at), '"burst";r=10;t=0, "day";r=100;t=0');
	spendAt(grant, 4, MINUTE);
	const header = rateLimitHeader(grant, at);
	const found = /^"burst";r=6;t=(\d+), "day";r=96;t=(\d+)$/.exec(header);
	ok(found, header);
	ok(Number(found[1]) >= 60 && Number(found[1]) <= 66 && Number(found[2]) >= 3_600 && Number(found[2]) <= 3_960);
	equal(rateLimitHeader(grant, at), header);
});
