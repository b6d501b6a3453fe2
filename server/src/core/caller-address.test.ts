import { equal, fail } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AllowList, callerAddress, FORWARDED_HOPS_MAX, parseAddress, parseAllowList } from "./network.ts";

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6().filter((text) => !/^::(ffff:)?[\d.]+$/i.test(text));

function trust(...entries: string[]): AllowList {
	const list = parseAllowList(entries);
	return list instanceof AllowList ? list : fail(JSON.stringify(list));
}

const TRUSTED = trust("10.0.0.0/8", "2001:db8:ffff::/48");
const CALLER = "203.0.113.9";

test("the caller is the peer, unless the peer is a trusted proxy", () => {
	equal(callerAddress("203.0.113.1", CALLER, TRUSTED), "203.0.113.1");
	equal(callerAddress("10.0.0.1", CALLER, null), "10.0.0.1");
	equal(callerAddress("10.0.0.1", undefined, TRUSTED), "10.0.0.1");
	equal(callerAddress("10.0.0.1", " ", TRUSTED), "10.0.0.1");
	equal(callerAddress("10.0.0.1", CALLER, TRUSTED), CALLER);
	equal(callerAddress("::ffff:10.0.0.1", CALLER, TRUSTED), CALLER);
	equal(callerAddress("::ffff:203.0.113.1", "1.1.1.1", TRUSTED), "203.0.113.1");
	equal(callerAddress("2001:db8:ffff::5", "2001:DB8::0:1", TRUSTED), "2001:db8::1");
	equal(callerAddress("", CALLER, TRUSTED), "");
});

test("trusted proxies in a row are followed back to the first address that is not one of them", () => {
	equal(callerAddress("10.0.0.1", `${CALLER}, 10.0.0.3,10.0.0.2`, TRUSTED), CALLER);
	equal(callerAddress("10.0.0.1", `${CALLER}, 2001:db8:ffff::1 ,\t::ffff:10.0.0.2`, TRUSTED), CALLER);
	equal(callerAddress("10.0.0.1", "10.0.0.9, 10.0.0.2", TRUSTED), "10.0.0.9");
});

test("whatever a caller writes into the header never wins over what the proxies appended to it", () => {
	const written = fc.oneof(
		fc.string({ unit: "binary-ascii" }),
		fc.array(fc.oneof(ipv4, ipv6, fc.constantFrom("10.0.0.7", "", "unknown", "[::1]:1")), { maxLength: 30 }).map((list) => list.join(", ")),
	);
	const proxies = fc.array(fc.constantFrom("10.0.0.2", "10.255.0.1", "2001:db8:ffff::2", "[2001:db8:ffff::3]:443", "10.0.0.4:80"), {
		maxLength: FORWARDED_HOPS_MAX - 1,
	});
	fc.assert(
		fc.property(written, fc.oneof(ipv4, ipv6), proxies, (spoofed, caller, row) => {
			const address = parseAddress(caller) ?? fail(caller);
			fc.pre(!TRUSTED.has(address));
			const header = [spoofed, caller, ...row].join(", ");
			equal(callerAddress("10.0.0.1", header, TRUSTED), address.text);
		}),
		{ numRuns: 500 },
	);
});

test("an entry that is no address ends the walk with the peer, never with an entry to its left", () => {
	for (const entry of [
		"unknown",
		"",
		"_hidden",
		"010.0.0.1",
		"1.2.3.4:port",
		"1.2.3.4:123456",
		"[1.2.3.4",
		"host.example",
		"1.2.3.4 5.6.7.8",
		'"1.2.3.4"',
		"for=1.2.3.4",
	]) {
		equal(callerAddress("10.0.0.1", `${CALLER}, ${entry}`, TRUSTED), "10.0.0.1", entry);
		equal(callerAddress("10.0.0.1", `${CALLER}, ${entry}, 10.0.0.2`, TRUSTED), "10.0.0.1", entry);
	}
	equal(callerAddress("10.0.0.1", ",", TRUSTED), "10.0.0.1");
});

test("a port after a forwarded address is left out", () => {
	equal(callerAddress("10.0.0.1", `${CALLER}:4711`, TRUSTED), CALLER);
	equal(callerAddress("10.0.0.1", "[2001:db8::1]:4711", TRUSTED), "2001:db8::1");
	equal(callerAddress("10.0.0.1", "[2001:db8::1]", TRUSTED), "2001:db8::1");
});

test("a chain longer than the hops that are followed ends with the peer", () => {
	const chain = (hops: number) => [CALLER, ...Array.from({ length: hops }, () => "10.0.0.2")].join(",");
	equal(callerAddress("10.0.0.1", chain(FORWARDED_HOPS_MAX - 1), TRUSTED), CALLER);
	equal(callerAddress("10.0.0.1", chain(FORWARDED_HOPS_MAX), TRUSTED), "10.0.0.1");
	equal(callerAddress("10.0.0.1", "10.0.0.2,".repeat(100_000), TRUSTED), "10.0.0.1");
});
