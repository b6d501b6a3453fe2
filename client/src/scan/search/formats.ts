/** The `key_formats` of `GET /api/v1/api-profile`: what scanners need to know of the keys of an instance. */
export interface KeyFormat {
	readonly name: string;
	readonly kind: "own" | "imported";
	readonly prefix: string;
	readonly alphabet: Alphabet;
	readonly length_min: number;
	readonly length_max: number;
	readonly environments: readonly string[] | null;
	readonly checksum: string | null;
}

/** A format without a checksum, with the characters of its alphabet as a table. */
export interface ImportedFormat {
	readonly name: string;
	readonly prefix: string;
	readonly length_min: number;
	readonly length_max: number;
	readonly alphabet: Alphabet;
	readonly table: Uint8Array;
}

type Alphabet = keyof typeof CHARACTERS;

const FORMATS_MAX = 64;
const NAME = /^[a-z][a-z0-9_-]{0,31}$/;
const PREFIX = /^[!-~]{1,64}$/;
const LENGTH_MAX = 512;
const ASCII_CODES = 128;

/** The alphabets, as the inside of a class of a regular expression. */
export const CHARACTERS = {
	base62: "0-9A-Za-z",
	base58: "1-9A-HJ-NP-Za-km-z",
	hex: "0-9A-Fa-f",
	base64url: "0-9A-Za-z_-",
	printable: "!-~",
} as const;

export class InvalidFormats extends Error {}

/** Parses the JSON of `key_formats`, or of an API profile with them. Throws `InvalidFormats`. */
export function parseKeyFormats(json: string): KeyFormat[] {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		throw new InvalidFormats("they are not JSON");
	}
	const list = isObject(value) ? value["key_formats"] : value;
	if (!Array.isArray(list) || list.length > FORMATS_MAX) throw new InvalidFormats(`there is no list "key_formats" of at most ${FORMATS_MAX} formats`);
	return list.map(parseKeyFormat);
}

function parseKeyFormat(value: unknown, index: number): KeyFormat {
	const invalid = (field: string) => new InvalidFormats(`format ${index + 1} has no valid "${field}"`);
	if (!isObject(value)) throw new InvalidFormats(`format ${index + 1} is not an object`);
	const { name, kind, prefix, alphabet, length_min, length_max, environments = null, checksum = null } = value;
	if (typeof name !== "string" || !NAME.test(name)) throw invalid("name");
	if (kind !== "own" && kind !== "imported") throw invalid("kind");
	if (typeof prefix !== "string" || !PREFIX.test(prefix)) throw invalid("prefix");
	if (!isAlphabet(alphabet)) throw invalid("alphabet");
	if (!isLength(length_min)) throw invalid("length_min");
	if (!isLength(length_max) || length_max < length_min) throw invalid("length_max");
	if (environments !== null && !isListOfNames(environments)) throw invalid("environments");
	if (checksum !== null && typeof checksum !== "string") throw invalid("checksum");
	return { name, kind, prefix, alphabet, length_min, length_max, environments, checksum };
}

/** The formats that are found by their pattern: own keys are found by their checksum without configuration. */
export function toImportedFormats(formats: readonly KeyFormat[]): ImportedFormat[] {
	const imported = formats.filter((format) => format.kind === "imported");
	return imported.map(({ name, prefix, alphabet, length_min, length_max }) => ({
		...{ name, prefix, alphabet, length_min, length_max },
		table: toTable(alphabet),
	}));
}

function toTable(alphabet: Alphabet): Uint8Array {
	const pattern = new RegExp(`[${CHARACTERS[alphabet]}]`);
	return Uint8Array.from({ length: ASCII_CODES }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

function isAlphabet(value: unknown): value is Alphabet {
	return typeof value === "string" && Object.hasOwn(CHARACTERS, value);
}

function isLength(value: unknown): value is number {
	return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= LENGTH_MAX;
}

function isListOfNames(value: unknown): value is string[] {
	return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string" && NAME.test(name));
}
