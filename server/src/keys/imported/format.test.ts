import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeRawKey, newKid, newSecret } from "../secrets/format.ts";
import {
	holdsImportedKey,
	IMPORTED_ALPHABETS,
	type ImportedFormat,
	isImportedShape,
	isWidened,
	RAW_KEY_CHARACTERS_MAX,
	validateFormat,
} from "./format.ts";

const ACME: ImportedFormat = { name: "acme", prefix: "acme_", alphabet: "base62", length_min: 20, length_max: 24 };

test("a text matches a format by prefix, length and alphabet only", () => {
	const fits = (text: string) => isImportedShape([ACME], "kw", text);
	assert(fits(`acme_${"a1B".repeat(8)}`));
	assert(fits(`acme_${"a".repeat(20)}`));
	for (const text of ["", "acme_", `acme_${"a".repeat(19)}`, `acme_${"a".repeat(25)}`, `acme_${"a".repeat(20)}-`, `Acme_${"a".repeat(20)}`])
		assert(!fits(text), text);
	for (const odd of ["\n", "é", "\u0130", "\0", " "]) assert(!fits(`acme_${"a".repeat(20)}${odd}`), JSON.stringify(odd));
	assert(!isImportedShape([], "kw", `acme_${"a".repeat(20)}`));
	assert(!isImportedShape([{ ...ACME, length_max: 10_000 }], "kw", `acme_${"a".repeat(RAW_KEY_CHARACTERS_MAX)}`));
});

test("a key of this instance, or a part of one, never matches a format of imported keys", () => {
	const wide = IMPORTED_ALPHABETS.map((alphabet) => ({ name: alphabet, prefix: "", alphabet, length_min: 16, length_max: 128 }));
	fc.assert(
		fc.property(fc.constantFrom("prod", "staging", "dev"), fc.nat(60), fc.string(), (environment, cut, more) => {
			const raw_key = makeRawKey({ brand: "kw", environment, kid: newKid(), secret: newSecret() });
			assert(!isImportedShape(wide, "kw", raw_key));
			assert(!isImportedShape(wide, "kw", raw_key.slice(0, Math.max(12, cut)) + more));
		}),
	);
});

test("a format with a reserved prefix or a too long one is refused with a pointer", () => {
	const pointers = (changes: Partial<ImportedFormat>) => validateFormat({ ...ACME, ...changes }, "kw").map((fault) => fault.pointer);
	assert.deepEqual(pointers({}), []);
	for (const prefix of ["kw_prod_", "kw_staging_x", "kw_dev_", "kws_", "kws_a"]) assert.deepEqual(pointers({ prefix }), ["/prefix"], prefix);
	for (const prefix of ["", "kw_", "kw_live_", "kw", "kwx_prod_"]) assert.deepEqual(pointers({ prefix }), [], prefix);
	assert.deepEqual(pointers({ length_min: 25 }), ["/length_max"]);
	assert.deepEqual(pointers({ length_max: 124 }), ["/length_max"]);
});

test("keys of a format with a prefix are found anywhere in a text; formats without one are skipped", () => {
	const key = `${ACME.prefix}${"aB3x".repeat(6)}`;
	for (const text of [key, `see ${key}!`, `(${key}xyz)`, `${ACME.prefix}${ACME.prefix}${key}`]) assert(holdsImportedKey([ACME], text), text);
	for (const text of ["", ACME.prefix, key.slice(0, -6), `x${key}`, `${ACME.prefix}${"-".repeat(24)}`]) assert(!holdsImportedKey([ACME], text), text);
	assert(!holdsImportedKey([{ ...ACME, prefix: "" }], key));
});

test("a widened format matches everything that matched before", () => {
	assert(isWidened(ACME, ACME));
	assert(isWidened(ACME, { ...ACME, alphabet: "base64url", length_min: 16, length_max: 64 }));
	for (const change of [{ prefix: "acme" }, { alphabet: "base58" as const }, { length_min: 21 }, { length_max: 23 }])
		assert(!isWidened(ACME, { ...ACME, ...change }), JSON.stringify(change));
	assert(isWidened({ ...ACME, alphabet: "hex" }, ACME) && !isWidened({ ...ACME, alphabet: "hex" }, { ...ACME, alphabet: "base58" }));
});
