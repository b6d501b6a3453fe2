import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getOffset, parseTestArguments } from "./clock.ts";

const NOW = new Date("2026-11-29T12:00:00Z");

describe("the clock of tests", () => {
	it("is the machine's clock by default", () => {
		assert.deepEqual(parseTestArguments(["unit", "keys/format"]), { words: ["unit", "keys/format"], clock: null, zone: null });
	});

	it("has one offset for all processes, forwards or backwards, in a time zone", () => {
		const { clock, ...rest } = parseTestArguments(["--clock", "2026-11-30T12:00:01Z", "--zone", "Asia/Kathmandu", "unit"]);
		assert.deepEqual(rest, { words: ["unit"], zone: "Asia/Kathmandu" });
		assert.equal(clock && getOffset(clock, NOW), 86_401);
		assert.equal(getOffset(new Date("2026-11-29T11:00:00Z"), NOW), -3_600);
	});

	it("refuses an invalid instant, zone or option", () => {
		for (const args of [
			["--clock", "tomorrow"],
			["--zone", "Mars/Olympus"],
			["--speed", "2"],
		])
			assert.throws(() => parseTestArguments(args));
	});
});
