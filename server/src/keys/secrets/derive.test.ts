import { equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { parsePeppers } from "../../core/pepper.ts";
import { deriveSecret } from "./derive.ts";

const { current: pepper } = parsePeppers("pepper-of-the-tests-0123456789-abcdefghij");
const { current: other } = parsePeppers("another-pepper-0123456789-0123456789-abcd");

test("the same raw key, rotation and pepper give the same secret, and any change gives another", () => {
	const secret = deriveSecret(pepper, "kw_prod_old", "rot_1");
	match(secret, /^[0-9A-Za-z]{32}$/);
	equal(deriveSecret(pepper, "kw_prod_old", "rot_1"), secret);
	for (const different of [
		deriveSecret(pepper, "kw_prod_olD", "rot_1"),
		deriveSecret(pepper, "kw_prod_old", "rot_2"),
		deriveSecret(other, "kw_prod_old", "rot_1"),
	])
		notEqual(different, secret);
});

test("the characters are uniformly distributed", () => {
	const counts = new Map<string, number>();
	for (let rotation = 0; rotation < 2_000; rotation += 1)
		for (const character of deriveSecret(pepper, "kw_prod_old", `rot_${rotation}`)) counts.set(character, (counts.get(character) ?? 0) + 1);
	equal(counts.size, 62);
	const expected = (2_000 * 32) / 62;
	ok(
		[...counts.values()].every((count) => Math.abs(count - expected) < expected * 0.2),
		JSON.stringify([...counts]),
	);
});
