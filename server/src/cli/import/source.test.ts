import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { IMPORT_SOURCES, readHash } from "./source.ts";

const digest = createHash("sha256").update("acme_key").digest();

test("each source's way of writing a SHA-256 is read, and gives its 32 bytes", () => {
	for (const text of [digest.toString("hex"), digest.toString("hex").toUpperCase(), digest.toString("base64"), digest.toString("base64url")])
		assert.deepEqual(readHash(text, "plain"), digest, text);
	assert.deepEqual(readHash(digest.toString("base64"), "unkey"), digest);
	assert.deepEqual(readHash(digest.toString("base64url"), "better-auth"), digest);
});

test("what is no SHA-256 is refused in words that hold nothing of it", () => {
	const base64 = digest.toString("base64");
	const wrong = {
		plain: ["", "x", digest.toString("hex").slice(1), `${digest.toString("hex")}0`, `${base64}=`, base64.slice(2), "$2b$10$abcdefghijklmnopqrstuv"],
		unkey: [digest.toString("hex"), base64.slice(0, -1), digest.toString("base64url")],
		"better-auth": [base64, digest.toString("hex"), "A".repeat(64)],
	};
	for (const source of IMPORT_SOURCES)
		for (const text of wrong[source]) {
			const reason = readHash(text, source);
			assert(typeof reason === "string", `${source} took ${text}`);
			assert(text.length < 4 || !reason.includes(text.slice(0, 4)), reason);
		}
	assert.match(String(readHash(createHash("sha256").update("").digest("hex"), "plain")), /empty text/);
});

test("of the base64 texts that decode to the same bytes only one is taken", () => {
	fc.assert(
		fc.property(
			fc.uint8Array({ minLength: 32, maxLength: 32 }),
			fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
			(bytes, last) => {
				const text = Buffer.from(bytes).toString("base64url");
				const other = text.slice(0, -1) + last;
				const read = readHash(other, "better-auth");
				assert.equal(typeof read !== "string", Buffer.from(other, "base64url").toString("base64url") === other);
			},
		),
	);
});
