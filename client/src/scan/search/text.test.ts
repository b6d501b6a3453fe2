import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BREAKS, ESCAPE_STYLES, escapeAll, makeKey, publicPartsOf, randomFrom, randomText, withChecksum } from "../../../testing/scan/keys.ts";
import { parseKeyFormats, toImportedFormats } from "./formats.ts";
import { maskKeys, type Occurrence, searchText } from "./text.ts";

const random = randomFrom(7);

function search(text: string): Occurrence[] {
	const found = new Map<number, Occurrence>();
	searchText(text, [], (occurrence) => found.set(occurrence.start, occurrence));
	return [...found.values()];
}

test("keys of the shared vectors are found with their public parts, whatever their brand", () => {
	const vectors: unknown = JSON.parse(readFileSync(new URL("../../../../e2e/vectors/keys.json", import.meta.url), "utf8"));
	const { raw_keys } = vectors as { raw_keys: { raw_key: string; kid: string; last4: string; environment: string; brand: string }[] };
	ok(raw_keys.length >= 8);
	for (const { raw_key, kid, last4, environment, brand } of raw_keys) {
		const [found] = search(`x = '${raw_key}'`);
		deepEqual([found?.kid, found?.last4, found?.environment, found?.format], [kid, last4, environment, brand]);
		equal(found?.start, 5);
	}
});

test("a service credential is found by its checksum", () => {
	const credential = withChecksum(`kws_${randomText(random, 44)}`);
	const [found] = search(`Bearer ${credential}`);
	deepEqual([found?.kind, found?.kid], ["service_credential", publicPartsOf(credential).kid]);
	deepEqual(search(`Bearer ${credential.slice(0, -1)}`), []);
});

test("a key is found in every spelling, and broken at any character by any break", () => {
	const key = makeKey(random, "acme_api", "staging");
	for (let style = 0; style < ESCAPE_STYLES; style += 1) equal(search(`{"k":"${escapeAll(key, style)}"}`).length, 1, `style ${style}`);
	for (const between of BREAKS)
		for (let at = 1; at < key.length; at += 1) {
			const [found] = search(`k = "${key.slice(0, at)}${between}${key.slice(at)}";`);
			equal(found?.kid, publicPartsOf(key).kid, `${JSON.stringify(between)} at ${at}`);
		}
});

test("text that only looks like a key is not found", () => {
	for (let index = 0; index < 200; index += 1) {
		const key = makeKey(random);
		for (const text of [
			key.slice(0, -1),
			`${key}a`,
			key.toLowerCase(),
			key.replace("prod", "test"),
			key.replace("_prod_", "_dev_"),
			`${key.slice(0, -2)}--`,
		])
			deepEqual(search(`k = "${text}"\n`), [], text.length.toString());
		deepEqual(search(`k = "${escapeAll(`${key}a`, index % ESCAPE_STYLES)}"`), []);
	}
});

test("a key directly after other letters is found, and one brand is not taken for another", () => {
	const key = makeKey(random, "kw");
	for (const before of ["n", "KEY", "api_key_", "%0A", "\\n", "kw_"]) equal(search(before + key)[0]?.format, "kw", before);
});

test("texts full of beginnings of keys are searched to their end", () => {
	const hostile = ["_dev_", `kw_prod_${"a".repeat(50)}`, "\\\\\\\\\\\\\\\\", '"+', "_\\\n", "%25%25", "_ \n \n"].map((text) =>
		text.repeat(Math.ceil(2_000_000 / text.length)),
	);
	for (const text of hostile) equal(search(text).length, 0);
});

test("blanks between quotes in any number do not make the search slow", () => {
	for (const blanks of [12, 80]) {
		const between = `"${" ".repeat(blanks)}"`;
		const text = `_${[..."staging!"].map((character) => between + character).join("")}`;
		const started = performance.now();
		equal(search(text).length, 0);
		ok(performance.now() - started < 2_000, `${blanks} blanks`);
	}
	const key = makeKey(random);
	equal(search(`"${key.slice(0, 9)}"${" ".repeat(80)}+${" ".repeat(80)}"${key.slice(9)}"`)[0]?.kid, publicPartsOf(key).kid);
});

test("a key with underscores escaped as in Markdown is found", () => {
	const key = makeKey(random, "acme_api", "staging");
	deepEqual([search(`**${key.replaceAll("_", "\\_")}**`)[0]?.format, search(key.replaceAll("_", "\\_")).length], ["acme_api", 1]);
});

test("no key is shown whole in a name, also where something stands directly after it", () => {
	const key = makeKey(random);
	const secret = key.slice(-38);
	const credential = withChecksum(`kws_${randomText(random, 44)}`);
	for (const name of [`${key}2.env`, `${key}${key}`, `a_${key}/${key}9`, `${key.slice(0, -1)}`, `x${key.replaceAll("_", "\\_")}0`])
		ok(!maskKeys(name, []).includes(secret.slice(0, -1)), name.replace(key, "KEY"));
	ok(!maskKeys(`${credential}2.env`, []).includes(credential.slice(-38)));
	match(maskKeys(`dir/${key}.env`, []), new RegExp(`^dir/\\[${publicPartsOf(key).kid}…${key.slice(-4)}\\]\\.env$`));
	equal(maskKeys("my_prod_configuration.json", []), "my_prod_configuration.json");
});

test("imported keys are found by their pattern only where the format has a prefix, at word boundaries and within the lengths", () => {
	const format = { name: "older", kind: "imported", prefix: "old_", alphabet: "hex", length_min: 16, length_max: 20 };
	const formats = toImportedFormats(parseKeyFormats(JSON.stringify({ product_name: "x", key_formats: [format] })));
	const count = (text: string) => {
		let found = 0;
		searchText(text, formats, ({ matched_by, kid }) => {
			deepEqual([matched_by, kid], ["pattern", null]);
			found += 1;
		});
		return found;
	};
	equal(count(`"old_${"a1".repeat(8)}" old_${"b2".repeat(10)}`), 2);
	equal(count(`old_${"a1".repeat(7)} old_${"a1".repeat(11)} bold_${"a1".repeat(8)} old_${"zz".repeat(8)}`), 0);
	equal(maskKeys(`old_${"a1".repeat(8)}`, formats), "[older…a1a1]");
	equal(maskKeys(`old_${"a1".repeat(40)}`, formats), "old_[…]");
});
