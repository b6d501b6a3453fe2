import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { deriveKey, type Pepper, type Peppers } from "../../core/pepper.ts";

/** Of C2SP signed notes (c2sp.org/signed-note): the type of Ed25519 signatures. */
const ED25519 = Buffer.from([0x01]);
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** RFC 8410: the head of a PKCS #8 key; the 32-byte seed follows. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_LINE = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})\n$/;

/** A key that signs notes. Its name contains the id of the pepper, so a verifier with several peppers finds the right one. */
export interface NoteKey {
	readonly name: string;
	readonly id: Buffer;
	readonly private_key: KeyObject;
	readonly public_key: KeyObject;
	/** `name+id+key`, as tools for signed notes take it. */
	readonly verifier_key: string;
}

/** The Ed25519 key with the seed HKDF-SHA-256(pepper, "audit checkpoints"). */
function noteKeyFrom(pepper: Pepper): NoteKey {
	const seed = deriveKey(pepper, "audit checkpoints");
	const private_key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
	const public_key = createPublicKey(private_key);
	const typed = Buffer.concat([ED25519, public_key.export({ format: "der", type: "spki" }).subarray(-PUBLIC_KEY_BYTES)]);
	const name = `keywright-${pepper.id}`;
	const id = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), typed]), "buffer").subarray(0, KEY_ID_BYTES);
	return { name, id, private_key, public_key, verifier_key: `${name}+${id.toString("hex")}+${typed.toString("base64")}` };
}

/** The keys of all peppers, that of new notes first. */
export function noteKeysFrom(peppers: Peppers): readonly [NoteKey, ...NoteKey[]] {
	const others = [...peppers.byId.values()].filter(({ id }) => id !== peppers.current.id);
	return [noteKeyFrom(peppers.current), ...others.map(noteKeyFrom)];
}

/** The signed note of `text`, which ends with a line break. */
export function signNote(key: NoteKey, text: string): string {
	const signature = Buffer.concat([key.id, sign(null, Buffer.from(text), key.private_key)]);
	return `${text}\n\u2014 ${key.name} ${signature.toString("base64")}\n`;
}

/** Why the note of `text` and its signature line is not valid; null if one of `keys` has signed it. */
export function validateNote(keys: readonly NoteKey[], text: string, signature_line: string): string | null {
	const [, name, encoded] = SIGNATURE_LINE.exec(signature_line) ?? [];
	const bytes = Buffer.from(encoded ?? "", "base64");
	if (name === undefined || bytes.length !== KEY_ID_BYTES + SIGNATURE_BYTES) return "it has no signature";
	const key = keys.find((candidate) => candidate.name === name && candidate.id.equals(bytes.subarray(0, KEY_ID_BYTES)));
	if (key === undefined) return "it is signed with the key of another instance, or of a pepper that is not configured";
	return verify(null, Buffer.from(text), key.public_key, bytes.subarray(KEY_ID_BYTES)) ? null : "its signature is wrong: it was edited or forged";
}
