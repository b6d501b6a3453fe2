import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Address, parseAddress } from "../core/network.ts";
import { headerFilter } from "../core/secret-text.ts";
import { AGENT_FAMILIES, agentOf, clientOf, makeSource, OTHER_SOURCES, sourceOf, UNKNOWN_SOURCE } from "./source.ts";
import { SourceMemo } from "./source-memo.ts";

function addressOf(text: string): Address {
	const address = parseAddress(text);
	ok(address, text);
	return address;
}

test("agents are told by family, whatever their version", () => {
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
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36": "browser",
		"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1": "powershell",
		"Orders/3 CFNetwork/1485 Darwin/23.1.0": "apple",
		CURL: "curl",
		"acme-sync/1.2": "other",
	};
	for (const [text, family] of Object.entries(families)) equal(agentOf(text), family, text);
	for (const nothing of [null, "", "   "]) equal(agentOf(nothing), "none");
});

test("whatever is sent, the family is one of the known ones, and hostile texts cost no time", () => {
	fc.assert(
		fc.property(fc.oneof(fc.string({ size: "large" }), fc.string({ unit: "binary", size: "large" })), (text) => {
			ok(AGENT_FAMILIES.includes(agentOf(text)));
		}),
		{ numRuns: 500 },
	);
	for (const text of ["/".repeat(100_000), "a".repeat(100_000), "curl|node\nx", "constructor", "__proto__/1", "\0", "Mozilla".repeat(9_999)])
		ok(AGENT_FAMILIES.includes(agentOf(text)));
	equal(agentOf("constructor/1"), "other");
});

test("a client's name is kept when it is plain and short, and else not at all", () => {
	deepEqual(["orders-sync", "  acme/orders 1.2 ", "a", "ops@acme", "x".repeat(64)].map(clientOf), [
		"orders-sync",
		"acme/orders 1.2",
		"a",
		"ops@acme",
		"x".repeat(64),
	]);
	for (const text of [null, "", " ", "x".repeat(65), "a|b", "a\nb", "<b>", "é", "-a", 'a"', "a\0"]) equal(clientOf(text), null);
});

test("an address is told by its network; an IPv4 address inside IPv6 is the IPv4 one", () => {
	equal(sourceOf(addressOf("203.0.113.77"), null, null).network, "203.0.113.0/24");
	deepEqual(sourceOf(addressOf("::ffff:203.0.113.9"), null, null), sourceOf(addressOf("203.0.113.77"), null, null));
	equal(sourceOf(addressOf("2001:db8:1:2:3:4:5:6"), null, null).network, "2001:db8:1::/48");
	equal(sourceOf(null, "curl/8", null).network, "unknown");
});

test("the same three texts make the same id, everywhere; other ones another", () => {
	const of = (network: string, agent: string, client: string | null) => makeSource(network, agent, client).id;
	equal(of("10.0.0.0/24", "curl", "a"), of("10.0.0.0/24", "curl", "a"));
	const ids = [of("10.0.0.0/24", "curl", "a"), of("10.0.0.0/24", "curl", null), of("10.0.0.0/24", "node", "a"), of("10.0.1.0/24", "curl", "a")];
	equal(new Set([...ids, UNKNOWN_SOURCE.id, OTHER_SOURCES.id]).size, 6);
	for (const id of ids) ok(/^src_[A-Za-z0-9_-]{22}$/.test(id));
	equal(sourceOf(null, null, null).id, UNKNOWN_SOURCE.id);
});

test("a connection's next request gets the same object, and another caller of the same connection another", () => {
	const memo = new SourceMemo({ addresses: true, filterHeader: headerFilter() });
	const connection = {};
	const first = memo.of(connection, addressOf("198.51.100.1"), "curl/8.0", null);
	equal(memo.of(connection, addressOf("198.51.100.1"), "curl/8.0", null), first);
	notEqual(memo.of(connection, addressOf("198.51.100.1"), "curl/8.0", "orders"), first);
	notEqual(memo.of(connection, addressOf("198.51.101.1"), "curl/8.0", null).id, first.id);
	equal(memo.of(connection, null, null, null).id, UNKNOWN_SOURCE.id);
	equal(memo.of({}, addressOf("198.51.100.1"), "curl/8.0", null), first);
	equal(memo.of(connection, addressOf("198.51.100.1"), "curl/8.0", null), first);
});

test("where networks are not kept, sources are told by program and client name alone, and a question without an address stays unknown", () => {
	const memo = new SourceMemo({ addresses: false, filterHeader: headerFilter() });
	const [one, other] = ["203.0.113.7", "2001:db8:1::9"].map(parseAddress);
	ok(one && other);
	const source = memo.find(one, "curl/8.5.0", "orders");
	equal(memo.find(other, "curl/8.6.0", "orders").id, source.id);
	deepEqual([source.network, source.agent, source.client], ["hidden", "curl", "orders"]);
	notEqual(memo.find(one, "node", "orders").id, source.id);
	equal(memo.find(null, "curl/8.5.0", "orders").network, "unknown");
});
