import { equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SLOTS_PER_WINDOW, SlidingWindow } from "./window.ts";

const START = Date.UTC(2026, 0, 15, 12, 0, 0);

interface Taken {
	at: number;
	cost: number;
}

interface Step {
	/** As a fraction of the window. */
	pause: number;
	cost: number;
}

const lengths = fc.constantFrom(1, 2, 7, 60, 3600);
const steps = (pause: { min: number; max: number }) =>
	fc.array(fc.record({ pause: fc.oneof(fc.constant(0), fc.double({ ...pause, noNaN: true })), cost: fc.integer({ min: 1, max: 4 }) }), {
		maxLength: 120,
		size: "max",
	});

/** Takes as much as the window allows; each time counts as the latest. */
function run(window: SlidingWindow, requests: number, sequence: Step[]): { taken: Taken[]; now: number } {
	const taken: Taken[] = [];
	let now = START;
	let latest = 0;
	for (const { pause, cost } of sequence) {
		now = Math.round(now + pause * window.window_seconds * 1000);
		latest = Math.max(latest, now);
		if (window.peek(now, requests) < cost) continue;
		window.take(now, cost);
		taken.push({ at: latest, cost });
	}
	return { taken, now };
}

function sumBetween(taken: Taken[], from: number, to: number): number {
	return taken.reduce((sum, { at, cost }) => (at >= from && at < to ? sum + cost : sum), 0);
}

test("no interval as long as the window holds more than its requests, wherever it begins", () => {
	fc.assert(
		fc.property(lengths, fc.integer({ min: 1, max: 20 }), steps({ min: 0, max: 0.3 }), (window_seconds, requests, sequence) => {
			const { taken } = run(new SlidingWindow(window_seconds), requests, sequence);
			for (const { at } of taken) ok(sumBetween(taken, at, at + window_seconds * 1000) <= requests);
		}),
		{ numRuns: 500 },
	);
});

test("the same holds when the clock goes back by up to a window, and its time counts as the latest seen", () => {
	fc.assert(
		fc.property(lengths, fc.integer({ min: 1, max: 20 }), steps({ min: -0.5, max: 0.6 }), (window_seconds, requests, sequence) => {
			let behind = 0;
			const bounded = sequence.map(({ pause, cost }) => {
				const step = behind - pause < 1 ? pause : 0;
				behind = Math.max(0, behind - step);
				return { pause: step, cost };
			});
			const { taken } = run(new SlidingWindow(window_seconds), requests, bounded);
			for (const { at } of taken) ok(sumBetween(taken, at, at + window_seconds * 1000) <= requests);
		}),
		{ numRuns: 500 },
	);
});

test("exactly what was taken in the running slot and the ten before it counts", () => {
	fc.assert(
		fc.property(
			lengths,
			fc.integer({ min: 1, max: 20 }),
			steps({ min: 0, max: 0.4 }),
			fc.double({ min: 0, max: 1.3, noNaN: true }),
			(length, requests, sequence, after) => {
				const window = new SlidingWindow(length);
				const { taken, now } = run(window, requests, sequence);
				const slotMs = length * 100;
				const then = Math.round(now + after * length * 1000);
				const slot = Math.floor(then / slotMs);
				equal(window.used(then), sumBetween(taken, (slot - SLOTS_PER_WINDOW) * slotMs, (slot + 1) * slotMs));
				equal(window.peek(then, requests), requests - window.used(then));
			},
		),
		{ numRuns: 500 },
	);
});

test("after a window and a tenth of silence everything is there again", () => {
	fc.assert(
		fc.property(lengths, fc.integer({ min: 1, max: 20 }), steps({ min: 0, max: 0.3 }), (window_seconds, requests, sequence) => {
			const window = new SlidingWindow(window_seconds);
			const { now } = run(window, requests, sequence);
			equal(window.peek(now + window_seconds * 1100, requests), requests);
			equal(window.resetMs(now + window_seconds * 1100), 0);
		}),
	);
});

test("nextFreeMs is the first millisecond at which the cost is there", () => {
	fc.assert(
		fc.property(
			lengths,
			fc.integer({ min: 4, max: 20 }),
			steps({ min: 0, max: 0.2 }),
			fc.integer({ min: 1, max: 4 }),
			(length, requests, sequence, cost) => {
				const window = new SlidingWindow(length);
				const { now } = run(window, requests, sequence);
				const wait = window.nextFreeMs(now, requests, cost);
				ok(wait >= 0 && wait <= length * 1100);
				if (wait > 0) ok(window.peek(now + wait - 1, requests) < cost);
				ok(window.peek(now + wait, requests) >= cost);
				equal(window.nextFreeMs(now + wait, requests, cost), 0);
			},
		),
		{ numRuns: 300 },
	);
});

test("resetMs is the first millisecond at which something comes back", () => {
	fc.assert(
		fc.property(lengths, steps({ min: 0, max: 0.2 }), (window_seconds, sequence) => {
			const window = new SlidingWindow(window_seconds);
			const { now } = run(window, 20, sequence);
			const used = window.used(now);
			const wait = window.resetMs(now);
			equal(wait === 0, used === 0);
			if (wait > 0) equal(window.used(now + wait - 1), used);
			if (wait > 0) ok(window.used(now + wait) < used);
		}),
	);
});

test("a cost above the limit is never there, and a limit of nothing grants nothing", () => {
	const window = new SlidingWindow(60);
	equal(window.nextFreeMs(START, 3, 4), Number.POSITIVE_INFINITY);
	equal(window.peek(START, 0), 0);
	equal(window.nextFreeMs(START, 3, 3), 0);
});

test("another limit at the next call counts what was taken under the last one", () => {
	const window = new SlidingWindow(60);
	window.take(START, 8);
	equal(window.peek(START, 10), 2);
	equal(window.peek(START, 20), 12);
	equal(window.peek(START, 5), 0);
	equal(window.nextFreeMs(START, 5, 1), window.resetMs(START));
});

test("asking takes nothing", () => {
	const window = new SlidingWindow(1);
	for (let ask = 0; ask < 100; ask += 1) equal(window.peek(START + ask, 3), 3);
	equal(window.used(START), 0);
	equal(window.lastUsedMs, 0);
});

test("a clock set back by more than a window frees no units early and delays none beyond a window and a tenth", () => {
	fc.assert(
		fc.property(lengths, steps({ min: 0, max: 0.3 }), fc.double({ min: 1.2, max: 50, noNaN: true }), (window_seconds, sequence, back) => {
			const window = new SlidingWindow(window_seconds);
			const { now } = run(window, 10, sequence);
			const used = window.used(now);
			const earlier = Math.round(now - back * window_seconds * 1000);
			equal(window.used(earlier), used);
			equal(window.used(earlier + window_seconds * 1000 - 1), used);
			equal(window.used(earlier + window_seconds * 1100), 0);
			ok(window.lastUsedMs <= earlier);
		}),
	);
});

test("another window length carries on with what was taken: not a unit is dated earlier, and all leave in time", () => {
	fc.assert(
		fc.property(
			lengths,
			lengths,
			steps({ min: 0, max: 0.3 }),
			fc.array(fc.double({ min: 0, max: 1.2, noNaN: true }), { maxLength: 8 }),
			(from, to, sequence, later) => {
				const old = new SlidingWindow(from);
				const { taken, now } = run(old, 20, sequence);
				const known = taken.filter(({ at }) => at > now - from * 1000);
				const lastUsedMs = old.lastUsedMs;
				const next = SlidingWindow.adapt(old, to, now);
				equal(next.window_seconds, to);
				equal(next.lastUsedMs, lastUsedMs);
				for (const part of later.sort((a, b) => a - b)) {
					const then = Math.round(now + part * to * 1000);
					const expected = sumBetween(known, then - to * 1000 + 1, then + 1);
					ok(next.used(then) >= expected, `${next.used(then)} of ${expected}`);
				}
				equal(next.used(now + to * 1100), 0);
			},
		),
		{ numRuns: 500 },
	);
});

test("the same window length keeps the window itself", () => {
	const window = new SlidingWindow(60);
	equal(SlidingWindow.adapt(window, 60, START), window);
	notEqual(SlidingWindow.adapt(window, 61, START), window);
});

test("a window has 1 to 3600 whole seconds", () => {
	for (const window_seconds of [0, -1, 0.5, 3601, Number.NaN]) throws(() => new SlidingWindow(window_seconds), /impossible state/);
});

test("exactly 100 of 400 in one millisecond are granted at a limit of 100", () => {
	const window = new SlidingWindow(60);
	let granted = 0;
	for (let request = 0; request < 400; request += 1) {
		if (window.peek(START, 100) < 1) continue;
		window.take(START, 1);
		granted += 1;
	}
	equal(granted, 100);
});
