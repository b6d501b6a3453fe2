import { hash, randomBytes } from "node:crypto";

/** The purposes of links: join, portal session, reveal a secret, reset a password, sign in, change the address. */
export type OneTimePrefix = "kwi" | "kwp" | "kwh" | "kwr" | "kwl" | "kwe";

const TOKEN_BYTES = 32;
const TOKEN_CHARACTERS = 43;

/** A one-time token: `text` is used only in the fragment of one link, and only `digest` is stored. */
export interface OneTimeToken {
	readonly text: string;
	readonly digest: Buffer;
}

/** A new token such as `kwi_<43 characters base64url>` (256 random bits), stored as its SHA-256. */
export function makeOneTimeToken(prefix: OneTimePrefix): OneTimeToken {
	const text = `${prefix}_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
	return { text, digest: getDigest(text) };
}

/** The stored digest of a token; null for a malformed one. Does not check whether it exists. */
export function digestOneTimeToken(prefix: OneTimePrefix, text: string): Buffer | null {
	const body = text.startsWith(`${prefix}_`) ? text.slice(prefix.length + 1) : "";
	return body.length === TOKEN_CHARACTERS && /^[0-9A-Za-z_-]+$/.test(body) ? getDigest(text) : null;
}

function getDigest(text: string): Buffer {
	return hash("sha256", text, "buffer");
}
