import { createHmac } from "node:crypto";
import { deriveKey, type Peppers } from "../../core/pepper.ts";

const PURPOSE = "legacy lookup";
/** Distinguishes look-ups from kids, which have no "~" and are shorter. */
const MARK = "~";

/**
 * The index value of an imported key: "~" and base64url(HMAC-SHA-256(key derived from the pepper, SHA-256 of the raw key)). The database
 * holds neither the raw key nor its hash.
 */
export class ImportedLookups {
	readonly #current: Buffer;
	readonly #all: readonly Buffer[];

	constructor(peppers: Peppers) {
		this.#current = deriveKey(peppers.current, PURPOSE);
		this.#all = [...peppers.byId.values()].map((pepper) => (pepper.id === peppers.current.id ? this.#current : deriveKey(pepper, PURPOSE)));
	}

	/** The look-up of a raw key's SHA-256 under the current pepper. */
	current(sha256: Buffer): string {
		return toLookup(this.#current, sha256);
	}

	/** The look-ups under every configured pepper, any of which may be stored. */
	all(sha256: Buffer): string[] {
		return this.#all.map((key) => toLookup(key, sha256));
	}
}

function toLookup(key: Buffer, sha256: Buffer): string {
	return MARK + createHmac("sha256", key).update(sha256).digest("base64url");
}
