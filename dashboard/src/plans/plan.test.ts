import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { levelOf, percentOf, sizeWords, usedWords } from "./meter.ts";
import { includedOf, rateLimitWords } from "./plan-words.ts";

test("a meter is amber from 80 % and red at its limit, also at a limit of nothing", () => {
	equal(levelOf({ used: 79, max: 100 }), "fine");
	equal(levelOf({ used: 80, max: 100 }), "near");
	equal(levelOf({ used: 100, max: 100 }), "full");
	equal(levelOf({ used: 101, max: 100 }), "full");
	equal(levelOf({ used: 0, max: 0 }), "full");
	equal(levelOf({ used: 1_000, max: null }), "unlimited");
	deepEqual(
		[percentOf({ used: 1, max: 4 }), percentOf({ used: 9, max: 4 }), percentOf({ used: 0, max: 0 }), percentOf({ used: 9, max: null })],
		[25, 100, 100, 0],
	);
});

test("amounts are said as people say them", () => {
	equal(usedWords("site", { used: 3, max: 10 }), "3 of 10 sites used");
	equal(usedWords("site", { used: 0, max: 1 }), "0 of 1 site used");
	equal(usedWords("site", { used: 1, max: null }), "1 site used, without limit");
	deepEqual([0, 12, 1_023, 1_024, 1_536, 52_428_800, 1_073_741_824, 1_099_511_627_775].map(sizeWords), [
		"0 bytes",
		"12 bytes",
		"1,023 bytes",
		"1 KiB",
		"1.5 KiB",
		"50 MiB",
		"1 GiB",
		"1,024 GiB",
	]);
});

test("rate limits are sentences", () => {
	equal(rateLimitWords({ name: "burst", requests: 100, window_seconds: 60, per: "key" }), "100 requests in 60 seconds for each key");
	equal(rateLimitWords({ name: "all", requests: 1_000, window_seconds: 1, per: "tenant" }), "1,000 requests in a second for all keys together");
});

test("what is included is named, and what keys may do by it is listed", () => {
	const permissions = [
		{ name: "documents:read", description: "Read documents", capability: "documents", included: true },
		{ name: "reports:read", description: "Read reports", capability: "advanced_reports", included: true },
		{ name: "sites:read", description: "Read sites", capability: "m2m_api", included: false },
	];
	deepEqual(
		includedOf(["m2m_api", "documents", "advanced_reports"], permissions).map(({ name, means, permissions: of }) => [
			name,
			means !== null,
			of.length,
		]),
		[
			["API access", true, 0],
			["Documents", true, 1],
			["Advanced reports", false, 1],
		],
	);
});
