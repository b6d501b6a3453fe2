import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import { validateStoredText, validateStoredTexts } from "./stored-text.ts";

const KEY = `acme_shop_prod_${"a1B2".repeat(12)}`;

test("a raw key of any brand, a credential and a one-time link are found anywhere in a text, and what merely resembles one is not", () => {
	for (const text of [KEY, `see ${KEY}!`, `kw_dev_${"x".repeat(32)}`, `kws_${"a".repeat(50)}`, `https://a.example/join#kwi_${"b-_".repeat(15)}`])
		equal(typeof validateStoredText(text), "string", text);
	for (const text of [
		"prod-order-bot",
		"kw_prod_…a1B2",
		"my_staging_server",
		`kw_prod_${"x".repeat(31)}`,
		"a".repeat(64),
		"Mira's shop\nline 2\t商店",
	])
		equal(validateStoredText(text), null, text);
});

test("marks that turn text, control characters and texts that show nothing are refused; what scripts and emoji need is not", () => {
	for (const text of [
		"a\u202eb",
		"\u2066a\u2069",
		"a\u200f",
		"\u061ca",
		"a\u0007",
		"a\u0085",
		"\u200b",
		" \u2060\u00ad",
		"\u3164",
		"\u2800",
		"\u{e0041}",
	])
		equal(typeof validateStoredText(text), "string", JSON.stringify(text));
	for (const text of ["", " ", "👩🏽‍💻 bots", "می‌خواهم", "متجر", "co\u00adoperate"]) equal(validateStoredText(text), null, JSON.stringify(text));
});

test("every text of an input is validated, entry names included, except secrets and document content as their schemas say", () => {
	const schema = Type.Object({
		password: Type.String({ writeOnly: true }),
		content: Type.String({ contentMediaType: "text/plain" }),
		owner: Type.Union([Type.Object({ token: Type.String({ writeOnly: true }), name: Type.String() }), Type.Null()]),
		tags: Type.Array(Type.Object({ note: Type.String() })),
		labels: Type.Record(Type.String(), Type.String()),
	});
	const input = {
		...{ password: KEY, content: "a\u202eb", owner: { token: KEY, name: KEY }, tags: [{ note: "fine" }, { note: KEY }] },
		labels: { a: KEY, [KEY]: "b", constructor: "\u202e" },
		extra: KEY,
	};
	const pointers = validateStoredTexts(schema, input).map(({ pointer }) => pointer);
	deepEqual(pointers, ["/owner/name", "/tags/1/note", "/labels/a", "/labels/acme_sho…", "/labels/constructor", "/extra"]);
	deepEqual(
		validateStoredTexts(schema, { content: KEY }).map(({ pointer }) => pointer),
		["/content"],
	);
});
