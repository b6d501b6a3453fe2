import { deepEqual, doesNotMatch, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";

test("the configuration takes both mail settings or neither, and says what is wrong at the start", () => {
	const both = { KEYWRIGHT_SMTP_URL: "smtp://u:swordfish@mail.example.com", KEYWRIGHT_MAIL_FROM: "Acme <no-reply@example.com>" };
	deepEqual(readConfig(both).mail, { smtp_url: both.KEYWRIGHT_SMTP_URL, from: both.KEYWRIGHT_MAIL_FROM });
	equal(readConfig({}).mail, null);
	for (const [environment, found] of [
		[{ KEYWRIGHT_SMTP_URL: both.KEYWRIGHT_SMTP_URL }, /needs KEYWRIGHT_MAIL_FROM/],
		[{ KEYWRIGHT_MAIL_FROM: both.KEYWRIGHT_MAIL_FROM }, /needs KEYWRIGHT_SMTP_URL/],
		[{ ...both, KEYWRIGHT_SMTP_URL: "smtp://u:swordfish@h/path" }, /KEYWRIGHT_SMTP_URL: must end after/],
		[{ ...both, KEYWRIGHT_MAIL_FROM: "nobody" }, /KEYWRIGHT_MAIL_FROM: must be an address/],
	] as const) {
		throws(
			() => readConfig(environment),
			(error) => {
				ok(error instanceof ConfigError && error.mistakes.length === 1 && found.test(error.mistakes[0] ?? ""));
				doesNotMatch(error.message, /swordfish/);
				return true;
			},
		);
	}
});

test("a public URL is an origin: one with a path, which would give blank pages, is refused at the start", () => {
	const getUrl = (text: string) => readConfig({ KEYWRIGHT_PUBLIC_URL: text }).public_url;
	for (const [text, origin] of [
		["https://keys.example.com", "https://keys.example.com"],
		["https://keys.example.com/", "https://keys.example.com"],
		["http://127.0.0.1:8787//", "http://127.0.0.1:8787"],
	] as const)
		equal(getUrl(text), origin);
	for (const text of [
		"https://example.com/keys",
		"https://example.com/keys/",
		"https://example.com/?a=b",
		"https://u:p@example.com",
		"ftp://example.com",
	])
		throws(() => getUrl(text), /KEYWRIGHT_PUBLIC_URL must/, text);
	throws(() => getUrl("https://example.com/keys"), /no path/);
});

test("an address to listen on that is none is refused with its setting's name, and one in brackets with how to write it", () => {
	for (const host of ["127.0.0.1", "0.0.0.0", "::1", "::", "fe80::1%lo", "localhost", "keys.internal", "host_1"])
		equal(readConfig({ KEYWRIGHT_HOST: host }).host, host);
	for (const host of ["300.1.1.1", "1.2.3", "12345", "127.0.0.1:8787", "http://a", "a b", ":::"])
		throws(() => readConfig({ KEYWRIGHT_HOST: host }), /KEYWRIGHT_HOST must be an address/, host);
	throws(() => readConfig({ KEYWRIGHT_HOST: "[::1]" }), /KEYWRIGHT_HOST must be written without brackets, such as ::1/);
	throws(() => readConfig({ KEYWRIGHT_DATA_DIR: "a\nb" }), /KEYWRIGHT_DATA_DIR must have no line breaks/);
});
