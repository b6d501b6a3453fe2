import { deepEqual, equal, ok } from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { AllowList, parseAllowList } from "../core/network.ts";
import { FORWARD_AUTH } from "../http/forward-auth-problem.ts";
import { FramedRequest } from "../http/framed-request.ts";
import { readForwarded, validateTarget } from "./forwarded.ts";

const PROXY = "10.0.0.1";

function trusted(): AllowList {
	const list = parseAllowList(["10.0.0.0/24"]);
	ok(list instanceof AllowList);
	return list;
}

interface Asking {
	readonly url?: string;
	readonly method?: string;
	readonly peer?: string;
}

function questionWith(lines: readonly (readonly [string, string])[], asking: Asking = {}): FramedRequest {
	const socket = new Socket();
	Object.defineProperty(socket, "remoteAddress", { value: asking.peer ?? PROXY });
	const raw = new FramedRequest(socket);
	raw.url = asking.url ?? FORWARD_AUTH;
	raw.method = asking.method ?? "GET";
	raw.rawHeaders.push(...lines.flat());
	// Joins repeated headers, as the platform does.
	const chain = lines.filter(([name]) => name === FOR[0]).map(([, value]) => value);
	raw.headers = chain.length > 0 ? { "x-forwarded-for": chain.join(", ") } : {};
	return raw;
}

const FOR = ["X-Forwarded-For", "203.0.113.9"] as const;
const METHOD = ["X-Forwarded-Method", "POST"] as const;
const URI = ["X-Forwarded-Uri", "/orders/7?x=1"] as const;

/** The code of the refusal, or the parsed request. */
function read(lines: readonly (readonly [string, string])[], asking: Asking = {}, proxies: AllowList | null = trusted()) {
	const found = readForwarded(questionWith(lines, asking), proxies);
	return "code" in found ? found.code : `${found.method} ${found.path} ${found.address.text}`;
}

test("a question by headers says method, path and address", () => {
	equal(read([FOR, METHOD, URI]), "POST /orders/7 203.0.113.9");
	equal(read([FOR, METHOD, URI], { url: `${FORWARD_AUTH}?deny=403`, method: "GET" }), "POST /orders/7 203.0.113.9");
});

test("a question by its path says them by itself", () => {
	equal(read([FOR], { url: `${FORWARD_AUTH}/orders/7?x=1`, method: "DELETE" }), "DELETE /orders/7 203.0.113.9");
	equal(read([FOR], { url: `${FORWARD_AUTH}/`, method: "GET" }), "GET / 203.0.113.9");
	equal(read([FOR, ["X-Forwarded-Uri", "/other"]], { url: `${FORWARD_AUTH}/orders/7` }), "invalid_request");
	equal(read([FOR, METHOD], { url: `${FORWARD_AUTH}/orders/7`, method: "GET" }), "invalid_request");
	equal(read([FOR, METHOD, ["X-Forwarded-Uri", "/orders/7"]], { url: `${FORWARD_AUTH}/orders/7`, method: "POST" }), "POST /orders/7 203.0.113.9");
});

test("only a trusted proxy is believed", () => {
	equal(read([FOR, METHOD, URI], { peer: "10.0.1.1" }), "forwarded_uri_missing");
	equal(read([FOR, METHOD, URI], { peer: "" }), "forwarded_uri_missing");
	equal(read([FOR, METHOD, URI], {}, null), "forwarded_uri_missing");
	equal(read([FOR], { url: `${FORWARD_AUTH}/orders/7`, peer: "192.0.2.1" }), "forwarded_uri_missing");
});

test("what is missing, empty or doubled is refused", () => {
	equal(read([FOR, METHOD]), "forwarded_uri_missing");
	equal(read([FOR, URI]), "forwarded_uri_missing");
	equal(read([METHOD, URI]), "forwarded_uri_missing");
	equal(read([FOR, METHOD, ["X-Forwarded-Uri", ""]]), "forwarded_uri_missing");
	equal(read([FOR, ["X-Forwarded-Method", ""], URI]), "forwarded_uri_missing");
	equal(read([FOR, METHOD, URI, ["x-forwarded-uri", URI[1]]]), "invalid_request");
	equal(read([FOR, METHOD, METHOD, URI]), "invalid_request");
	equal(read([METHOD, URI, ["X-Forwarded-For", "unknown"]]), "forwarded_uri_missing");
	equal(read([METHOD, URI, ["X-Forwarded-For", "10.0.0.9, nonsense"]]), "forwarded_uri_missing");
});

test("the address is the last that no trusted proxy has, whatever a caller wrote before it", () => {
	equal(read([METHOD, URI, ["X-Forwarded-For", "192.0.2.66, 203.0.113.9, 10.0.0.2"]]), "POST /orders/7 203.0.113.9");
	equal(read([METHOD, URI, ["X-Forwarded-For", "192.0.2.66"], ["X-Forwarded-For", "203.0.113.9"]]), "POST /orders/7 203.0.113.9");
});

test("headers that some upstream takes for the method or the URI are refused when they say otherwise", () => {
	for (const name of ["X-HTTP-Method-Override", "x-http-method", "X-METHOD-OVERRIDE", "X-Original-Method"]) {
		equal(read([FOR, METHOD, URI, [name, "DELETE"]]), "invalid_request", name);
		equal(read([FOR, METHOD, URI, [name, "POST"], [name, "DELETE"]]), "invalid_request", name);
		equal(read([FOR, METHOD, URI, [name, "POST"]]), "POST /orders/7 203.0.113.9", name);
	}
	for (const name of ["X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "x-rewrite-uri"]) {
		for (const other of ["/orders/8", "/orders/7", "https://h/orders/7", "https://h/x/orders/7?x=1", "//orders/7?x=1", ""])
			equal(read([FOR, METHOD, URI, [name, other]]), "invalid_request", other);
		for (const same of [URI[1], `https://h${URI[1]}`, `HTTP://h:80${URI[1]}`])
			equal(read([FOR, METHOD, URI, [name, same]]), "POST /orders/7 203.0.113.9", same);
	}
	for (const name of ["X-Forwarded-Path", "X-Original-Path", "X-Envoy-Original-Path"]) {
		for (const other of ["/orders/8", "/orders/7/", "orders/7", "/", ""]) equal(read([FOR, METHOD, URI, [name, other]]), "invalid_request", other);
		for (const same of [URI[1], "/orders/7"]) equal(read([FOR, METHOD, URI, [name, same]]), "POST /orders/7 203.0.113.9", same);
	}
	for (const name of ["X-Forwarded-Prefix", "X-Script-Name"]) {
		for (const other of ["/admin", "admin", "/orders", "/, /admin"]) equal(read([FOR, METHOD, URI, [name, other]]), "invalid_request", other);
		for (const none of ["", "/"]) equal(read([FOR, METHOD, URI, [name, none]]), "POST /orders/7 203.0.113.9", none);
	}
});

const AMBIGUOUS = [
	"orders",
	"http://upstream/orders/7",
	"//upstream/orders/7",
	"*",
	"/a/../b",
	"/a/%2e%2e/b",
	"/a/..",
	"/a//b",
	"/a/./b",
	"/a%2fb",
	"/a%252fb",
	"/a%5cb",
	"/a\\b",
	"/a;b",
	"/a%00",
	"/a%",
	"/a%zz",
	"/%61",
	"/a#b",
	"/a?b#c",
	"/a b",
	"/a?b c",
	"/a\tb",
	"/\u00e4",
	"/a?\u00e4",
	"/a%c0%af",
	"/a, /b",
	"/a,/b",
	"/a?b, /c",
	"?a",
	"",
];

test("a URI that two programs could read differently is refused", () => {
	for (const uri of AMBIGUOUS) equal(validateTarget("GET", uri)?.code, "ambiguous_path", JSON.stringify(uri));
	for (const uri of ["/", "/a", "/a/", "/a,b", "/a?b=/c//d/..&e=,/f", "/a%20b", "/a:b@c", "/%E2%84%AA", `/${"a".repeat(12_000)}`, "/a?", "/a?b?c"])
		equal(validateTarget("GET", uri), null, uri);
});

test("a method is one word of capital letters", () => {
	for (const method of ["get", "Get", "GET ", "GET,POST", "GET, POST", "G3T", "", "A".repeat(33), "-GET"])
		equal(validateTarget(method, "/a")?.code, "invalid_request", JSON.stringify(method));
	for (const method of ["GET", "PROPFIND", "M-SEARCH", "VERSION-CONTROL"]) equal(validateTarget(method, "/a"), null);
});

test("no headers besides change which request is read: they are without effect, or it is refused", () => {
	const names = [
		"X-Forwarded-Uri",
		"x-forwarded-method",
		"X-Forwarded-Path",
		"X-Original-URL",
		"Forwarded",
		"X-Forwarded-Prefix",
		"X_Forwarded_Uri",
		"Host",
	];
	const line = fc.tuple(fc.constantFrom(...names), fc.constantFrom("/admin", "DELETE", URI[1], "POST", "", "a"));
	let read_all = 0;
	fc.assert(
		fc.property(fc.array(line, { maxLength: 3 }), fc.array(line, { maxLength: 3 }), (before, after) => {
			const found = readForwarded(questionWith([...before, FOR, METHOD, URI, ...after]), trusted());
			if ("code" in found) return;
			read_all += 1;
			deepEqual([found.method, found.path, found.uri], ["POST", "/orders/7", URI[1]]);
		}),
		{ numRuns: 500 },
	);
	ok(read_all > 10);
});
