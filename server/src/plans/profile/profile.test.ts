import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import fc from "fast-check";
import { ApiError } from "../../core/error.ts";
import { ProfileInput } from "../schema.ts";
import { parseProfile } from "./edit.ts";
import {
	baseAddress,
	contrastWithWhite,
	defaultProfile,
	effectiveProfile,
	isCheckPath,
	NOTHING_SET,
	validateAccentColor,
	validateLogo,
	webAddress,
} from "./profile.ts";

const STANDARD = defaultProfile("https://keys.example");
const PNG = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(20)]);
const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(20)]);
const WEBP = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP", "latin1"), Buffer.alloc(20)]);

function dataUrl(type: string, bytes: Buffer): string {
	return `data:${type};base64,${bytes.toString("base64")}`;
}

function getPointers(run: () => unknown): string[] {
	let pointers: string[] = [];
	throws(run, (error) => {
		ok(error instanceof ApiError && error.code === "invalid_request");
		pointers = (error.metadata.errors ?? []).map(({ pointer }) => pointer);
		return true;
	});
	return pointers;
}

test("only http and https addresses are links, without names, passwords, blanks or control characters", () => {
	for (const text of ["https://status.example.com", "http://localhost:3000/help?a=b#c", "HTTPS://Status.Example"])
		ok(webAddress(text) instanceof URL, text);
	const wrong = [
		"",
		"javascript:alert(1)",
		"JavaScript:alert(1)",
		"data:text/html,x",
		"//evil.example",
		"https:evil.example",
		"ftp://files.example",
		"mailto:help@example.com",
		"java\nscript:alert(1)",
		"https://a b.example",
		"https://example.com\n",
		"\thttps://example.com",
		"https://user:secret@example.com",
		"https://user@example.com",
		"https://",
		"https:\\\\evil.example",
	];
	for (const text of wrong) equal(typeof webAddress(text), "string", text);
});

test("a base address can be extended with paths and is safe in every language's string literal", () => {
	deepEqual(baseAddress("https://api.example.com/"), { base: "https://api.example.com" });
	deepEqual(baseAddress("https://API.example.com:8443/v1//"), { base: "https://api.example.com:8443/v1" });
	deepEqual(baseAddress("http://[::1]:8787"), { base: "http://[::1]:8787" });
	const wrong = ["https://a.example?x=1", "https://a.example?", "https://a.example#", "https://a.example/#top", "https://a.example/'$(id)'"];
	for (const text of [...wrong, "https://a.example/`id`", "https://a.example/a//b", "https://a.example/{tenant_id}", "api.example.com"])
		equal(typeof baseAddress(text), "string", text);
});

test("no base address contains a character that a shell or a string literal interprets", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 20 }), fc.webPath(), (text, path) => {
			for (const tried of [`https://a.example/${text}`, `https://a.example${path}${text}`]) {
				const found = baseAddress(tried);
				if (typeof found === "object") match(found.base, /^https:\/\/a\.example[A-Za-z0-9._~%/:@=+,-]*$/);
			}
			if (isCheckPath(`/${text}`)) match(text.replaceAll("{tenant_id}", ""), /^[A-Za-z0-9._~%/:@=&?+,-]*$/);
		}),
	);
});

test("a check path begins with one slash, and its only place holder is the tenant's id", () => {
	for (const path of ["/", "/v1/ping", "/v1/{tenant_id}/limits?full=1&x=%20"]) ok(isCheckPath(path), path);
	for (const path of ["", "v1", "//evil.example/x", "/{site_id}", "/{tenant_id", "/a b", "/a'b", '/a"b', "/$(id)", "/`id`", "/a\\b", "/a#b", "/a\n"])
		equal(isCheckPath(path), false, path);
});

test("a logo is a complete image of the stated type, of at most 64 KiB", () => {
	for (const [type, bytes] of [
		["image/png", PNG],
		["image/jpeg", JPEG],
		["image/webp", WEBP],
	] as const)
		equal(validateLogo(dataUrl(type, bytes)), null, type);
	equal(validateLogo(dataUrl("image/png", Buffer.concat([PNG, Buffer.alloc(65_536 - PNG.length)]))), null);
	match(validateLogo(dataUrl("image/png", Buffer.concat([PNG, Buffer.alloc(65_537 - PNG.length)]))) ?? "", /65536/);
	const svg = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>");
	const wrong = [
		dataUrl("image/svg+xml", svg),
		dataUrl("text/html", svg),
		dataUrl("image/png", svg),
		dataUrl("image/png", JPEG),
		dataUrl("image/webp", PNG),
		`data:image/png,${PNG.toString("latin1")}`,
		`${dataUrl("image/png", PNG)}"><script>`,
		dataUrl("image/png", PNG).replace("base64,", "base64, "),
		dataUrl("image/png", PNG).slice(0, -1),
		"https://evil.example/logo.png",
		"",
	];
	for (const text of wrong) equal(typeof validateLogo(text), "string", text.slice(0, 60));
});

test("an accent colour has the WCAG contrast with white text", () => {
	equal(contrastWithWhite("#000000"), 21);
	equal(contrastWithWhite("#ffffff"), 1);
	equal(contrastWithWhite("#767676") > 4.5 && contrastWithWhite("#777777") < 4.5, true);
	equal(validateAccentColor("#3B5BDB"), null);
	match(validateAccentColor("#ffd43b") ?? "", /1\.4\d with white.*4\.5/);
	for (const color of ["blue", "#fff", "#12345g", "3b5bdb", "#3b5bdb;}"]) equal(validateAccentColor(color), "must be #rrggbb");
});

test("all errors of a profile are reported at once, by field", () => {
	const input = {
		api_base_url: "ftp://a",
		support_url: "javascript:alert(1)",
		check_request: { method: "GET" as const, path: "//x" },
		logo_url: "x",
		accent_color: "#ffffff",
	};
	deepEqual(
		getPointers(() => parseProfile(input, STANDARD)),
		["/support_url", "/api_base_url", "/check_request/path", "/logo_url", "/accent_color"],
	);
});

test("an omitted, null or default value is not set, so that a profile read and sent back changes nothing", () => {
	deepEqual(parseProfile({}, STANDARD), NOTHING_SET);
	deepEqual(parseProfile(STANDARD, STANDARD), NOTHING_SET);
	deepEqual(parseProfile({ product_name: null, check_request: null }, STANDARD), NOTHING_SET);
	const set = parseProfile({ product_name: " Orders ", error_base_url: "https://docs.example/errors/", accent_color: "#3B5BDB" }, STANDARD);
	deepEqual(set, { ...NOTHING_SET, product_name: "Orders", error_base_url: "https://docs.example/errors", accent_color: "#3b5bdb" });
	deepEqual(parseProfile(effectiveProfile(set, "https://keys.example"), STANDARD), set);
	equal(effectiveProfile(set, "https://elsewhere.example").api_base_url, "https://elsewhere.example");
});

test("a product name is one line of text", () => {
	const accepts = new Ajv({ strict: false }).compile(ProfileInput);
	for (const product_name of ["Orders & Co", "<img src=x onerror=alert(1)>", "Ordrá"]) ok(accepts({ product_name }), product_name);
	for (const product_name of ["", "  ", "a\nb", "a\u0000", "a\u2028b", "\ud800", 5, "x".repeat(201)]) equal(accepts({ product_name }), false);
	equal(accepts({ colour: "#000000" }), false);
});
