import { deepEqual, equal, fail, match, ok } from "node:assert/strict";
import { BlockList, isIPv4 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { type Address, ALLOW_LIST_ENTRIES_MAX, AllowList, getFailureBucket, getNetwork, parseAddress, parseAllowList } from "./network.ts";

function getAddress(text: string): Address {
	return parseAddress(text) ?? fail(`${text} is an address`);
}

function listOf(...entries: string[]): AllowList {
	const list = parseAllowList(entries);
	return list instanceof AllowList ? list : fail(JSON.stringify(list));
}

function getErrors(...entries: string[]): { pointer: string; detail: string }[] {
	const list = parseAllowList(entries);
	return list instanceof AllowList ? fail(`${entries.join()} was taken`) : list;
}

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6().filter((text) => !/^::(ffff:)?[\d.]+$/i.test(text));

test("an address in any of its spellings has one canonical text", () => {
	const spellings: [string, ...string[]][] = [
		["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:0201", "0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1%eth0"],
		["2001:db8::1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001", "2001:db8::0.0.0.1"],
		["fe80::1", "fe80::1%eth0", "fe80::1%25", "fe80::1"],
		["::102:304", "::1.2.3.4", "::102:304"],
		["64:ff9b::c000:201", "64:ff9b::192.0.2.1"],
		["::", "::", "0:0:0:0:0:0:0:0"],
		["1:0:0:2::3", "1:0:0:2:0:0:0:3"],
	];
	for (const [canonical, ...texts] of spellings) for (const text of texts) equal(getAddress(text).text, canonical, text);
});

test("text that only some parsers accept as an address is rejected", () => {
	const texts = [
		"",
		" ",
		"localhost",
		"127.1",
		"2130706433",
		"0x7f.0.0.1",
		"0x7f000001",
		"010.0.0.1",
		"192.0.2.01",
		"256.1.1.1",
		"1.2.3",
		"1.2.3.4.5",
		" 1.2.3.4",
	];
	for (const text of [
		...texts,
		"1.2.3.4 ",
		"1.2.3.4\n",
		"1.2.3.4%eth0",
		"1.2.3.4/32",
		"1.2.3.4:80",
		"[::1]",
		"::1%",
		":::",
		"1::2::3",
		"12345::",
		"::ffff:1.2.3.256",
		"::1.2.3",
	]) {
		equal(parseAddress(text), null, JSON.stringify(text));
	}
	equal(parseAddress(`::1%${"a".repeat(100_000)}`), null);
});

test("IPv4 is what Node takes for IPv4", () => {
	const parts = fc.array(
		fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), fc.constantFrom("", "00", "01", "-1", "a", " 1", "1e1", "255", "256")),
		{ minLength: 3, maxLength: 5 },
	);
	fc.assert(
		fc.property(parts, (list) => {
			const text = list.join(".");
			equal(parseAddress(text)?.text ?? null, isIPv4(text) ? text : null);
			equal(parseAddress(`::ffff:${text}`)?.text ?? null, isIPv4(text) ? text : null);
		}),
		{ numRuns: 500 },
	);
});

test("canonical text stays as it is, and both versions keep all of their bits", () => {
	fc.assert(
		fc.property(fc.oneof(ipv4, ipv6), (text) => {
			const address = getAddress(text);
			deepEqual(parseAddress(address.text), address);
			equal(address.words.length, address.version === 4 ? 1 : 4);
			ok(address.words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32));
		}),
	);
	deepEqual(getAddress("255.254.253.252").words, [0xfffefdfc]);
	deepEqual(getAddress("2001:db8:ffff:1::ffff:2").words, [0x20010db8, 0xffff0001, 0, 0xffff0002]);
});

test("the network is the /24 or the /48, the failure bucket the address or the /64", () => {
	equal(getNetwork(getAddress("203.0.113.77")), "203.0.113.0/24");
	equal(getNetwork(getAddress("::ffff:203.0.113.77")), "203.0.113.0/24");
	equal(getNetwork(getAddress("255.255.255.255")), "255.255.255.0/24");
	equal(getNetwork(getAddress("2001:db8:1:2:3:4:5:6")), "2001:db8:1::/48");
	equal(getNetwork(getAddress("2001:db8:ffff:ffff::")), "2001:db8:ffff::/48");
	equal(getNetwork(getAddress("::1")), "::/48");
	equal(getFailureBucket(getAddress("203.0.113.77")), "203.0.113.77");
	equal(getFailureBucket(getAddress("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
	equal(getFailureBucket(getAddress("2001:db8:1:2:ffff::")), getFailureBucket(getAddress("2001:db8:1:2::1")));
});

test("a list has what its networks have, as Node's own block list sees it", () => {
	const bits4 = fc.tuple(ipv4, fc.integer({ min: 0, max: 32 }));
	const bits6 = fc.tuple(ipv6, fc.integer({ min: 0, max: 128 }));
	const near = fc.record({ pick: fc.nat({ max: 100 }), flipped: fc.integer({ min: 0, max: 127 }) });
	fc.assert(
		fc.property(
			fc.array(bits4, { minLength: 1, maxLength: 6 }),
			fc.array(bits6, { minLength: 1, maxLength: 6 }),
			fc.array(near, { minLength: 1, maxLength: 20 }),
			(four, six, asked) => {
				const networks = [...four, ...six];
				const models = { 4: new BlockList(), 6: new BlockList() };
				for (const [text, bits] of four) models[4].addSubnet(text, bits, "ipv4");
				for (const [text, bits] of six) models[6].addSubnet(text, bits, "ipv6");
				const list = listOf(...networks.map(([text, bits]) => `${text}/${bits}`));
				for (const { pick, flipped } of asked) {
					const [text] = networks[pick % networks.length] ?? fail();
					const { version, words } = getAddress(text);
					const bit = flipped % (words.length * 32);
					const changed = words.map((word, index) => (index === bit >> 5 ? (word ^ (1 << (31 - (bit & 31)))) >>> 0 : word));
					const hex = changed.map((word) => word.toString(16).padStart(8, "0")).join("");
					const other =
						version === 4 ? [24, 16, 8, 0].map((shift) => ((changed[0] ?? 0) >>> shift) & 255).join(".") : (hex.match(/.{4}/g) ?? []).join(":");
					fc.pre(getAddress(other).version === version);
					for (const candidate of [text, other])
						equal(list.has(getAddress(candidate)), models[version].check(candidate, version === 4 ? "ipv4" : "ipv6"), candidate);
				}
			},
		),
		{ numRuns: 200 },
	);
});

test("entries are kept canonical: without host bits, repetitions and IPv6 around IPv4", () => {
	const entries = [
		"10.1.2.3/8",
		"10.0.0.0/8",
		"192.0.2.7",
		"192.0.2.7/32",
		"::ffff:192.0.2.7",
		"::ffff:198.51.100.9/120",
		"2001:DB8::1/32",
		"2001:db8::1",
		"2001:db8::1/128",
	];
	deepEqual(listOf(...entries).entries, ["10.0.0.0/8", "192.0.2.7", "198.51.100.0/24", "2001:db8::/32", "2001:db8::1"]);
	const mapped = listOf("::ffff:10.0.0.0/104");
	equal(mapped.has(getAddress("10.9.9.9")) && !mapped.has(getAddress("11.0.0.0")), true);
});

test("the IPv4 and IPv6 default routes do not include each other; an empty list has no address", () => {
	equal(listOf("0.0.0.0/0").has(getAddress("::1")), false);
	equal(listOf("0.0.0.0/0").has(getAddress("::ffff:8.8.8.8")), true);
	equal(listOf("::/0").has(getAddress("8.8.8.8")), false);
	equal(listOf("::/0").has(getAddress("2001:db8::1")), true);
	equal(listOf().has(getAddress("8.8.8.8")), false);
});

test("each wrong entry is reported by its pointer, without its text", () => {
	const wrong = [
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/-1",
		"10.0.0.0/08",
		"10.0.0.0/8/8",
		"10.0.0.0/255.0.0.0",
		"2001:db8::/129",
		"::ffff:10.0.0.0/90",
		"fe80::1%eth0",
		"host.example",
		"",
		"10.1",
	];
	const errors = getErrors("10.0.0.1", ...wrong);
	deepEqual(
		errors.map(({ pointer }) => pointer),
		wrong.map((_, index) => `/allowed_ips/${index + 1}`),
	);
	for (const { detail } of errors) ok(detail.length > 20 && !detail.includes("host.example") && !detail.includes("10.1"));
	const listed = parseAllowList(["x"], "/trusted");
	ok(Array.isArray(listed) && listed[0]?.pointer === "/trusted/0");
});

test("a list has 100 entries at most", () => {
	const many = (count: number) => Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
	equal(listOf(...many(ALLOW_LIST_ENTRIES_MAX)).entries.length, 100);
	match(getErrors(...many(ALLOW_LIST_ENTRIES_MAX + 1))[0]?.detail ?? "", /100 entries/);
});
