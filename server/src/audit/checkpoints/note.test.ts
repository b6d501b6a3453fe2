import { equal, match, ok } from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { TEST_PEPPER } from "../../../testing/audit.ts";
import { parsePeppers } from "../../core/pepper.ts";
import { makeCheckpoint, NO_CHECKPOINT } from "./checkpoint.ts";
import { noteKeysFrom } from "./note.ts";

const ED25519_SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** An independent verifier of C2SP signed notes, from c2sp.org/signed-note: whether the note is signed by the verifier key `name+id+key`. */
function isSignedBy(verifier_key: string, note: string): boolean {
	const [name = "", id = "", ...encoded] = verifier_key.split("+");
	const typed = Buffer.from(encoded.join("+"), "base64");
	const expected_id = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
	if (expected_id.toString("hex") !== id || typed[0] !== 1 || typed.length !== 33) return false;
	const end = note.lastIndexOf("\n\n") + 1;
	const text = note.slice(0, end);
	const signatures = note.slice(end + 1).split("\n");
	const public_key = createPublicKey({ key: Buffer.concat([ED25519_SPKI_HEAD, typed.subarray(1)]), format: "der", type: "spki" });
	return signatures.some((line) => {
		const [dash, signer, signature = ""] = line.split(" ");
		const bytes = Buffer.from(signature, "base64");
		if (dash !== "\u2014" || signer !== name || !bytes.subarray(0, 4).equals(expected_id)) return false;
		return verify(null, Buffer.from(text), public_key, bytes.subarray(4));
	});
}

test("the verifier of this test accepts the example of Go's package note, and not an edited one", () => {
	const key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
	const line = "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
	ok(isSignedBy(key, `${text}\n${line}`));
	ok(!isSignedBy(key, `${text.replace("don't", "do")}\n${line}`));
});

test("a checkpoint is a C2SP signed note that another implementation accepts by its verifier key, and a C2SP checkpoint", () => {
	const [key] = noteKeysFrom(parsePeppers(TEST_PEPPER));
	const [other] = noteKeysFrom(parsePeppers("another-pepper-of-the-tests-0123456789"));
	const head = { seq: 3, mac: Buffer.alloc(32, 7) };
	const { note } = makeCheckpoint(key, NO_CHECKPOINT, { at: "2026-11-30T08:00:00.000Z", heads: new Map([["acme", head]]) });
	ok(isSignedBy(key.verifier_key, note));
	ok(!isSignedBy(other.verifier_key, note));
	ok(!isSignedBy(key.verifier_key, note.replace("head acme 3", "head acme 2")));
	match(key.name, /^[^\s+]+$/);
	const [origin, size, root = ""] = note.split("\n");
	equal(origin, `${key.name}/audit`);
	equal(size, "1");
	equal(Buffer.from(root, "base64").length, 32);
});
