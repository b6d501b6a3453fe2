import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clockEnvironment, parseTestArguments } from "./clock.ts";

const NOW = new Date("2026-11-29T12:00:00Z");

describe("the clock of tests", () => {
	it("is the machine's unless one is named", () => {
		const parsed = parseTestArguments(["unit", "keys/format"]);
		assert.deepEqual(parsed, { words: ["unit", "keys/format"], clock: null, zone: null });
		assert.deepEqual(clockEnvironment(parsed, NOW, "lib"), {});
	});

	it("is one offset for all processes, forwards and backwards, with a zone", () => {
		const ahead = parseTestArguments(["--clock", "2026-11-30T12:00:01Z", "--zone", "Asia/Kathmandu", "unit"]);
		assert.deepEqual(ahead.words, ["unit"]);
		assert.deepEqual(clockEnvironment(ahead, NOW, "lib"), {
			TZ: "Asia/Kathmandu",
			LD_PRELOAD: "lib",
			FAKETIME: "+86401",
			FAKETIME_DONT_FAKE_MONOTONIC: "1",
		});
		assert.equal(clockEnvironment(parseTestArguments(["--clock", "2026-11-29T11:00:00Z"]), NOW, "lib").FAKETIME, "-3600");
	});

	it("refuses what is no instant, no zone and no option", () => {
		for (const args of [
			["--clock", "tomorrow"],
			["--zone", "Mars/Olympus"],
			["--speed", "2"],
		])
			assert.throws(() => parseTestArguments(args));
	});
});
