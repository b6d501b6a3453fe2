import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { digestOneTimeToken, makeOneTimeToken } from "./one-time-token.ts";

test("a token has 256 random bits behind its prefix, and only its digest finds it again", () => {
	const token = makeOneTimeToken("kwi");
	match(token.text, /^kwi_[0-9A-Za-z_-]{43}$/);
	deepEqual(digestOneTimeToken("kwi", token.text), token.digest);
	equal(token.digest.length, 32);
	notEqual(makeOneTimeToken("kwi").text, token.text);
});

test("a token is one of its own kind only, and any other text is none", () => {
	const { text } = makeOneTimeToken("kwp");
	for (const wrong of [text, `${text}A`, text.slice(0, -1), `kwi_${text.slice(4, -1)}+`, `kwi_${" ".repeat(43)}`, "kwi_", ""])
		equal(digestOneTimeToken("kwi", wrong), null);
});
