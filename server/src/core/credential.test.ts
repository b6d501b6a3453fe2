import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checksum } from "./checksum.ts";
import { makeServiceCredential, parseServiceCredential } from "./credential.ts";

test("a new service credential has its shape and parses into its parts", () => {
	const { text, ...parts } = makeServiceCredential();
	match(text, /^kws_[0-9A-Za-z]{50}$/);
	equal(text, `kws_${parts.id}${parts.secret}${checksum(`kws_${parts.id}${parts.secret}`)}`);
	equal(parts.id.length, 12);
	equal(parts.secret.length, 32);
	equal(text.slice(-4), parts.last4);
	deepEqual(parseServiceCredential(text), parts);
});

test("two service credentials differ", () => {
	notEqual(makeServiceCredential().text, makeServiceCredential().text);
});

test("a service credential with any character changed, lost or added is refused", () => {
	const { text } = makeServiceCredential();
	const character = fc.string({ unit: "binary", minLength: 0, maxLength: 2 });
	fc.assert(
		fc.property(fc.nat({ max: text.length - 1 }), character, (at, other) => {
			const changed = text.slice(0, at) + other + text.slice(at + 1);
			equal(parseServiceCredential(changed) !== null, changed === text);
		}),
	);
	equal(parseServiceCredential(` ${text}`), null);
	equal(parseServiceCredential(`${text}\n`), null);
});

test("a raw key is no service credential, nor is the empty text", () => {
	const body = `kw_prod_${"a".repeat(44)}`;
	equal(parseServiceCredential(body + checksum(body)), null);
	equal(parseServiceCredential(""), null);
	const bodyOfSameLength = `kwx_${"a".repeat(44)}`;
	equal(parseServiceCredential(bodyOfSameLength + checksum(bodyOfSameLength)), null);
});
