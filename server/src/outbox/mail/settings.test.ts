import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { isMailAddress, parseSender, parseSmtpUrl } from "./settings.ts";

test("the URL of the mail server", () => {
	const plain = { host: "mail.example.com", port: 587, secure: false, requireTLS: false, tls: { rejectUnauthorized: true }, auth: null };
	deepEqual(parseSmtpUrl("smtp://mail.example.com"), plain);
	deepEqual(parseSmtpUrl("smtps://mail.example.com/"), { ...plain, port: 465, secure: true });
	deepEqual(parseSmtpUrl("smtp://u%40x:p%3Aw@mail.example.com:2525"), { ...plain, port: 2525, requireTLS: true, auth: { user: "u@x", pass: "p:w" } });
	deepEqual(parseSmtpUrl("smtp://[::1]:25"), { ...plain, host: "::1", port: 25, tls: { rejectUnauthorized: false } });
});

test("a password leaves this machine within TLS only", () => {
	for (const [url, required] of [
		["smtp://u:p@mail.example.com", true],
		["smtp://u:p@127.0.0.1.example.com", true],
		["smtp://u:p@10.0.0.1", true],
		["smtps://u:p@mail.example.com", false],
		["smtp://u:p@127.0.0.1", false],
		["smtp://u:p@localhost", false],
	] as const)
		equal(parseSmtpUrl(url).requireTLS, required, url);
});

test("what is no mail server is refused without being repeated", () => {
	const wrong = [
		"mail.example.com",
		"http://mail.example.com",
		"smtp://",
		"smtp://h/path",
		"smtp://h?x=1",
		"smtp://h#x",
		"smtp://u:swordfish%zz@h",
		"",
	];
	for (const url of wrong)
		throws(
			() => parseSmtpUrl(url),
			(error) => error instanceof Error && !error.message.includes("swordfish"),
			url,
		);
});

test("who mails come from", () => {
	deepEqual(parseSender("no-reply@example.com"), { name: null, address: "no-reply@example.com" });
	deepEqual(parseSender(" Acme API <no-reply@example.com> "), { name: "Acme API", address: "no-reply@example.com" });
	deepEqual(parseSender('"Acme, Inc." <no-reply@example.com>'), { name: "Acme, Inc.", address: "no-reply@example.com" });
	deepEqual(parseSender("<no-reply@localhost>"), { name: null, address: "no-reply@localhost" });
	for (const text of [
		"",
		"nobody",
		"a@b.example, c@d.example",
		"A <a@b.example> <c@d.example>",
		"A <a@b.example\r\nBcc: x@y>",
		"A\r\nBcc: x <a@b.example>",
	])
		throws(() => parseSender(text), Error, text);
});

test("one address is one address", () => {
	for (const text of ["a@b.example", "a.b+c'd@localhost"]) ok(isMailAddress(text));
	for (const text of [
		"a@b.example,c@d.example",
		"a@b.example\n",
		"a b@c.example",
		"<a@b.example>",
		"a@",
		"@b",
		`${"a".repeat(250)}@b.example`,
		"a@b.example>x",
	])
		ok(!isMailAddress(text), text);
});
