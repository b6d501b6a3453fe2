import { doesNotMatch, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mailText, nameInMail, oneLine, timeInMail } from "./sanitize.ts";

const anything = fc.string({ unit: "binary", maxLength: 300 });
const LINE_ENDS = /[\r\n\u0085\u2028\u2029\0\u202e]/;

test("a person's name becomes one short line without a clickable address", () => {
	const linkish = fc.constantFrom("http://", "evil.example", "www.", "a@b.example", "//x", "\r\nBcc: ", "\u202e", "。", "<a href>");
	fc.assert(
		fc.property(fc.array(fc.oneof(anything, linkish), { maxLength: 6 }), (parts) => {
			const name = nameInMail(parts.join(""));
			ok(name.length > 0 && [...name].length <= 80);
			doesNotMatch(name, LINE_ENDS);
			doesNotMatch(name, /[:/@<>]|[.。．｡]\S/);
		}),
	);
});

test("ordinary names stay what they are", () => {
	for (const name of ["Olivia Onyango", "Jürgen Müller-Lüdenscheidt", "Acme Inc.", "山田太郎", "O'Brien & Sons, 3rd"]) equal(nameInMail(name), name);
	equal(nameInMail("J.R.R. Tolkien"), "J. R. R. Tolkien");
	equal(nameInMail("Prize! http://evil.example/x"), "Prize! http evil. example x");
	equal(nameInMail("://"), "Someone");
});

test("a line is cut between characters", () => {
	equal(oneLine("ab😀cd", 4), "ab😀…");
	equal(oneLine(" a \t\r\n b ", 10), "a b");
});

test("a text keeps its own lines and gains none", () => {
	fc.assert(
		fc.property(anything, (text) => {
			match(mailText(text), /^[^\p{Cc}\p{Cs}\u2028\u2029]*(\n[^\p{Cc}\p{Cs}\u2028\u2029]*)*$/u);
		}),
	);
	equal(mailText("one\r\ntwo\u2028\0"), "one\ntwo");
});

test("times are said in words, in UTC", () => {
	equal(timeInMail(new Date("2026-11-29T14:05:59+02:00")), "29 November 2026 at 12:05 UTC");
});
