import { crc32 } from "node:zlib";

/**
 * Raw keys and service credentials as the server issues them: `<brand>_<environment>_` or `kws_`, then a public id of 12, a secret of 32 and a checksum of 6
 * characters. The checksum is the CRC-32 of everything before it, so that texts of the same shape are no findings.
 */
export const BODY_CHARACTERS = 50;
export const BRAND_CHARACTERS_MAX = 24;
export const ENVIRONMENTS = ["prod", "staging", "dev"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];
export const SERVICE_PREFIX = "kws_";

const KID_CHARACTERS = 12;
const CHECKSUM_CHARACTERS = 6;
const LAST_CHARACTERS = 4;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BRAND = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const BRAND_AT_END = new RegExp(`[a-z0-9_]{1,${BRAND_CHARACTERS_MAX}}$`);

/** What is published of a secret that was found: never the secret itself. */
export interface Identity {
	readonly kind: "key" | "service_credential" | "imported_key";
	/** The public id; null if the format has none. */
	readonly kid: string | null;
	readonly last4: string;
	readonly environment: Environment | null;
	/** The brand of a key, or the name of the format of an imported key. */
	readonly format: string;
	readonly matched_by: "checksum" | "pattern";
}

/** The CRC-32 of `text` as six base62 digits, the same as the server's. */
export function checksum(text: string): string {
	let rest = crc32(text);
	let digits = "";
	for (let place = 0; place < CHECKSUM_CHARACTERS; place += 1) {
		digits = BASE62.charAt(rest % BASE62.length) + digits;
		rest = Math.floor(rest / BASE62.length);
	}
	return digits;
}

/**
 * The key that ends with `body`, 50 base62 characters, after `_<environment>_`. `before` is what precedes that marker. Its last characters are the brand: every
 * possible beginning is tried, the longest first, because other text may stand directly before it; the checksum decides.
 */
export function identifyKey(before: string, environment: Environment, body: string): Identity | null {
	const [tail = ""] = BRAND_AT_END.exec(before) ?? [];
	for (let at = 0; at < tail.length; at += 1) {
		const brand = tail.slice(at);
		if (!BRAND.test(brand) || `${brand}_`.startsWith(SERVICE_PREFIX)) continue;
		const lead = `${brand}_${environment}_`;
		if (hasChecksum(lead, body)) return { kind: "key", environment, format: brand, ...publicParts(body) };
	}
	return null;
}

/** The service credential `kws_` and `body`, or null if the checksum is wrong. */
export function identifyServiceCredential(body: string): Identity | null {
	if (!hasChecksum(SERVICE_PREFIX, body)) return null;
	return { kind: "service_credential", environment: null, format: "kws", ...publicParts(body) };
}

function hasChecksum(lead: string, body: string): boolean {
	const end = BODY_CHARACTERS - CHECKSUM_CHARACTERS;
	return checksum(lead + body.slice(0, end)) === body.slice(end);
}

function publicParts(body: string) {
	return { kid: body.slice(0, KID_CHARACTERS), last4: body.slice(-LAST_CHARACTERS), matched_by: "checksum" } as const;
}
