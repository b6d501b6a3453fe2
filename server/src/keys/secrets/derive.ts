import { hkdfSync } from "node:crypto";
import { BASE62 } from "../../core/id.ts";
import type { Pepper } from "../../core/pepper.ts";

const SECRET_CHARACTERS = 32;
/** Extra bytes, since some are rejected. */
const BLOCK_BYTES = 64;
/** Rejection sampling: larger bytes are skipped, so that the characters are uniform. */
const BYTES_USED = 248;

/**
 * The new secret of a key that rotates itself: HKDF-SHA-256 (RFC 5869) of the presented raw key, with the pepper as salt and the rotation id in the
 * info. A repeat with the same raw key gets the same secret, although only its MAC is stored. 32 uniform base62 characters.
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
