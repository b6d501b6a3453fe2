import { equal, fail } from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { CHECKSUM_CHARACTERS, checksum, endsWithChecksum, firstOutsideBase62 } from "./checksum.ts";
import { BASE62 } from "./id.ts";

const base62 = (size: { minLength: number; maxLength: number }) => fc.string({ unit: fc.constantFrom(...BASE62), ...size });

function toNumber(digits: string): number {
	return [...digits].reduce((sum, digit) => sum * 62 + BASE62.indexOf(digit), 0);
}

test("known sums: the check value of CRC-32/ISO-HDLC, the empty text, the largest number", () => {
	equal(toNumber(checksum("123456789")), 0xcbf43926);
	equal(checksum(""), "000000");
	equal(checksum("123456789"), "3jZRME");
	equal(toNumber("4gfFC3"), 2 ** 32 - 1);
});

test("the checksum is the CRC-32 of the UTF-8 bytes as a number of six base62 digits", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), (text) => {
			equal(checksum(text).length, CHECKSUM_CHARACTERS);
			equal(toNumber(checksum(text)), crc32(text));
		}),
	);
});

test("what the checksum was made for passes, and any one changed, lost or doubled character does not", () => {
	const at = fc.nat({ max: 1000 });
	fc.assert(
		fc.property(base62({ minLength: 1, maxLength: 60 }), at, fc.constantFrom(...BASE62), (body, place, other) => {
			const text = `ab_${body}${checksum(`ab_${body}`)}`;
			equal(endsWithChecksum(text, 3), true);
			const index = 3 + (place % (text.length - 3));
			const changed = text.slice(0, index) + other + text.slice(index + 1);
			equal(endsWithChecksum(changed, 3), changed === text);
		}),
	);
});

test("two neighbours swapped are found", () => {
	fc.assert(
		fc.property(base62({ minLength: 2, maxLength: 60 }), fc.nat({ max: 1000 }), (body, place) => {
			const text = body + checksum(body);
			const index = place % (text.length - 1);
			const swapped = text.slice(0, index) + text.charAt(index + 1) + text.charAt(index) + text.slice(index + 2);
			equal(endsWithChecksum(swapped, 0), swapped === text);
		}),
	);
});

test("a text with a character outside base62 never passes, be it ASCII or not, even when its sum is right", () => {
	for (const body of ["ab-cd", "ab cd", "abé", "ab\u{1f511}", "ab\0", "ab\u0130"]) equal(endsWithChecksum(body + checksum(body), 0), false, body);
	equal(endsWithChecksum("abc-00000", 0), false);
	equal(endsWithChecksum("abc00000-", 0), false);
});

test("another way to write the same number with a character that is no digit does not pass", () => {
	const body = [...Array(10_000).keys()].map((count) => `body${count}`).find((text) => /[4-9]7$/.test(checksum(text))) ?? fail();
	const sum = checksum(body);
	equal(endsWithChecksum(body + sum, 0), true);
	for (const other of ["-", "\u0080", "\u00ff", "\u2026"])
		equal(endsWithChecksum(`${body}${sum.slice(0, 4)}${Number(sum.at(-2)) - 4}${other}`, 0), false);
});

test("a text without room for a checksum, or with the start behind it, does not pass", () => {
	equal(endsWithChecksum("00000", 0), false);
	equal(endsWithChecksum("", 0), false);
	equal(endsWithChecksum("000000", 0), true);
	equal(endsWithChecksum("000000", 1), false);
	equal(endsWithChecksum("000000", -1), false);
});

test("the first character outside base62 is found at its place", () => {
	equal(firstOutsideBase62("abc"), -1);
	equal(firstOutsideBase62("a_c"), 1);
	equal(firstOutsideBase62("_bc", 1), -1);
	equal(firstOutsideBase62("abé"), 2);
});
