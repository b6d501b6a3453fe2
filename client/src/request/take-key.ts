import { type Denial, deny } from "../verifier/decision.ts";

/** Longer values are not keys and are refused without asking Keywright. */
export const RAW_KEY_CHARACTERS_MAX = 512;
/** Node drops header lines silently beyond a higher number, and a second credential could be among them. */
export const HEADER_LINES_MAX = 100;

/** Header lines as in Node's `rawHeaders` (name, value, name, value) or as pairs (`Headers`, a `Map`). */
export type HeaderLines = readonly string[] | Iterable<readonly [string, string]>;

/**
 * The one raw key of a request, or the refusal: 400 `multiple_credentials` for two keys, or a key beside `Authorization`; 401
 * `key_missing` for none or a blank one; 401 `key_invalid` for one of impossible length; 431 for more than 100 header lines.
 */
export function takeKey(headers: HeaderLines): { readonly raw_key: string } | Denial {
	const lines = flatten(headers);
	if (lines.length > 2 * HEADER_LINES_MAX) {
		return deny("headers_too_large", `The request has more than ${HEADER_LINES_MAX} header lines. Send fewer.`);
	}
	let found: string | null = null;
	let authorization = false;
	for (let index = 0; index < lines.length; index += 2) {
		const name = lines[index] ?? "";
		if (name.length === 9 && name.toLowerCase() === "x-api-key") {
			if (found !== null) return twoKeys();
			found = lines[index + 1] ?? "";
		} else if (name.length === 13 && name.toLowerCase() === "authorization") authorization = true;
	}
	if (found !== null && containsTwo(found)) return twoKeys();
	if (found !== null && authorization) {
		return deny("multiple_credentials", "The request has both X-API-Key and Authorization. Send only X-API-Key.");
	}
	if (found === null || found.trim() === "") return deny("key_missing", "Send the API key in the X-API-Key header.");
	if (found.length > RAW_KEY_CHARACTERS_MAX) {
		return deny("key_invalid", `The value of X-API-Key has more than ${RAW_KEY_CHARACTERS_MAX} characters: it is not an API key.`);
	}
	return { raw_key: found };
}

function flatten(headers: HeaderLines): readonly string[] {
	return isFlat(headers) ? headers : [...headers].flat();
}

function isFlat(headers: HeaderLines): headers is readonly string[] {
	return Array.isArray(headers) && typeof headers[0] !== "object";
}

/** Proxies and `Headers` join repeated lines with a comma (RFC 9110, 5.3), blank ones too; no key contains one. */
function containsTwo(value: string): boolean {
	return value.includes(",");
}

function twoKeys(): Denial {
	return deny("multiple_credentials", "The request has more than one X-API-Key. Send exactly one.");
}
