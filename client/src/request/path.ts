const SLASH = 47;
const DOT = 46;
const PERCENT = 37;
const DELETE = 127;
const CONTINUATION_BITS = 0x3f;
const CODE_POINT_MAX = 0x10ffff;

/** `/` and `%`, which are handled separately; characters that some parsers take for a slash or the end of the path; not ASCII 0x21–0x7e. */
const NOT_PLAIN = "/%\\;#?";
/** Separators after another decoding: slash, backslash, and the percent sign of a nested encoding. */
const REFUSED_ENCODED = "/\\%";
/** Never needs encoding: `/%61dmin` differs for parsers that compare and is equal for those that decode (RFC 3986, 6.2.2.2). */
const NEEDLESSLY_ENCODED = /[A-Za-z0-9._-]/;

const FINE = 1;
/** `FINE`: allowed in a raw path, or in an escape. */
const RAW = new Uint8Array(128);
const DECODED = new Uint8Array(128);
for (let code = 32; code < DELETE; code += 1) {
	const character = String.fromCharCode(code);
	RAW[code] = code === 32 || NOT_PLAIN.includes(character) ? 0 : FINE;
	DECODED[code] = REFUSED_ENCODED.includes(character) || NEEDLESSLY_ENCODED.test(character) ? 0 : FINE;
}

/**
 * Whether two parsers could read this path differently. `rawPath` is the path on the wire, without the query. Ambiguous: no leading `/`,
 * empty and dot segments, invalid or overlong escapes, unescaped special characters, and escapes of separators, controls or unreserved
 * characters. Other escapes (`%20`, `%3A`) remain, so compare paths decoded.
 */
export function isAmbiguousPath(rawPath: string): boolean {
	if (rawPath.charCodeAt(0) !== SLASH) return true;
	let segmentAt = 1;
	for (let at = 1; at < rawPath.length; at += 1) {
		const code = rawPath.charCodeAt(at);
		if (code < 128 && RAW[code] === FINE) continue;
		if (code === SLASH) {
			if (at === segmentAt || isDots(rawPath, segmentAt, at)) return true;
			segmentAt = at + 1;
		} else {
			if (code !== PERCENT) return true;
			const end = endOfEscapes(rawPath, at);
			if (end === -1) return true;
			at = end - 1;
		}
	}
	return isDots(rawPath, segmentAt, rawPath.length);
}

function isDots(path: string, from: number, to: number): boolean {
	const length = to - from;
	if (length === 1) return path.charCodeAt(from) === DOT;
	return length === 2 && path.charCodeAt(from) === DOT && path.charCodeAt(from + 1) === DOT;
}

/** The end of the escaped character at `at`, or -1 if it is malformed or refused. */
function endOfEscapes(path: string, at: number): number {
	const first = escapedByte(path, at);
	if (first < 0) return -1;
	if (first < 128) return DECODED[first] === FINE ? at + 3 : -1;
	const following = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	let codePoint = first & (CONTINUATION_BITS >> following);
	let end = at + 3;
	for (let count = 0; count < following; count += 1) {
		const byte = escapedByte(path, end);
		if (byte >> 6 !== 0b10) return -1;
		codePoint = (codePoint << 6) | (byte & CONTINUATION_BITS);
		end += 3;
	}
	return isShortestUtf8(first, codePoint) ? end : -1;
}

/** The byte of `%xx` at an index, or -1. */
function escapedByte(path: string, at: number): number {
	if (path.charCodeAt(at) !== PERCENT) return -1;
	const high = hexDigit(path.charCodeAt(at + 1));
	const low = hexDigit(path.charCodeAt(at + 2));
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
	if (code >= 48 && code <= 57) return code - 48;
	const upper = code & ~32;
	return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}

/** RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF, no lone continuation byte; and none of the controls U+0080 to U+009F. */
function isShortestUtf8(first: number, codePoint: number): boolean {
	if (first < 0xc2 || first > 0xf4 || codePoint > CODE_POINT_MAX || codePoint < 0xa0) return false;
	if (codePoint >= 0xd800 && codePoint <= 0xdfff) return false;
	return codePoint >= (first >= 0xf0 ? 0x10000 : first >= 0xe0 ? 0x800 : 0x80);
}
