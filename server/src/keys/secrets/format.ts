import { CHECKSUM_CHARACTERS, checksum, endsWithChecksum, firstOutsideBase62 } from "../../core/checksum.ts";
import { SERVICE_CREDENTIAL_PREFIX } from "../../core/credential.ts";
import { assert } from "../../core/error.ts";
import { randomBase62 } from "../../core/id.ts";

/**
 * The raw key: `<brand>_<environment>_<kid 12><secret 32><checksum 6>`, base62 after the second underscore. The checksum is the
 * CRC-32/ISO-HDLC of everything before it. Parsed from the right, so that a brand may contain underscores.
 */
export type Environment = "prod" | "staging" | "dev";
export const ENVIRONMENTS: readonly Environment[] = ["prod", "staging", "dev"];

declare const kidBrand: unique symbol;
/** The public id of a secret: 12 base62 characters. */
export type Kid = string & { readonly [kidBrand]: true };

export const KID_CHARACTERS = 12;
const SECRET_CHARACTERS = 32;
/** Lists show this many characters of a raw key. */
export const LAST_CHARACTERS = 4;
/** What follows the second underscore. */
export const TAIL_CHARACTERS = KID_CHARACTERS + SECRET_CHARACTERS + CHECKSUM_CHARACTERS;

const BRAND_CHARACTERS_MAX = 24;
/** Longer texts are not analysed, which bounds the work of `explainMistake`. */
const EXPLAINED_CHARACTERS_MAX = 512;
const UNDERSCORES = 2;
const UNDERSCORE = 95;

/** `last4` is the end of the checksum, so that lists show no character of the secret. */
export interface ParsedKey {
	environment: Environment;
	kid: Kid;
	secret: string;
	last4: string;
}

/** Whether a text is a valid brand: lower-case words and digits joined by `_`, except the service credential's `kws`. */
export function isBrand(text: string): boolean {
	return text.length <= BRAND_CHARACTERS_MAX && /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(text) && !`${text}_`.startsWith(SERVICE_CREDENTIAL_PREFIX);
}

/** Converts a stored text to a kid. Asserts its format: a failure is a defect, not a caller's error. */
export function asKid(text: string): Kid {
	assert(text.length === KID_CHARACTERS && firstOutsideBase62(text) === -1, "a kid is 12 base62 characters");
	return trustKid(text);
}

export function newKid(): Kid {
	return trustKid(randomBase62(KID_CHARACTERS));
}

/** A new secret: 190 bits from the system's CSPRNG. */
export function newSecret(): string {
	return randomBase62(SECRET_CHARACTERS);
}

export function makeRawKey(parts: { brand: string; environment: Environment; kid: Kid; secret: string }): string {
	assert(parts.secret.length === SECRET_CHARACTERS && firstOutsideBase62(parts.secret) === -1, "a secret is 32 base62 characters");
	const body = `${parts.brand}_${parts.environment}_${parts.kid}${parts.secret}`;
	return body + checksum(body);
}

/** How a key is shown in lists: `kw_prod_…a1B2`. */
export function maskRawKey(brand: string, environment: Environment, last4: string): string {
	return `${brand}_${environment}_…${last4}`;
}

/** How many characters a raw key has. */
export function rawKeyLength(brand: string, environment: Environment): number {
	return brand.length + environment.length + UNDERSCORES + TAIL_CHARACTERS;
}

/**
 * The parts of a raw key, or null for a wrong format or checksum, which `explainMistake` explains. Does not check whether the key
 * exists. On the hot path: one pass, no regular expression.
 */
export function parseRawKey(brand: string, text: string): ParsedKey | null {
	const environment = environmentOfLength(text.length - brand.length - UNDERSCORES - TAIL_CHARACTERS);
	if (environment === null) return null;
	const kidAt = text.length - TAIL_CHARACTERS;
	const separated = text.charCodeAt(brand.length) === UNDERSCORE && text.charCodeAt(kidAt - 1) === UNDERSCORE;
	if (!separated || !text.startsWith(brand) || !text.startsWith(environment, brand.length + 1)) return null;
	if (!endsWithChecksum(text, kidAt)) return null;
	const secretAt = kidAt + KID_CHARACTERS;
	return {
		environment,
		kid: trustKid(text.slice(kidAt, secretAt)),
		secret: text.slice(secretAt, secretAt + SECRET_CHARACTERS),
		last4: text.slice(-LAST_CHARACTERS),
	};
}

/** The three environments differ in length, so the length of the text says which one to compare. */
function environmentOfLength(characters: number): Environment | null {
	if (characters === 4) return "prod";
	if (characters === 7) return "staging";
	return characters === 3 ? "dev" : null;
}

/** Guarantee: the caller has checked that the text is 12 base62 characters. */
function trustKid(text: string): Kid {
	return text as Kid;
}

export type FormatMistakeKind =
	| "empty"
	| "placeholder"
	| "several_keys"
	| "bearer_prefix"
	| "scheme_prefix"
	| "name_prefix"
	| "quoted"
	| "leading_whitespace"
	| "trailing_newline"
	| "trailing_whitespace"
	| "masked"
	| "service_credential"
	| "wrong_brand"
	| "unknown_environment"
	| "outside_alphabet"
	| "wrong_length"
	| "wrong_checksum";

/** Why a text is not a raw key. `detail` is for the caller and contains no part of the text. */
export interface FormatMistake {
	kind: FormatMistakeKind;
	detail: string;
}

const QUOTES = "\"'`“”‘’«»<>[](){}";
/** A prefix such as `name:`, `NAME=` or `{"name":`. */
const NAME_IN_FRONT = /^[{"'\s]{0,8}[A-Za-z_][\w.-]{0,63}["']?\s{0,4}[:=]/;
const UNEXPANDED = /(?:^|[\s"'=:])\$[A-Za-z_]|\$[{(]|\{\{|\}\}|<%|^%\w+%$|^<[^<>]*>$|process\.env|os\.environ/i;
const EXAMPLE = /your[\s_-]{0,2}(?:\w{1,20}[\s_-]){0,2}(?:key|secret|token)|x{8}|^(?:changeme|todo|secret|api[_-]?key|test)$/i;
const UNSET = /^(?:undefined|null|none|nil|nan|true|false|\[object \w+\])$/i;
const MASKED = /…|\.\.\.|\*|•|●|redacted/i;

const PLAIN_MISTAKES: readonly { kind: FormatMistakeKind; found: (text: string, brand: string) => boolean; detail: string }[] = [
	{ kind: "bearer_prefix", found: (text) => /^bearer[\s:]/i.test(text), detail: "`Bearer ` precedes the key: send only the key." },
	{
		kind: "scheme_prefix",
		found: (text) => /^(?:api-?key|basic|token|digest|key)\s/i.test(text),
		detail: "The name of a scheme precedes the key: send only the key.",
	},
	{
		kind: "name_prefix",
		found: (text, brand) => NAME_IN_FRONT.test(text) && !text.startsWith(`${brand}_`),
		detail: "A name with `:` or `=` precedes the key: send only the value.",
	},
	{
		kind: "quoted",
		found: (text) => QUOTES.includes(text.charAt(0)) || QUOTES.includes(text.charAt(text.length - 1)),
		detail: "Quotes or brackets surround the key: send it without them.",
	},
	{ kind: "leading_whitespace", found: (text) => /^\s/.test(text), detail: "White space precedes the key: remove it." },
	{
		kind: "trailing_newline",
		found: (text) => /(?:[\r\n]\s{0,8}|\\[rn]|%0[ad])$/i.test(text),
		detail: "A line end follows the key: remove it where the key is stored or read.",
	},
	{ kind: "trailing_whitespace", found: (text) => /\s$/.test(text), detail: "White space follows the key: remove it." },
	{
		kind: "masked",
		found: (text) => MASKED.test(text),
		detail: "This is the shortened form that lists show: send the full key. If it is lost, replace it.",
	},
	{
		kind: "service_credential",
		found: (text) => text.startsWith(SERVICE_CREDENTIAL_PREFIX),
		detail: "This is a service credential, not an API key: send it in `Authorization: Bearer` to the verify API.",
	},
];

/**
 * Explains to the caller why `parseRawKey` refused a text. Slow but bounded. Must not be called for a valid key: a text without any other mistake is
 * reported as a wrong checksum.
 */
export function explainMistake(brand: string, received: string): FormatMistake {
	if (received.length > EXPLAINED_CHARACTERS_MAX) return { kind: "wrong_length", detail: "This is many times longer than a key." };
	const text = decodeUtf8(received);
	if (text.trim() === "") return { kind: "empty", detail: "The key is empty." };
	const pretended = explainPlaceholder(brand, text);
	if (pretended !== null) return pretended;
	if (holdsSeveralKeys(brand, text)) return { kind: "several_keys", detail: "There is more than one value: send exactly one key, in one header." };
	for (const { kind, found, detail } of PLAIN_MISTAKES) if (found(text, brand)) return { kind, detail };
	return explainShape(brand, text);
}

function explainPlaceholder(brand: string, text: string): FormatMistake | null {
	const holdsKey = ENVIRONMENTS.some((environment) => text.includes(`${brand}_${environment}_`));
	if (UNSET.test(text)) return { kind: "placeholder", detail: "The variable that should hold the key is not set in your program." };
	if (!holdsKey && UNEXPANDED.test(text))
		return { kind: "placeholder", detail: "A variable was sent unexpanded in place of the key: check how your program or shell fills it in." };
	if (EXAMPLE.test(text)) return { kind: "placeholder", detail: "This is the placeholder of an example: put your own key in its place." };
	return null;
}

function holdsSeveralKeys(brand: string, text: string): boolean {
	const values = text.split(/[,;]/).filter((value) => value.trim() !== "");
	const starts = ENVIRONMENTS.reduce((sum, environment) => sum + text.split(`${brand}_${environment}_`).length - 1, 0);
	return values.length > 1 || starts > 1;
}

function explainShape(brand: string, text: string): FormatMistake {
	const starts = ENVIRONMENTS.map((environment) => ({ environment, start: `${brand}_${environment}_` }));
	const shortest = Math.min(...ENVIRONMENTS.map((environment) => rawKeyLength(brand, environment)));
	if (starts.some(({ start }) => start.startsWith(text))) {
		return { kind: "wrong_length", detail: `The key has ${text.length} characters of at least ${shortest}: it was cut off.` };
	}
	if (!text.startsWith(`${brand}_`))
		return {
			kind: "wrong_brand",
			detail: `The key does not begin with \`${brand}_\`: it may belong to another system, or its beginning is missing.`,
		};
	const named = starts.find(({ start }) => text.startsWith(start));
	if (named === undefined) {
		return {
			kind: "unknown_environment",
			detail: `\`${brand}_\` is not followed by \`prod_\`, \`staging_\` or \`dev_\`: no such environment exists.`,
		};
	}
	const outside = firstOutsideBase62(text, named.start.length);
	if (outside !== -1) return { kind: "outside_alphabet", detail: `Character ${outside + 1} is not one of 0-9, A-Z and a-z: copy the key again.` };
	const expected = rawKeyLength(brand, named.environment);
	if (text.length < expected)
		return {
			kind: "wrong_length",
			detail: `The key has ${text.length} of ${expected} characters: ${expected - text.length} are missing. Copy the key again.`,
		};
	if (text.length > expected)
		return {
			kind: "wrong_length",
			detail: `The key has ${text.length} characters instead of ${expected}: ${text.length - expected} too many. Copy the key again.`,
		};
	return {
		kind: "wrong_checksum",
		detail: "The key has the right length, but one or more of its characters differ from what was issued: copy it again.",
	};
}

/** Node decodes header values as Latin-1. Where the bytes are UTF-8, decode them, so that positions count the characters that were sent. */
function decodeUtf8(text: string): string {
	if (!/[\u0080-\u00ff]/.test(text) || /[^\0-\u00ff]/.test(text)) return text;
	const decoded = Buffer.from(text, "latin1").toString("utf8");
	return decoded.includes("\ufffd") ? text : decoded;
}
