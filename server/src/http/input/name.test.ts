import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { TSchema } from "typebox";
import { ForeignId, Name } from "./fields.ts";
import { compileValidator } from "./validation.ts";

function accepts(schema: TSchema, text: string): boolean {
	return compileValidator({ schema, httpPart: "body", method: "POST", url: "/" })(text) === true;
}

test("names in every script are accepted, up to 200 characters", () => {
	for (const name of ["a", "Mira's shop", "商店", "متجر", "👩🏽‍💻 bots", " padded ", "x".repeat(200), "👍".repeat(200)])
		equal(accepts(Name, name), true, name);
});

test("blank names, more than one line, control characters and halves of surrogate pairs are refused", () => {
	const wrong = ["", " ", "\u00a0\u3000", "a\nb", "a\r", "a\tb", "a\0b", "\u0007", "a\u0085b", "a\u2028b", "a\u2029", "\ud800", "x".repeat(201)];
	for (const name of wrong) equal(accepts(Name, name), false, JSON.stringify(name));
});

test("a foreign id may be any text on one line", () => {
	for (const id of ["1", "cus_42", "a b", "ä/ö?x=1"]) equal(accepts(ForeignId, id), true, id);
	for (const id of ["", "a\nb", "a\0", "x".repeat(201)]) equal(accepts(ForeignId, id), false, JSON.stringify(id));
});
