import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PASSWORD_CHARACTERS_MIN, passwordHint } from "./password-hint.ts";

const OLIVIA = ["Olivia Owner", "olivia.owner@example.com"];

test("counts characters as a person does, and says how many are missing", () => {
	equal(passwordHint("123456789", []).text, "One more character.");
	equal(passwordHint("😀😀😀", []).text, "7 more characters.");
	equal(passwordHint("", []).level, "short");
});

test("finds passwords that are guessed first", () => {
	for (const password of ["aaaaaaaaaaaaaaaaaaaa", "1234567890", "0987654321abc", "qwertyuiop", "password12345", "OliviaOwner1", "owner-olivia-99"])
		equal(passwordHint(password, OLIVIA).level, "guessable", password);
});

test("accepts a password with a known word among others", () => {
	equal(passwordHint("olivia eats nine green lamps", OLIVIA).level, "strong");
	equal(passwordHint("my password is a pelican", OLIVIA).level, "strong");
	equal(passwordHint("staple gun 7x", OLIVIA).level, "fine");
});

test("calls a password short exactly when the server rejects its length", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (password) => {
			equal(passwordHint(password, OLIVIA).level === "short", [...password].length < PASSWORD_CHARACTERS_MIN);
			match(passwordHint(password, OLIVIA).text, /\.$/);
		}),
	);
});
