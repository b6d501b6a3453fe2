import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { headerFilter } from "../../core/secret-text.ts";
import { findAmbiguity } from "./ambiguity.ts";
import { SourceMemo } from "./memo.ts";
import { LIBRARY_FAMILIES, parseProgram } from "./program.ts";
import { makeSource, OTHER_SOURCES, UNKNOWN_SOURCE } from "./source.ts";

const program = parseProgram;
const UUID = "550e8400-e29b-41d4-a716-446655440000";

test("libraries are recognized by family, in any version", () => {
	const families = {
		"curl/8.5.0": "curl",
		"python-requests/2.31.0": "python-requests",
		"Python/3.12 aiohttp/3.9.1": "aiohttp",
		node: "node",
		"node-fetch/1.0 (+https://github.com/bitinn/node-fetch)": "node",
		"axios/1.6.8": "axios",
		"Go-http-client/2.0": "go",
		"Apache-HttpClient/4.5.14 (Java/17.0.9)": "apache-httpclient",
		"PostmanRuntime/7.36.3": "postman",
		"GuzzleHttp/7": "php",
		"libwww-perl/6.67": "perl",
		"rest-client/2.1.0 (linux x86_64) ruby/3.2": "ruby",
		"curl-8.5.0": "curl",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36": "browser",
		"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1": "powershell",
		"Orders/3 CFNetwork/1485 Darwin/23.1.0": "apple",
		CURL: "curl",
	};
	for (const [text, family] of Object.entries(families)) {
		equal(program(text), family, text);
		ok(LIBRARY_FAMILIES.has(family), family);
	}
	for (const nothing of [null, "", "   "]) equal(program(nothing), "none");
});

test("other programs are named by the first product of their User-Agent, without version, hash or UUID", () => {
	const names = {
		"order-bot/1.2": "order-bot",
		"crm-sync/3": "crm-sync",
		"backup-job/0.9": "backup-job",
		"Acme.Billing_Export/2024.1 (linux)": "acme.billing_export",
		"order-bot": "order-bot",
		"order-bot 1.2": "order-bot",
		"order-bot-1.2.3/x": "order-bot",
		"order-bot-v2": "order-bot",
		"order-bot_1.2.3-rc1": "order-bot",
		"order-bot-3f9a2c1b": "order-bot",
		[`order-bot-${UUID}`]: "order-bot",
		[`order-bot-1.2-3f9a2c1b/${UUID}`]: "order-bot",
		// A bare number, or a word that could be one, may distinguish two programs.
		"worker-1": "worker-1",
		"worker-2/1.0": "worker-2",
		"orders-facade/1": "orders-facade",
	};
	for (const [text, name] of Object.entries(names)) equal(program(text), name, text);
	for (const text of [
		`${UUID}/1`,
		"1.2.3",
		"3f9a2c1b",
		"x".repeat(41),
		"<script>",
		"é/1",
		"constructor\u0000",
		"http-client/1",
		"python3.12",
		"REST-Client2/1",
		"--",
		"a|b",
	])
		equal(program(text), "other", text);
});

test("a User-Agent that contains a secret is other, even if truncation would leave only its beginning", () => {
	const memo = new SourceMemo({ addresses: true, filterHeader: headerFilter() });
	for (const key of [`kw_prod_${"a1B2".repeat(12)}x1`, `kw_staging_${"0123456789ab".repeat(3)}`, `kws_${"0123456789ab".repeat(3)}`])
		for (const text of [key, `${key}/1.2`, `bot-${key}`, `order-bot_${key}`, `order-bot/1.2 ${key}`, `${key}-3f9a2c1b`, `order-bot (${key})`])
			deepEqual([memo.find(null, text, null).agent, memo.find(null, null, text).client], ["other", null], text);
});

test("for any input the name is short and plain, and hostile input is parsed quickly", () => {
	const plain = /^[a-z0-9._-]{1,40}$/;
	fc.assert(
		fc.property(fc.oneof(fc.string({ size: "large" }), fc.string({ unit: "binary", size: "large" })), (text) => {
			ok(plain.test(program(text)));
		}),
		{ numRuns: 200 },
	);
	for (const text of [
		"/".repeat(100_000),
		"a".repeat(100_000),
		"1.".repeat(50_000),
		"-a1".repeat(50_000),
		"curl|node\nx",
		"__proto__/1",
		"\0",
		"Mozilla".repeat(9_999),
	])
		ok(plain.test(program(text)));
	equal(program("constructor/1"), "constructor");
});

test("a source is unambiguous with a client instance, or with its own program name at a known network, and not otherwise", () => {
	const HERE = "203.0.113.0/24";
	const told = [
		makeSource(HERE, "order-bot", null),
		makeSource(HERE, "curl", "cron"),
		makeSource("hidden", "curl", "cron"),
		makeSource("unknown", "none", "cron"),
	];
	for (const source of told) equal(findAmbiguity(source), null, JSON.stringify(source));
	deepEqual(
		[
			makeSource(HERE, "none", null),
			makeSource(HERE, "other", null),
			makeSource("unknown", "order-bot", null),
			makeSource("hidden", "order-bot", null),
			UNKNOWN_SOURCE,
			OTHER_SOURCES,
		].map(findAmbiguity),
		["no_program", "other_program", "network_unknown", "network_hidden", "network_unknown", "too_many_sources"],
	);
	for (const family of LIBRARY_FAMILIES) equal(findAmbiguity(makeSource(HERE, family, null)), "library");
});
