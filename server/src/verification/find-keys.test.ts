import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { asKid, makeRawKey, newKid } from "../keys/secrets/format.ts";
import { KEYS_PER_PLACE_MAX, KeyFinder } from "./find-keys.ts";

const finder = new KeyFinder("kw");
const made = (kid = newKid()) => makeRawKey({ brand: "kw", environment: "prod", kid: asKid(kid), secret: "s".repeat(32) });
const escapeAll = (text: string) => Array.from(text, (character) => `%${character.charCodeAt(0).toString(16)}`).join("");
const found = (place: "url" | "cookie" | "authorization" | "body", text: string) => finder.find(place, text).map(({ raw_key }) => raw_key);

test("a raw key is found in a URL or a cookie however it is percent-encoded, and beside escapes that are invalid", () => {
	const key = made();
	for (const text of [key, escapeAll(key), escapeAll(escapeAll(key)), key.replaceAll("_", "%5f"), `%zz%${key.replace("k", "%6B")}%`]) {
		deepEqual(found("url", `/x?k=${text}&b=%20`), [key], text);
		deepEqual(found("cookie", `a=b; key=${text}; c=d`), [key], text);
	}
});

test("a raw key is found in Authorization: as a bearer token, bare, and in Basic credentials", () => {
	const key = made();
	const base64 = (text: string) => Buffer.from(text).toString("base64");
	for (const text of [`Bearer ${key}`, key, `Basic ${base64(`${key}:`)}`, `basic  ${base64(`user:${key}`)}`])
		deepEqual(found("authorization", text), [key]);
	deepEqual(found("authorization", `Basic ${base64("user:password")}`), []);
});

test("all keys of a text are found, each once, up to a limit", () => {
	const keys = Array.from({ length: KEYS_PER_PLACE_MAX + 3 }, () => made());
	deepEqual(found("url", `/?${[keys[0], ...keys.slice(0, 2)].join("&")}`), keys.slice(0, 2));
	equal(found("url", keys.join("&")).length, KEYS_PER_PLACE_MAX);
});

test("texts without a raw key are dismissed", () => {
	for (const text of ["", "/x?a=%20%5f", "kw_prod_short", "kws_0123", `kw_live_${"0".repeat(50)}`]) deepEqual(found("url", text), []);
	equal(finder.mayHoldKey("url", "/api/v1/m2m/whoami?from=2026-11-30"), false);
	equal(finder.mayHoldKey("authorization", "Bearer kws_0123"), false);
});
