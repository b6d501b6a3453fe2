import { SERVICE_CREDENTIAL_PREFIX } from "../../core/credential.ts";
import type { InputError } from "../../core/error.ts";
import { ENVIRONMENTS } from "../secrets/format.ts";

/** Alphabets of imported keys. */
export const IMPORTED_ALPHABETS = ["base62", "base58", "hex", "base64url", "printable"] as const;
export type ImportedAlphabet = (typeof IMPORTED_ALPHABETS)[number];

export const IMPORTED_FORMATS_MAX = 16;
export const IMPORTED_NAME_PATTERN = "^[a-z][a-z0-9_-]{0,31}$";
export const IMPORTED_PREFIX_CHARACTERS_MAX = 32;
/** Minimum against guessing: 16 characters of the smallest alphabet (hex) are 64 bits. */
export const IMPORTED_CHARACTERS_MIN = 16;
export const IMPORTED_CHARACTERS_MAX = 128;
/** Length with the prefix; verification refuses longer texts unread. */
export const RAW_KEY_CHARACTERS_MAX = 128;

/** The format of another system's raw keys: `prefix`, then `length_min` to `length_max` characters of `alphabet`. */
export interface ImportedFormat {
	readonly name: string;
	readonly prefix: string;
	readonly alphabet: ImportedAlphabet;
	readonly length_min: number;
	readonly length_max: number;
}

const DIGITS = "0123456789";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = UPPER.toLowerCase();
const CHARACTERS: Readonly<Record<ImportedAlphabet, string>> = {
	base62: DIGITS + UPPER + LOWER,
	base58: "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
	hex: `${DIGITS}ABCDEFabcdef`,
	base64url: `${DIGITS + UPPER + LOWER}-_`,
	printable: Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join(""),
};
/** The same as the insides of classes of a regular expression. */
export const ALPHABET_CLASSES: Readonly<Record<ImportedAlphabet, string>> = {
	base62: "0-9A-Za-z",
	base58: "1-9A-HJ-NP-Za-km-z",
	hex: "0-9A-Fa-f",
	base64url: "0-9A-Za-z_-",
	printable: "!-~",
};
const ASCII_CODES = 128;
const TABLES = new Map(IMPORTED_ALPHABETS.map((alphabet) => [alphabet, toTable(CHARACTERS[alphabet])]));

function toTable(characters: string): Uint8Array {
	const table = new Uint8Array(ASCII_CODES);
	for (const character of characters) table[character.charCodeAt(0)] = 1;
	return table;
}

/** The prefixes of this instance's own keys: `kw_prod_`, `kw_staging_`, `kw_dev_`. */
function ownPrefixes(brand: string): string[] {
	return ENVIRONMENTS.map((environment) => `${brand}_${environment}_`);
}

/** Whether the text matches the format, in one pass. The caller has excluded the prefixes of this instance's own keys. */
function hasShape(format: ImportedFormat, text: string): boolean {
	const { prefix } = format;
	const length = text.length - prefix.length;
	if (length < format.length_min || length > format.length_max || !text.startsWith(prefix)) return false;
	const table = TABLES.get(format.alphabet);
	for (let at = prefix.length; at < text.length; at += 1) if (table?.[text.charCodeAt(at)] !== 1) return false;
	return true;
}

/** Whether every text that matches `before` also matches `after`, so that imported keys keep working. */
export function isWidened(before: ImportedFormat, after: ImportedFormat): boolean {
	const includes = [...CHARACTERS[before.alphabet]].every((character) => CHARACTERS[after.alphabet].includes(character));
	return includes && before.prefix === after.prefix && after.length_min <= before.length_min && after.length_max >= before.length_max;
}

/** Whether a text matches a format of imported keys. Bounded, without backtracking. */
export function isImportedShape(formats: readonly ImportedFormat[], brand: string, text: string): boolean {
	if (formats.length === 0 || text.length > RAW_KEY_CHARACTERS_MAX) return false;
	if (ownPrefixes(brand).some((prefix) => text.startsWith(prefix))) return false;
	return formats.some((format) => hasShape(format, text));
}

const WORD_CHARACTER = /[0-9A-Za-z]/;

/**
 * Whether `text` contains a raw key of one of `formats`. Formats without a prefix are skipped, since they match ordinary ids, such as 32 hexadecimal
 * characters. Takes at most 128 steps for each character of the text.
 */
export function holdsImportedKey(formats: readonly ImportedFormat[], text: string): boolean {
	return formats.some((format) => format.prefix !== "" && containsKeyOf(format, text));
}

function containsKeyOf({ prefix, alphabet, length_min }: ImportedFormat, text: string): boolean {
	const table = TABLES.get(alphabet);
	for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1)) {
		if (at > 0 && WORD_CHARACTER.test(prefix.charAt(0)) && WORD_CHARACTER.test(text.charAt(at - 1))) continue;
		const from = at + prefix.length;
		let end = from;
		while (end - from < length_min && table?.[text.charCodeAt(end)] === 1) end += 1;
		if (end - from === length_min) return true;
	}
	return false;
}

/** Validates what the schema of a format cannot: the total length and the reserved prefixes. */
export function validateFormat(format: ImportedFormat, brand: string): InputError[] {
	const errors: InputError[] = [];
	const { prefix, length_min, length_max } = format;
	if (length_min > length_max) errors.push({ pointer: "/length_max", detail: "must be at least length_min" });
	if (prefix.length + length_max > RAW_KEY_CHARACTERS_MAX)
		errors.push({ pointer: "/length_max", detail: `allows keys longer than ${RAW_KEY_CHARACTERS_MAX} characters including the prefix` });
	const own = [...ownPrefixes(brand), SERVICE_CREDENTIAL_PREFIX].find((reserved) => prefix.startsWith(reserved));
	if (own !== undefined) errors.push({ pointer: "/prefix", detail: `begins with ${own}, which is reserved for credentials of this instance` });
	return errors;
}

/** Invalidated by every import, since texts that nodes have cached as unknown may now be keys. */
export const IMPORTED_KEYS_ID = "legacy_keys";
