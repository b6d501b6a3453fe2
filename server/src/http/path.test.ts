import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isAmbiguousPath } from "./path.ts";

const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

function escapedBytes(bytes: Iterable<number>): string {
	return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Escapes every UTF-8 byte of the text, unlike encodeURIComponent, which leaves some. */
function escaped(text: string): string {
	return escapedBytes(Buffer.from(text));
}

const ordinarySegment = fc
	.string({ unit: fc.constantFrom(...UNRESERVED), minLength: 1, maxLength: 12 })
	.filter((segment) => segment !== "." && segment !== "..");
/** Paths as clients build them: any text, encoded by encodeURIComponent. */
const encodedSegment = fc
	.string({ unit: "grapheme", minLength: 1, maxLength: 8 })
	.filter((text) => text.isWellFormed() && !/^\.{1,2}$|[/\\%\p{Cc}]/u.test(text))
	.map((text) => encodeURIComponent(text));
const ordinaryPath = fc.array(fc.oneof(ordinarySegment, encodedSegment), { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join("/")}`);

test("paths that everybody reads alike pass", () => {
	const paths = [
		"/",
		"/a",
		"/a/",
		"/api/v1/m2m/whoami",
		"/api/v1/m2m/sites/site_4fT/documents/doc-1",
		"/.well-known/security.txt",
		"/a..b/..c/d../...",
	];
	for (const path of [...paths, "/~user", "/a%20b", "/caf%C3%A9", "/%F0%9F%94%91", "/a:b@c!$&'()*+,=", "/%3A%40%3b%23%3F", "/a|b[0]^", "/%7e"]) {
		equal(isAmbiguousPath(path), false, path);
	}
	fc.assert(fc.property(ordinaryPath, (path) => equal(isAmbiguousPath(path), false)));
});

test("what does not begin with a slash is ambiguous", () => {
	for (const path of ["", "*", "a", "a/b", "http://host/a", "//host/a", "?", " /a", "\\a", "%2Fa"]) equal(isAmbiguousPath(path), true, path);
});

test("dot segments and empty segments are ambiguous at any position", () => {
	const segments = ["", ".", "..", "%2e", "%2E", "%2e%2e", ".%2e", "%2E.", "..;", ";", ".;a=b"];
	for (const segment of segments) {
		for (const path of [`/a/${segment}/b`, `/${segment}/a`, ...(segment === "" ? [] : [`/${segment}`, `/a/${segment}`])]) {
			equal(isAmbiguousPath(path), true, path);
		}
	}
	equal(isAmbiguousPath("//"), true);
	equal(isAmbiguousPath("/a//"), true);
});

const AMBIGUOUS_PIECES: Record<string, string[]> = {
	"a backslash": ["\\", "%5c", "%5C"],
	"an encoded slash": ["%2f", "%2F"],
	"double encoding": ["%25", "%252e", "%25%32%65", "%252f"],
	"a path parameter": [";", ";a=b", ";jsessionid=1"],
	"a fragment or a query": ["#", "#a", "?", "?a=b"],
	"an encoded letter, digit, dot, hyphen or underscore": ["%61", "%5A", "%30", "%2e", "%2d", "%5f"],
	"an escape that is none": ["%", "%2/", "%zz", "%u0041", "%2g", "%g2", "% 20", "%-1", "%%20", "%0x", "%cg%a9", "%2:", "%1@", "%/2"],
	"a raw control or white space": ["\0", "\t", "\n", "\r", " ", "\u007f", "\u001f"],
	"an encoded control": ["%00", "%0a", "%0D", "%09", "%1f", "%7F", "%c2%80", "%C2%9F"],
	"a raw character above ASCII": ["é", "\u00a0", "\u2215", "\uff0f", "\u{1f511}", "\ud800", "\u0085"],
	"a lone or missing continuation byte": ["%80", "%bf", "%c3", "%c3a", "%c3%28", "%e2%82", "%f0%9f%94", "%c3é", "%e2%82%c3%a9"],
	"overlong UTF-8": ["%c0%ae", "%c0%af", "%c1%9c", "%e0%80%af", "%e0%9f%bf", "%f0%80%80%af", "%f0%8f%bf%bf", "%c0%80"],
	"an encoded surrogate": ["%ed%a0%80", "%ed%bf%bf", "%ed%a0%bd%ed%b4%91"],
	"more than Unicode has": ["%f4%90%80%80", "%f5%80%80%80", "%f8%88%80%80%80", "%f9%80%80%80", "%fa%80%80%80", "%fe", "%ff"],
};

for (const [name, pieces] of Object.entries(AMBIGUOUS_PIECES)) {
	test(`${name} makes any path ambiguous, at any position`, () => {
		for (const piece of pieces) {
			for (const path of [`/${piece}`, `/a${piece}`, `/${piece}a`, `/a/b${piece}c/d`, `/a/b/${piece}`, `/a%20${piece}/d`]) {
				equal(isAmbiguousPath(path), true, JSON.stringify(path));
			}
		}
	});
}

test("an ambiguous piece stays ambiguous in any ordinary path", () => {
	const piece = fc.constantFrom("/../", "/./", "//", "\\", "%2f", "%5c", "%2e", "%25", "%00", ";", "%zz", "%C0%AE", "\n");
	fc.assert(fc.property(ordinaryPath, piece, ordinaryPath, (before, middle, after) => equal(isAmbiguousPath(before + middle + after), true)));
});

test("escapes are right exactly when they are the UTF-8 of characters that may be escaped", () => {
	const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), (bytes) => {
			let refused: boolean;
			try {
				refused = /[A-Za-z0-9._/\\%\p{Cc}-]/u.test(decoder.decode(bytes));
			} catch {
				refused = true;
			}
			equal(isAmbiguousPath(`/a${escapedBytes(bytes)}`), refused);
		}),
		{ numRuns: 2000 },
	);
	const character = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((text) => text >= "\u00a0" && text.isWellFormed());
	fc.assert(fc.property(character, (text) => equal(isAmbiguousPath(`/${escaped(text)}`), false)));
});

test("a path that passes is the same for who decodes first and who splits first, and survives the URL parser", () => {
	fc.assert(
		fc.property(
			fc.oneof(
				ordinaryPath,
				fc.string({ unit: fc.constantFrom(..."/.%25ef;\\a?#b \0é"), maxLength: 12 }).map((text) => `/${text}`),
			),
			(path) => {
				fc.pre(!isAmbiguousPath(path));
				equal(path.split("/").map(decodeURIComponent).join("/"), decodeURIComponent(path));
				equal(decodeURIComponent(new URL(path, "http://host").pathname), decodeURIComponent(path));
			},
		),
		{ numRuns: 1000 },
	);
});
