import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { AllowList, parseAddress, parseAllowList } from "../../core/network.ts";
import { isPublicAddress } from "./address.ts";
import { Outgoing } from "./outgoing.ts";
import { parseTarget } from "./target.ts";

/** Every form that leads to an address which is not public. The first ones are plain; others are written to be read differently by two parsers. */
const PRIVATE_URLS: readonly string[] = [
	...["https://127.0.0.1/", "https://127.255.255.254/", "https://0.0.0.0/", "https://10.1.2.3/", "https://172.16.0.1/", "https://172.31.255.255/"],
	...[
		"https://192.168.1.1/",
		"https://169.254.169.254/latest/meta-data/",
		"https://168.63.129.16/",
		"https://100.64.0.1/",
		"https://100.127.255.255/",
		"https://192.0.0.1/",
	],
	...[
		"https://192.0.2.1/",
		"https://198.51.100.7/",
		"https://203.0.113.9/",
		"https://198.18.0.1/",
		"https://198.19.255.255/",
		"https://192.88.99.1/",
	],
	...["https://224.0.0.1/", "https://239.255.255.250/", "https://240.0.0.1/", "https://255.255.255.255/", "https://0.1.2.3/"],
	...["https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd12:3456:789a::1]/", "https://[ff02::1]/"],
	...[
		"https://[fec0::1]/",
		"https://[2001:db8::1]/",
		"https://[3fff::1]/",
		"https://[2001::1]/",
		"https://[2001:10::1]/",
		"https://[2002:7f00:1::]/",
	],
	...["https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::1]/", "https://[100::1]/", "https://[::7f00:1]/"],
	...["https://[::ffff:7f00:1]/", "https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:ffff:127.0.0.1]/", "https://[::127.0.0.1]/"],
	...["https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://localhost:8443/"],
	...["https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0x7f.1/", "https://017700000001/", "https://0177.0.0.1/"],
	...["https://127.1/", "https://127.0.1/", "https://127.0.0.1./", "https://0/", "https://127.000.000.001/", "https://%31%32%37.0.0.1/"],
	...["https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://[::ffff:a00:1]/", "https://3232235777/", "https://0xa9fea9fe/", "https://10.0.513/"],
	...["https://user@127.0.0.1/", "https://hooks.example.com@127.0.0.1/", "https://127.0.0.1\\@hooks.example.com/", "https://127.0.0.1%2f@x/"],
	...["https://[::1%25eth0]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::0001]/"],
];

/** Forms of hosts that are faults even where the address is allowed. */
const ODD_FORMS: readonly string[] = [
	...["http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:0:0:1]/"],
	...["http://127.0.0.1./", "http://user@127.0.0.1/", "http://user:password@127.0.0.1/", "http://@127.0.0.1/", "http://127.0.0.1:/"],
	...[
		"http://127.0.0.1:080/",
		"http://127.0.0.1:99999/",
		"http://127.0.0.1:0/",
		"http://127.0.0.1:22/",
		"http://127.0.0.1:25/",
		"http://127.0.0.1:5432/",
	],
	...[
		"http://127.0.0.1:6379/",
		"http://127.0.0.1:11211/",
		"ftp://127.0.0.1/",
		"file:///etc/passwd",
		"//127.0.0.1/",
		"http:127.0.0.1",
		"http:/127.0.0.1/",
	],
	...[
		"http:///127.0.0.1/",
		"http://\t127.0.0.1/",
		"http://127.0.0.1/\n",
		" http://127.0.0.1/",
		"http://127.0.0.1 /",
		"http:\\\\127.0.0.1\\",
		"http://127.0.0.1/#x",
	],
	...[
		"http://bücher.example/",
		"http://ex%61mple.com/",
		"http://-a.example/",
		"http://a..example/",
		"http://example.com./",
		`http://${"a".repeat(64)}.example/`,
	],
	...["gopher://127.0.0.1/", "javascript:alert(1)", "http://", "", "hooks.example.com", `https://hooks.example.com/${"x".repeat(2_048)}`],
];

function allowing(...entries: string[]): AllowList {
	const list = parseAllowList(entries);
	ok(list instanceof AllowList);
	return list;
}

test("no form of a private or reserved address is a URL that can be called", () => {
	ok(PRIVATE_URLS.length >= 40);
	const outgoing = new Outgoing({ allowed: null });
	for (const url of PRIVATE_URLS) ok(outgoing.validate(url) !== null, url);
});

test("odd forms of hosts, ports and schemes are faults also where the address is allowed", () => {
	const outgoing = new Outgoing({ allowed: allowing("0.0.0.0/0", "::/0") });
	for (const url of ODD_FORMS) ok(outgoing.validate(url) !== null, url);
	for (const url of ["http://127.0.0.1/", "http://127.0.0.1:8080/a?b=c", "http://[::1]:9000/", "https://10.0.0.5/"])
		equal(outgoing.validate(url), null, url);
});

test("public hosts are called by HTTPS only, listed addresses also by HTTP", () => {
	const strict = new Outgoing({ allowed: null });
	for (const url of [
		"https://hooks.example.com/a",
		"https://HOOKS.example.com:8443/",
		"https://93.184.215.14/",
		"https://[2606:4700::1111]/",
		"https://xn--bcher-kva.example/",
	])
		equal(strict.validate(url), null, url);
	for (const url of ["http://hooks.example.com/", "http://93.184.215.14/", "http://[2606:4700::1111]/"])
		equal(strict.validate(url), "must begin with https://", url);
	const loopback = new Outgoing({ allowed: allowing("127.0.0.1") });
	for (const url of ["http://127.0.0.1:8080/", "http://localhost:8080/", "https://127.0.0.1/"]) equal(loopback.validate(url), null, url);
	for (const url of ["http://127.0.0.2/", "http://93.184.215.14/", "https://10.0.0.1/"]) ok(loopback.validate(url) !== null, url);
});

test("a target has the port, and the host without brackets in lower case", () => {
	for (const [text, host, port, secure] of [
		["https://Hooks.Example.com/x", "hooks.example.com", 443, true],
		["http://[::1]:8080/", "::1", 8080, false],
		["http://127.0.0.1/", "127.0.0.1", 80, false],
	] as const) {
		const target = parseTarget(text);
		ok(typeof target !== "string", String(target));
		equal([target.host, target.port, target.secure].join(" "), [host, port, secure].join(" "));
	}
});

test("only globally reachable unicast addresses are public, also inside NAT64", () => {
	for (const text of ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"]) {
		const address = parseAddress(text);
		ok(address !== null && isPublicAddress(address), text);
	}
	for (const text of ["127.0.0.1", "::ffff:8.8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::a00:1", "4000::1", "1fff::1", "2001:1::1"]) {
		const address = parseAddress(text);
		ok(address === null || !isPublicAddress(address), text);
	}
});
