import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { Attempts } from "./attempts.ts";

const LIMITS = { attempts: 3, window_seconds: 60 };

test("the attempts of a window are free, the next one has to wait until it is over, and another name's are its own", () => {
	const clock = new ManualClock();
	const attempts = new Attempts(clock, LIMITS);
	for (let turn = 0; turn < 3; turn += 1) {
		equal(attempts.wait("olivia"), 0);
		attempts.take("olivia");
	}
	clock.advance(15_000);
	equal(attempts.wait("olivia"), 45);
	equal(attempts.wait("paul"), 0);
	clock.advance(44_999);
	equal(attempts.wait("olivia"), 1);
	clock.advance(1);
	equal(attempts.wait("olivia"), 0);
});

test("what was given back was no attempt, and nothing below none is given back", () => {
	const attempts = new Attempts(new ManualClock(), LIMITS);
	attempts.giveBack("olivia");
	for (let turn = 0; turn < 10; turn += 1) {
		attempts.take("olivia");
		attempts.giveBack("olivia");
	}
	attempts.giveBack("olivia");
	for (let turn = 0; turn < 3; turn += 1) attempts.take("olivia");
	equal(attempts.wait("olivia"), 60);
});

test("however many names there are, only so many are remembered", () => {
	const attempts = new Attempts(new ManualClock(), { attempts: 1, window_seconds: 60, names_max: 2 });
	for (const name of ["first", "second", "third"]) attempts.take(name);
	equal(attempts.wait("first"), 0);
	equal(attempts.wait("second"), 60);
	equal(attempts.wait("third"), 60);
});
