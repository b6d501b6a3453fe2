import { equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../core/clock.ts";
import { WindowStore } from "./window-store.ts";

const WINDOW_SECONDS = 60;

test("keys that come and go leave no more windows than twice those that still count", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	for (let key = 0; key < 100_000; key += 1) {
		const window = windows.retain(`key_${key}`, "burst", WINDOW_SECONDS);
		window.take(clock.monotonic(), 1);
		windows.release(window);
		clock.advance(60);
	}
	// One each 60 ms for 66 seconds, the window and a slot: 1,100 count at any time.
	ok(windows.size < 2_500, `${windows.size} windows are kept`);
});

test("a referenced window is not evicted, even when it counts nothing", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	const held = windows.retain("key_held", "burst", WINDOW_SECONDS);
	for (let key = 0; key < 1_000; key += 1) windows.release(windows.retain(`key_${key}`, "burst", WINDOW_SECONDS));
	windows.sweep();
	windows.sweep();
	equal(windows.size, 1);
	equal(windows.retain("key_held", "burst", WINDOW_SECONDS), held);
	windows.release(held);
	windows.sweep();
	equal(windows.size, 1);
	windows.release(held);
	windows.sweep();
	equal(windows.size, 0);
});

test("what a window counts outlives its holder", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	const window = windows.retain("key", "burst", WINDOW_SECONDS);
	window.take(clock.monotonic(), 7);
	windows.release(window);
	windows.sweep();
	equal(windows.retainFound("key", "burst"), window);
	windows.release(window);
	clock.advance(2 * WINDOW_SECONDS * 1_000);
	windows.sweep();
	equal(windows.retainFound("key", "burst"), null);
	notEqual(windows.retain("key", "burst", WINDOW_SECONDS), window);
});
