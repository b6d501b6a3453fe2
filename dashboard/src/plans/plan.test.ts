import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { groupPermissions } from "./capability-words.ts";
import { formatSize, formatUsed, getLevel, getPercent } from "./meter.ts";
import { formatRateLimit, formatWindow } from "./plan-words.ts";

test("a meter is amber from 80 % and red at its limit, also at a limit of 0", () => {
	equal(getLevel({ used: 79, max: 100 }), "fine");
	equal(getLevel({ used: 80, max: 100 }), "near");
	equal(getLevel({ used: 100, max: 100 }), "full");
	equal(getLevel({ used: 101, max: 100 }), "full");
	equal(getLevel({ used: 0, max: 0 }), "full");
	equal(getLevel({ used: 1_000, max: null }), "unlimited");
	deepEqual(
		[getPercent({ used: 1, max: 4 }), getPercent({ used: 9, max: 4 }), getPercent({ used: 0, max: 0 }), getPercent({ used: 9, max: null })],
		[25, 100, 100, 0],
	);
});

test("amounts are formatted for people", () => {
	equal(formatUsed("site", { used: 3, max: 10 }), "3 of 10 sites used");
	equal(formatUsed("site", { used: 0, max: 1 }), "0 of 1 site used");
	equal(formatUsed("site", { used: 1, max: null }), "1 site used, without limit");
	deepEqual([0, 12, 1_023, 1_024, 1_536, 52_428_800, 1_073_741_824, 1_099_511_627_775].map(formatSize), [
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

test("rate limits are sentences; a named one starts with its name", () => {
	const limit = { name: "burst", requests: 100, window_seconds: 60, per: "key", named_only: false };
	equal(formatRateLimit(limit), "100 requests in a minute for each key");
	equal(formatRateLimit({ ...limit, requests: 1_000, window_seconds: 1, per: "tenant" }), "1,000 requests in a second for all keys together");
	equal(
		formatRateLimit({ name: "big_exports", requests: 10, window_seconds: 3_600, per: "tenant", named_only: true }),
		"Big exports: 10 in an hour for all keys together",
	);
	deepEqual([1, 30, 60, 90, 600, 3_600].map(formatWindow), ["a second", "30 seconds", "a minute", "90 seconds", "10 minutes", "an hour"]);
});

test("capabilities have the operator's descriptions and their permissions, included ones first", () => {
	const permissions = [
		{ name: "documents:read", description: "Read documents", capability: "documents", included: false },
		{ name: "reports:read", description: "Read reports", capability: "advanced_reports", included: true },
	];
	const capabilities = [
		{ name: "advanced_reports", description: "", included: true },
		{ name: "documents", description: "Documents: upload and download by API", included: false },
		{ name: "exports", description: "Everything as one file", included: true },
	];
	deepEqual(
		groupPermissions(capabilities, permissions).map(({ name, means, included, permissions: of }) => [
			name,
			means,
			included,
			of.map((one) => one.name),
		]),
		[
			["Advanced reports", null, true, ["reports:read"]],
			["Everything as one file", null, true, []],
			["Documents", "Upload and download by API", false, ["documents:read"]],
		],
	);
});
