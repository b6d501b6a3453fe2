import { hkdfSync } from "node:crypto";
import { BASE62 } from "../../core/id.ts";
import type { Pepper } from "../../core/pepper.ts";

const SECRET_CHARACTERS = 32;
/** Twice as many bytes as characters: on average all but two of them are used. */
const BLOCK_BYTES = 64;
/** Bytes from here on are thrown away, so that each character is as likely. */
const BYTES_USED = 248;

/**
 * The new secret of a key that replaces its own: HKDF-SHA-256 (RFC 5869) of the raw key presented, with the pepper as salt and the rotation in the
 * info. Who asks again with the same raw key gets the same secret, and nothing but its MAC is stored. 32 characters of base62, uniform.
 */
export function deriveSecret(pepper: Pepper, raw_key: string, rotation_id: string): string {
	let secret = "";
	for (let block = 0; secret.length < SECRET_CHARACTERS; block += 1) {
		const info = `keywright self-rotation\0${rotation_id}\0${block}`;
		for (const byte of new Uint8Array(hkdfSync("sha256", raw_key, pepper.bytes, info, BLOCK_BYTES))) {
			if (byte < BYTES_USED && secret.length < SECRET_CHARACTERS) secret += BASE62[byte % BASE62.length];
		}
	}
	return secret;
}
