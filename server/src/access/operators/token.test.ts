import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { isOperatorToken, parseOperatorTokens } from "./token.ts";

const NEW = "new-operator-token-0123456789";
const OLD = "old-operator-token-0123456789";

test("during a rotation both tokens are accepted, and no other", () => {
	const tokens = parseOperatorTokens(` ${NEW}, ${OLD} `);
	for (const token of [NEW, OLD]) equal(isOperatorToken(tokens, token), true);
	for (const wrong of ["", NEW.slice(0, -1), `${NEW}x`, NEW.toUpperCase(), `${NEW},${OLD}`, ` ${NEW}`])
		equal(isOperatorToken(tokens, wrong), false, wrong);
	equal(isOperatorToken(parseOperatorTokens(NEW), OLD), false);
});

test("an empty, short or malformed token setting is refused", () => {
	for (const text of [
		"",
		" , ",
		"short",
		"x".repeat(19),
		`${NEW},short`,
		`${NEW},${OLD},${OLD}x`,
		"with a space inside of it",
		"tökén-tökén-tökén-tökén",
	]) {
		throws(() => parseOperatorTokens(text), /operator token/, text);
	}
	parseOperatorTokens("x".repeat(20));
});

test("the parsed tokens do not contain the text", () => {
	equal(JSON.stringify(parseOperatorTokens(NEW)).includes(NEW), false);
});
