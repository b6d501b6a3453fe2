import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RAW_KEY } from "../../testing/peer.ts";
import { HEADER_LINES_MAX, RAW_KEY_CHARACTERS_MAX, takeKey } from "./take-key.ts";

function getCode(headers: Parameters<typeof takeKey>[0]): string {
	const taken = takeKey(headers);
	return "allowed" in taken ? `${taken.status} ${taken.code}` : taken.raw_key;
}

test("the one X-API-Key is taken whatever the case of its name, exactly as sent", () => {
	assert.equal(getCode(["Host", "a", "x-aPi-kEY", RAW_KEY]), RAW_KEY);
	assert.equal(getCode(new Headers({ "X-API-Key": RAW_KEY })), RAW_KEY);
	assert.equal(getCode(["X-API-Key", `"${RAW_KEY}"`]), `"${RAW_KEY}"`);
});

test("two keys are refused: in two lines, in one joined line, the same key twice, one of them blank", () => {
	assert.equal(getCode(["X-API-Key", "a", "x-api-key", "b"]), "400 multiple_credentials");
	assert.equal(getCode(["X-API-Key", "a, b"]), "400 multiple_credentials");
	assert.equal(getCode(["X-API-Key", RAW_KEY, "X-API-Key", RAW_KEY]), "400 multiple_credentials");
	assert.equal(getCode(["X-API-Key", "", "X-API-Key", RAW_KEY]), "400 multiple_credentials");
	const joined = new Headers([
		["x-api-key", "a"],
		["x-api-key", "b"],
	]);
	assert.equal(getCode(joined), "400 multiple_credentials");
});

test("a key beside Authorization is refused, in either order", () => {
	assert.equal(getCode(["Authorization", "Bearer x", "X-API-Key", RAW_KEY]), "400 multiple_credentials");
	assert.equal(getCode(["X-API-Key", RAW_KEY, "authorization", "Basic eA=="]), "400 multiple_credentials");
});

test("no key, a blank key and Authorization alone are a missing key", () => {
	for (const headers of [[], ["X-API-Key", ""], ["X-API-Key", " \t"], ["Authorization", "Bearer x"]])
		assert.equal(getCode(headers), "401 key_missing");
	assert.equal(getCode(new Headers()), "401 key_missing");
});

test("a key above the maximum length is refused, one at the maximum is verified", () => {
	assert.equal(getCode(["X-API-Key", "a".repeat(RAW_KEY_CHARACTERS_MAX + 1)]), "401 key_invalid");
	assert.equal(getCode(["X-API-Key", "a".repeat(RAW_KEY_CHARACTERS_MAX)]).length, RAW_KEY_CHARACTERS_MAX);
});

test("more than 100 header lines are refused before any is used", () => {
	const lines = Array.from({ length: HEADER_LINES_MAX - 1 }, (_, index) => [`X-${index}`, "1"]).flat();
	assert.equal(getCode([...lines, "X-API-Key", RAW_KEY]), RAW_KEY);
	assert.equal(getCode([...lines, "X-One-More", "1", "X-API-Key", RAW_KEY]), "431 headers_too_large");
});

test("no refusal repeats what was sent", () => {
	fc.assert(
		fc.property(fc.string({ minLength: 8 }), fc.string({ minLength: 8 }), (one, two) => {
			const taken = takeKey(["X-API-Key", one, "X-API-Key", two]);
			assert.ok("allowed" in taken && !JSON.stringify(taken).includes(one));
		}),
	);
});
