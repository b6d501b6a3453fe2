import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../core/clock.ts";
import { Lease } from "./lease.ts";

/** A clock whose two readings a test advances separately. */
class TwoHands implements Clock {
	wall = Date.UTC(2026, 0, 15);
	steady = 50_000;

	now(): number {
		return this.wall;
	}

	monotonic(): number {
		return this.steady;
	}

	instant(): { now: number; monotonic: number } {
		return { now: this.wall, monotonic: this.steady };
	}
}

test("there is no lease before the first renewal", () => {
	equal(new Lease(new TwoHands()).holds(), false);
});

test("a lease runs from the instant before the renewal was sent, not from when it was answered", () => {
	const clock = new TwoHands();
	const lease = new Lease(clock);
	const sent = clock.instant();
	clock.steady += 3_000;
	clock.wall += 3_000;
	lease.grant(sent, 5);
	clock.steady += 1_999;
	clock.wall += 1_999;
	equal(lease.holds(), true);
	clock.steady += 1;
	clock.wall += 1;
	equal(lease.holds(), false);
});

test("a lease ends by the monotonic clock, independently of the system time", () => {
	const clock = new TwoHands();
	const lease = new Lease(clock);
	lease.grant(clock.instant(), 5);
	clock.wall -= 3_600_000;
	clock.steady += 4_999;
	equal(lease.holds(), true);
	clock.steady += 1;
	equal(lease.holds(), false);
});

test("a lease also ends by the system time: the monotonic clock may stop while a machine sleeps", () => {
	const clock = new TwoHands();
	const lease = new Lease(clock);
	lease.grant(clock.instant(), 5);
	clock.wall += 4_999;
	equal(lease.holds(), true);
	clock.wall += 1;
	equal(lease.holds(), false);
});

test("an instant that was read before gives the same result as the clock", () => {
	const clock = new TwoHands();
	const lease = new Lease(clock);
	lease.grant(clock.instant(), 5);
	equal(lease.holdsAt({ now: clock.wall + 4_999, monotonic: clock.steady + 4_999 }), true);
	equal(lease.holdsAt({ now: clock.wall + 5_000, monotonic: clock.steady }), false);
	equal(lease.holdsAt({ now: clock.wall, monotonic: clock.steady + 5_000 }), false);
});

test("an ended lease does not hold, and a later renewal grants another", () => {
	const clock = new TwoHands();
	const lease = new Lease(clock);
	lease.grant(clock.instant(), 5);
	lease.end();
	equal(lease.holds(), false);
	lease.grant(clock.instant(), 5);
	equal(lease.holds(), true);
});

test("a renewal that was sent longer ago than it lasts grants nothing", () => {
	const clock = new TwoHands();
	const lease = new Lease(clock);
	const sent = clock.instant();
	clock.steady += 6_000;
	clock.wall += 6_000;
	lease.grant(sent, 5);
	equal(lease.holds(), false);
});
