import { SERVICE_CREDENTIAL_PREFIX } from "../../core/credential.ts";
import type { InputError } from "../../core/error.ts";
import { ENVIRONMENTS } from "../secrets/format.ts";

/** Sets of characters that other systems make keys of. */
export const IMPORTED_ALPHABETS = ["base62", "base58", "hex", "base64url", "printable"] as const;
export type ImportedAlphabet = (typeof IMPORTED_ALPHABETS)[number];

export const IMPORTED_FORMATS_MAX = 16;
export const IMPORTED_NAME_PATTERN = "^[a-z][a-z0-9_-]{0,31}$";
export const IMPORTED_PREFIX_CHARACTERS_MAX = 32;
/** Fewer characters could be found by trying: 16 of the smallest alphabet are 64 bits. */
export const IMPORTED_CHARACTERS_MIN = 16;
export const IMPORTED_CHARACTERS_MAX = 128;
/** Prefix and rest together; verification looks at nothing longer. */
export const RAW_KEY_CHARACTERS_MAX = 128;

/** What the raw keys of another system look like: `prefix`, and from `length_min` to `length_max` characters of `alphabet` after it. */
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
const ASCII_CODES = 128;
const TABLES = new Map(IMPORTED_ALPHABETS.map((alphabet) => [alphabet, tableOf(CHARACTERS[alphabet])]));

function tableOf(characters: string): Uint8Array {
	const table = new Uint8Array(ASCII_CODES);
	for (const character of characters) table[character.charCodeAt(0)] = 1;
	return table;
}

/** Where every key of our own begins: `kw_prod_`, `kw_staging_`, `kw_dev_`. */
function ownBeginnings(brand: string): string[] {
	return ENVIRONMENTS.map((environment) => `${brand}_${environment}_`);
}

/** Whether the text has this shape: one walk over it. What begins like a key of our own never has. */
function hasShape(format: ImportedFormat, text: string): boolean {
	const { prefix } = format;
	const length = text.length - prefix.length;
	if (length < format.length_min || length > format.length_max || !text.startsWith(prefix)) return false;
	const table = TABLES.get(format.alphabet);
	for (let at = prefix.length; at < text.length; at += 1) if (table?.[text.charCodeAt(at)] !== 1) return false;
	return true;
}

/** Whether every text of the shape `before` has the shape `after` too: what was imported under the one goes on working under the other. */
export function isWidened(before: ImportedFormat, after: ImportedFormat): boolean {
	const includes = [...CHARACTERS[before.alphabet]].every((character) => CHARACTERS[after.alphabet].includes(character));
	return includes && before.prefix === after.prefix && after.length_min <= before.length_min && after.length_max >= before.length_max;
}

/** Whether a text may be a raw key that another system has issued. Bounded, without backtracking. */
export function isImportedShape(formats: readonly ImportedFormat[], brand: string, text: string): boolean {
	if (formats.length === 0 || text.length > RAW_KEY_CHARACTERS_MAX) return false;
	if (ownBeginnings(brand).some((beginning) => text.startsWith(beginning))) return false;
	return formats.some((format) => hasShape(format, text));
}

const WORD_CHARACTER = /[0-9A-Za-z]/;

/**
 * Whether a raw key of one of `formats` stands anywhere in `text`. Only formats with a prefix can be told from other text: a shape such as 32 hexadecimal
 * characters is that of many ids. Bounded by the length of the text times 128.
 */
export function holdsImportedKey(formats: readonly ImportedFormat[], text: string): boolean {
	return formats.some((format) => format.prefix !== "" && holdsKeyOf(format, text));
}

function holdsKeyOf({ prefix, alphabet, length_min }: ImportedFormat, text: string): boolean {
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

/** What is wrong with a format beyond what its schema says: too long, too wide, or like what we make ourselves. */
export function faultsOfFormat(format: ImportedFormat, brand: string): InputError[] {
	const faults: InputError[] = [];
	const { prefix, length_min, length_max } = format;
	if (length_min > length_max) faults.push({ pointer: "/length_max", detail: "must be at least length_min" });
	if (prefix.length + length_max > RAW_KEY_CHARACTERS_MAX)
		faults.push({ pointer: "/length_max", detail: `makes keys of more than ${RAW_KEY_CHARACTERS_MAX} characters with this prefix` });
	const own = [...ownBeginnings(brand), SERVICE_CREDENTIAL_PREFIX].find((beginning) => prefix.startsWith(beginning));
	if (own !== undefined) faults.push({ pointer: "/prefix", detail: `begins with ${own}, which is reserved for credentials of this instance` });
	return faults;
}
