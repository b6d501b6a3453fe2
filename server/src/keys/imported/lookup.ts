import { createHmac } from "node:crypto";
import { deriveKey, type Peppers } from "../../core/pepper.ts";

const PURPOSE = "legacy lookup";
/** No kid begins so, and kids are shorter. */
const MARK = "~";

/**
 * By what imported keys are found: "~" and base64url(HMAC-SHA-256(key derived from the pepper, SHA-256 of the raw key)). A dump of the database
 * holds neither the raw key nor its hash.
 */
export class ImportedLookups {
	readonly #current: Buffer;
	readonly #all: readonly Buffer[];

	constructor(peppers: Peppers) {
		this.#current = deriveKey(peppers.current, PURPOSE);
		this.#all = [...peppers.byId.values()].map((pepper) => (pepper.id === peppers.current.id ? this.#current : deriveKey(pepper, PURPOSE)));
	}

	/** What is stored of a raw key with this SHA-256. */
	current(sha256: Buffer): string {
		return lookupOf(this.#current, sha256);
	}

	/** Everything it may be stored as: one for each configured pepper. */
	all(sha256: Buffer): string[] {
		return this.#all.map((key) => lookupOf(key, sha256));
	}
}

function lookupOf(key: Buffer, sha256: Buffer): string {
	return MARK + createHmac("sha256", key).update(sha256).digest("base64url");
}
