import { randomBytes } from "node:crypto";

export const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const POOL_BYTES = 8192;

let pool = randomBytes(POOL_BYTES);
let used = 0;

function nextByte(): number {
	if (used === POOL_BYTES) {
		pool = randomBytes(POOL_BYTES);
		used = 0;
	}
	const byte = pool[used];
	pool[used] = 0;
	used += 1;
	return byte ?? 0;
}

/** `length` characters of the base62 alphabet, uniform (bytes from 248 on are rejected), from the system's CSPRNG. */
export function randomBase62(length: number): string {
	let text = "";
	while (text.length < length) {
		const byte = nextByte();
		if (byte < 248) text += BASE62[byte % 62];
	}
	return text;
}

export type IdPrefix =
	| "key"
	| "ten"
	| "site"
	| "doc"
	| "svc"
	| "alt"
	| "node"
	| "evt"
	| "upl"
	| "per"
	| "ptl"
	| "mem"
	| "inv"
	| "hnd"
	| "rot"
	| "whk"
	| "dlv"
	| "reh";

/** A new identifier such as `key_4fT…`: a prefix for its kind and 20 random characters (119 bits). */
export function newId(prefix: IdPrefix): string {
	return `${prefix}_${randomBase62(20)}`;
}

/** An id of a tenant, a site or a plan that the operator chooses. */
export const CHOSEN_ID_PATTERN = "^[A-Za-z0-9_-]{1,64}$";
