import { BODY_CHARACTERS, ENVIRONMENTS, type Environment } from "./raw-key.ts";

/** A brand with every character escaped, and a break of a string within it, fits into this many characters. */
export const BEFORE_CHARACTERS_MAX = 512;
/** The same for a body; a text that is longer is not decoded further. */
export const AFTER_CHARACTERS_MAX = 2_048;
/** White space around the operator that joins two parts of a string. */
const BLANKS_MAX = 80;

/** One character of a key, written as itself or escaped: JSON and JavaScript, also escaped twice; URL; quoted-printable; HTML; Markdown. */
const ESCAPES = String.raw`\\{1,8}(?:u(?:00([0-9A-Fa-f]{2})|\{0{0,4}([0-9A-Fa-f]{2})\})|x([0-9A-Fa-f]{2}))|%(?:25){0,3}([0-9A-Fa-f]{2})|=([0-9A-Fa-f]{2})|&#x0{0,4}([0-9A-Fa-f]{2});|&#0{0,4}([0-9]{2,3});|\\{1,8}(_)`;
const BLANK = String.raw`(?:[ \t\r\n]|\\{1,8}[nrt])`;
const QUOTE = String.raw`\\{0,8}["'\x60]`;
/**
 * What may stand between two characters of a key: the break of a string, of a line, or an escaped line end. A text can be read in one way only, so that the time
 * does not grow with the ways.
 */
const BREAKS = String.raw`${QUOTE}${BLANK}{0,${BLANKS_MAX}}(?:(?:\+|\.\.?|&|,|\.concat\()${BLANK}{0,${BLANKS_MAX}})?${QUOTE}|[\\=]?\r?\n[ \t]{0,${BLANKS_MAX}}|\\{1,8}(?:r\\{1,8})?n[ \t]{0,${BLANKS_MAX}}|(?:%(?:25){0,3}0[AaDd]){1,2}`;

const ESCAPE = new RegExp(ESCAPES, "y");
const BREAK = new RegExp(BREAKS, "y");

/** `_prod_`, `_staging_` and `_dev_`, each character written in any of these ways and with breaks between them. */
const MARKER = new RegExp(
	`${anySpelling("_")}(?:${BREAKS})?(?:${ENVIRONMENTS.map((environment) => `(${spellingsOf(`${environment}_`)})`).join("|")})`,
	"g",
);

function spellingsOf(text: string): string {
	return [...text].map(anySpelling).join(`(?:${BREAKS})?`);
}

function anySpelling(character: string): string {
	const code = character.charCodeAt(0);
	const hex = code.toString(16).replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
	const markdown = character === "_" ? String.raw`|\\{1,8}_` : "";
	return String.raw`(?:${character}|\\{1,8}(?:u(?:00${hex}|\{0{0,4}${hex}\})|x${hex})|%(?:25){0,3}${hex}|=${hex}|&#x0{0,4}${hex};|&#0{0,4}${code};${markdown})`;
}

export interface Marker {
	readonly environment: Environment;
	readonly index: number;
	/** Where the text after the marker begins. */
	readonly end: number;
}

/** Calls `found` for each marker of `text`. */
export function eachMarker(text: string, found: (marker: Marker) => void): void {
	MARKER.lastIndex = 0;
	for (let match = MARKER.exec(text); match !== null; match = MARKER.exec(text)) {
		const environment = match[1] !== undefined ? "prod" : match[2] !== undefined ? "staging" : "dev";
		found({ environment, index: match.index, end: MARKER.lastIndex });
		// The last underscore of a marker may be the first of the next.
		MARKER.lastIndex = match.index + 1;
	}
}

/** Whether a character code is one of 0-9, A-Z and a-z. */
export function isBase62(code: number): boolean {
	return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90);
}

const UNDERSCORE = 95;

/** The escaped character at `at`, if it may be part of a key, and the index after it. */
function readEscape(text: string, at: number): { character: string; end: number } | null {
	ESCAPE.lastIndex = at;
	const match = ESCAPE.exec(text);
	if (match === null) return null;
	const [, , , , , , , decimal, underscore] = match;
	if (underscore !== undefined) return { character: underscore, end: ESCAPE.lastIndex };
	const hex = match.slice(1, 7).find((digits) => digits !== undefined);
	const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
	return isBase62(code) || code === UNDERSCORE ? { character: String.fromCharCode(code), end: ESCAPE.lastIndex } : null;
}

function skipBreak(text: string, at: number): number {
	BREAK.lastIndex = at;
	return BREAK.test(text) ? BREAK.lastIndex : at;
}

/** The character of a key at `at`, in whatever spelling, or null. */
function readCharacter(text: string, at: number): { character: string; end: number } | null {
	const code = text.charCodeAt(at);
	if (isBase62(code) || code === UNDERSCORE) return { character: text.charAt(at), end: at + 1 };
	return readEscape(text, at);
}

/** The 50 base62 characters from `at` on, decoded; null if there are fewer, or more without a break between them. `end` is the index after them. */
export function readBody(text: string, at: number): { body: string; end: number } | null {
	let body = "";
	let end = at;
	const limit = Math.min(text.length, at + AFTER_CHARACTERS_MAX);
	while (body.length < BODY_CHARACTERS) {
		let next = readCharacter(text, end);
		if (next === null) {
			const after = skipBreak(text, end);
			if (after === end) return null;
			next = readCharacter(text, after);
		}
		if (next === null || next.character === "_" || next.end > limit) return null;
		body += next.character;
		end = next.end;
	}
	const following = readCharacter(text, end);
	return following === null || following.character === "_" ? { body, end } : null;
}

/** The base62 characters from `at` on, as many as there are: how many, and the index after them. */
export function readRun(text: string, at: number): { count: number; end: number } {
	let count = 0;
	let end = at;
	for (;;) {
		const next = readCharacter(text, end) ?? readCharacter(text, skipBreak(text, end));
		if (next === null || next.character === "_") return { count, end };
		count += 1;
		end = next.end;
	}
}

/** What can be read of a brand before the index `end`, and where each of its characters begins. */
export function readBefore(text: string, end: number): { text: string; starts: number[] } {
	let decoded = "";
	let starts: number[] = [];
	let at = Math.max(0, end - BEFORE_CHARACTERS_MAX);
	while (at < end) {
		const next = readCharacter(text, at);
		if (next !== null && next.end <= end) {
			decoded += next.character;
			starts.push(at);
			at = next.end;
			continue;
		}
		const after = skipBreak(text, at);
		if (after === at || after > end) {
			decoded = "";
			starts = [];
			at += 1;
		} else at = after;
	}
	return { text: decoded, starts };
}
