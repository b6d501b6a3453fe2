import type { ExposureKind } from "../keys/exposures/exposure.ts";

export type Place = Extract<ExposureKind, "url" | "cookie" | "authorization" | "body">;

/** A text in the form of a raw key, in a place for which it is not meant. */
export interface FoundKey {
	readonly place: Place;
	readonly raw_key: string;
}

/** Different keys that are looked at in one place of one request. Each place has its own, so that none hides another. */
export const KEYS_PER_PLACE_MAX = 4;
/** Rounds of percent-decoding: a proxy or a redirect may have encoded a second time. */
const DECODINGS_MAX = 3;
const ESCAPE = /%([2-7][0-9A-Fa-f])/g;
const BASIC = /^Basic\s+([A-Za-z0-9+/_-]+=*)$/i;

const PLACE_NAMES: Readonly<Record<Place, string>> = { url: "URL", cookie: "cookie", authorization: "Authorization header", body: "body" };

export function formatPlace(place: Place): string {
	return PLACE_NAMES[place];
}

/** Finds texts in the form of a raw key of this instance, percent-encoded or in Basic credentials too. */
export class KeyFinder {
	readonly #pattern: RegExp;
	/** Begins every raw key. */
	readonly #prefix: string;

	constructor(brand: string) {
		this.#prefix = `${brand}_`;
		this.#pattern = new RegExp(`${this.#prefix}(?:prod|staging|dev)_[0-9A-Za-z]{50}`, "g");
	}

	/** Whether the text can hold a raw key; cheap, and never false for a text in which `find` finds one. */
	mayHoldKey(place: Place, text: string): boolean {
		return text.includes(this.#prefix) || (place === "authorization" ? BASIC.test(text.trim()) : text.includes("%"));
	}

	/** The keys in the text, each once, at most `KEYS_PER_PLACE_MAX`. */
	find(place: Place, text: string): FoundKey[] {
		if (!this.mayHoldKey(place, text)) return [];
		const plain = place === "authorization" ? decodeBasic(text) : decodeEscapes(text);
		if (!plain.includes(this.#prefix)) return [];
		const keys = new Set<string>();
		for (const [raw_key] of plain.matchAll(this.#pattern)) {
			keys.add(raw_key);
			if (keys.size === KEYS_PER_PLACE_MAX) break;
		}
		return Array.from(keys, (raw_key) => ({ place, raw_key }));
	}
}

/** Decodes ASCII escapes only: a raw key has no other characters, and invalid escapes elsewhere must not hide it. */
function decodeEscapes(text: string): string {
	let plain = text;
	for (let round = 0; round < DECODINGS_MAX && plain.includes("%"); round += 1)
		plain = plain.replace(ESCAPE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
	return plain;
}

/** RFC 7617: `curl -u KEY:` sends the key in Base64. */
function decodeBasic(text: string): string {
	const encoded = BASIC.exec(text.trim())?.[1];
	return encoded === undefined ? text : Buffer.from(encoded, "base64").toString("latin1");
}
