import { createHmac, hash, hkdfSync } from "node:crypto";

const PEPPER_LENGTH_MIN = 32;

/** The secret of the instance, stored outside the database: the stored MACs cannot be verified without it. `id` is public and names it in rows. */
export interface Pepper {
	readonly id: string;
	readonly bytes: Buffer;
}

/** The configured peppers: MACs are computed with the first and verified with any. */
export interface Peppers {
	readonly current: Pepper;
	readonly byId: ReadonlyMap<string, Pepper>;
}

/** Peppers from the setting `new,old`. Throws when one is shorter than 32 characters. */
export function parsePeppers(text: string): Peppers {
	const peppers = text
		.split(",")
		.map((part) => part.trim())
		.filter((part) => part !== "")
		.map((part) => {
			if (part.length < PEPPER_LENGTH_MIN) throw new Error(`a pepper has at least ${PEPPER_LENGTH_MIN} characters`);
			return { id: hash("sha256", `keywright pepper id\0${part}`, "hex").slice(0, 16), bytes: Buffer.from(part, "utf8") };
		});
	const [current] = peppers;
	if (!current) throw new Error("the pepper is empty");
	return { current, byId: new Map(peppers.map((pepper) => [pepper.id, pepper])) };
}

/** Derives a 32-byte key for `purpose` (HKDF-SHA-256, RFC 5869), so that no two uses share a key. */
export function deriveKey(pepper: Pepper, purpose: string): Buffer {
	return Buffer.from(hkdfSync("sha256", pepper.bytes, "keywright", purpose, 32));
}

/** HMAC-SHA-256 over `label` and the length-prefixed fields: different lists of fields never yield the same bytes. */
export function computeMac(key: Buffer, label: string, fields: readonly (string | Buffer)[]): Buffer {
	const mac = createHmac("sha256", key).update(label);
	const length = Buffer.alloc(4);
	for (const field of fields) {
		const bytes = typeof field === "string" ? Buffer.from(field, "utf8") : field;
		length.writeUInt32BE(bytes.length);
		mac.update(length).update(bytes);
	}
	return mac.digest();
}
