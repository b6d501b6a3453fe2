import { equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../core/clock.ts";
import { WindowStore } from "./window-store.ts";

test("all callers share the window of a limit, and every other limit has its own", () => {
	const windows = new WindowStore(new ManualClock());
	const window = windows.retain("key_1", "key:burst", 60);
	equal(windows.retain("key_1", "key:burst", 60), window);
	notEqual(windows.retain("key_2", "key:burst", 60), window);
	notEqual(windows.retain("key_1", "key:day", 60), window);
	equal(windows.retainFound("key_1", "key:burst"), window);
	equal(windows.retainFound("key_1", "key:none"), null);
});

test("what was taken outlives the grant that took it", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	const window = windows.retain("key_1", "key:burst", 60);
	window.take(clock.monotonic(), 7);
	windows.release(window);
	windows.sweep();
	equal(windows.retain("key_1", "key:burst", 60).used(clock.monotonic()), 7);
});

test("a limit with another length carries on with what was taken", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	windows.retain("key_1", "key:burst", 60).take(clock.monotonic(), 7);
	const longer = windows.retain("key_1", "key:burst", 120);
	equal(longer.window_seconds, 120);
	equal(longer.used(clock.monotonic()), 7);
	equal(windows.size, 1);
});

test("sweeps eventually evict all windows without counts and references, and no others", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	const held = windows.retain("held", "key:burst", 60);
	for (let key = 0; key < 12_000; key += 1) {
		const window = windows.retain(`key_${key}`, "key:burst", 60);
		window.take(clock.monotonic(), 1);
		windows.release(window);
	}
	windows.sweep(20_000);
	equal(windows.size, 12_001, "they count still");
	clock.advance(66_000);
	const busy = windows.retain("key_5", "key:burst", 60);
	busy.take(clock.monotonic(), 1);
	windows.release(busy);
	for (let turn = 0; turn < 4; turn += 1) windows.sweep();
	equal(windows.size, 2);
	equal(windows.retainFound("held", "key:burst"), held);
	equal(windows.retainFound("key_5", "key:burst"), busy);
});

test("one call looks at a bounded number of windows", () => {
	const clock = new ManualClock();
	const windows = new WindowStore(clock);
	for (let key = 0; key < 12_000; key += 1) {
		const window = windows.retain(`key_${key}`, "key:burst", 60);
		window.take(clock.monotonic(), 1);
		windows.release(window);
	}
	clock.advance(66_000);
	windows.sweep();
	ok(windows.size >= 12_000 - 5_000 && windows.size < 12_000, String(windows.size));
});
