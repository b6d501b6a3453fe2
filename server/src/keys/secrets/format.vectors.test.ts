import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checksum } from "../../core/checksum.ts";
import { parseServiceCredential } from "../../core/credential.ts";
import { asKid, type Environment, explainMistake, makeRawKey, maskRawKey, parseRawKey } from "./format.ts";

interface Vectors {
	checksums: { text: string; checksum: string }[];
	raw_keys: { brand: string; raw_key: string; environment: Environment; kid: string; secret: string; last4: string; masked: string }[];
	service_credentials: { body: string; checksum: string; id: string; secret: string; last4: string }[];
	mistakes: { brand: string; text: string; kind: string }[];
}

const TEXT = readFileSync(new URL("../../../../e2e/vectors/keys.json", import.meta.url), "utf8");
const VECTORS = readVectors(TEXT);

/** The shape of the generated file; a missing field fails the test that reads it. */
function readVectors(text: string): Vectors {
	return JSON.parse(text) as Vectors;
}

test("the shared vectors have the checksums that are computed here", () => {
	ok(VECTORS.checksums.length >= 10);
	for (const vector of VECTORS.checksums) equal(checksum(vector.text), vector.checksum, JSON.stringify(vector.text.slice(0, 40)));
});

test("the shared raw keys parse into their parts and are built from them", () => {
	ok(VECTORS.raw_keys.length >= 8);
	for (const { brand, raw_key, masked, ...parts } of VECTORS.raw_keys) {
		deepEqual(parseRawKey(brand, raw_key), parts);
		equal(makeRawKey({ brand, environment: parts.environment, kid: asKid(parts.kid), secret: parts.secret }), raw_key);
		equal(maskRawKey(brand, parts.environment, parts.last4), masked);
	}
});

test("the shared service credentials parse into their parts", () => {
	ok(VECTORS.service_credentials.length >= 2);
	for (const { body, checksum: sum, ...parts } of VECTORS.service_credentials) deepEqual(parseServiceCredential(body + sum), parts);
});

test("the shared mistakes are refused with their kinds, and every kind occurs", () => {
	for (const { brand, text, kind } of VECTORS.mistakes) {
		equal(parseRawKey(brand, text), null);
		equal(explainMistake(brand, text).kind, kind, JSON.stringify(text.slice(0, 80)));
	}
	equal(new Set(VECTORS.mistakes.map(({ kind }) => kind)).size, 17);
});

test("the shared vectors contain no valid key of the default brand and no whole service credential", () => {
	const found = TEXT.match(/kws?_[0-9A-Za-z_]{40,}/g) ?? [];
	ok(found.length > 0);
	for (const text of found) equal(parseRawKey("kw", text) ?? parseServiceCredential(text), null);
	match(TEXT, /"kw_prod_/);
});
