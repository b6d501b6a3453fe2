import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Address, parseAddress } from "../../core/network.ts";
import { headerFilter } from "../../core/secret-text.ts";
import { SourceMemo } from "./memo.ts";
import { getSource, makeSource, OTHER_SOURCES, parseClient, UNKNOWN_SOURCE } from "./source.ts";

function getAddress(text: string): Address {
	const address = parseAddress(text);
	ok(address, text);
	return address;
}

test("a client name is retained when it is plain and short, and otherwise dropped", () => {
	deepEqual(["orders-sync", "  acme/orders 1.2 ", "a", "ops@acme", "x".repeat(64)].map(parseClient), [
		"orders-sync",
		"acme/orders 1.2",
		"a",
		"ops@acme",
		"x".repeat(64),
	]);
	for (const text of [null, "", " ", "x".repeat(65), "a|b", "a\nb", "<b>", "é", "-a", 'a"', "a\0"]) equal(parseClient(text), null);
});

test("an address becomes its network; an IPv4-mapped IPv6 address counts as IPv4", () => {
	equal(getSource(getAddress("203.0.113.77"), null, null).network, "203.0.113.0/24");
	deepEqual(getSource(getAddress("::ffff:203.0.113.9"), null, null), getSource(getAddress("203.0.113.77"), null, null));
	equal(getSource(getAddress("2001:db8:1:2:3:4:5:6"), null, null).network, "2001:db8:1::/48");
	equal(getSource(null, "curl/8", null).network, "unknown");
});

test("the id depends on exactly the network, program and client name", () => {
	const of = (network: string, agent: string, client: string | null) => makeSource(network, agent, client).id;
	equal(of("10.0.0.0/24", "curl", "a"), of("10.0.0.0/24", "curl", "a"));
	const ids = [of("10.0.0.0/24", "curl", "a"), of("10.0.0.0/24", "curl", null), of("10.0.0.0/24", "node", "a"), of("10.0.1.0/24", "curl", "a")];
	equal(new Set([...ids, UNKNOWN_SOURCE.id, OTHER_SOURCES.id]).size, 6);
	for (const id of ids) ok(/^src_[A-Za-z0-9_-]{22}$/.test(id));
	equal(getSource(null, null, null).id, UNKNOWN_SOURCE.id);
});

test("repeated requests of a connection get the same object, and another caller on it gets another", () => {
	const memo = new SourceMemo({ addresses: true, filterHeader: headerFilter() });
	const connection = {};
	const first = memo.of(connection, getAddress("198.51.100.1"), "curl/8.0", null);
	equal(memo.of(connection, getAddress("198.51.100.1"), "curl/8.0", null), first);
	notEqual(memo.of(connection, getAddress("198.51.100.1"), "curl/8.0", "orders"), first);
	notEqual(memo.of(connection, getAddress("198.51.101.1"), "curl/8.0", null).id, first.id);
	equal(memo.of(connection, null, null, null).id, UNKNOWN_SOURCE.id);
	equal(memo.of({}, getAddress("198.51.100.1"), "curl/8.0", null), first);
	equal(memo.of(connection, getAddress("198.51.100.1"), "curl/8.0", null), first);
});

test("when networks are not stored, sources differ by program and client name alone, and a request without an address stays unknown", () => {
	const memo = new SourceMemo({ addresses: false, filterHeader: headerFilter() });
	const [one, other] = ["203.0.113.7", "2001:db8:1::9"].map(parseAddress);
	ok(one && other);
	const source = memo.find(one, "curl/8.5.0", "orders");
	equal(memo.find(other, "curl/8.6.0", "orders").id, source.id);
	deepEqual([source.network, source.agent, source.client], ["hidden", "curl", "orders"]);
	notEqual(memo.find(one, "node", "orders").id, source.id);
	equal(memo.find(null, "curl/8.5.0", "orders").network, "unknown");
});
