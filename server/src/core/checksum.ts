import { crc32 } from "node:zlib";
import { BASE62 } from "./id.ts";

export const CHECKSUM_CHARACTERS = 6;

const OUTSIDE = 255;
/** Value of each ASCII character as a base62 digit, `OUTSIDE` for the others. */
const DIGITS = new Uint8Array(128).fill(OUTSIDE);
for (let value = 0; value < BASE62.length; value += 1) DIGITS[BASE62.charCodeAt(value)] = value;

/** CRC-32/ISO-HDLC by bytes. One pass checks alphabet and checksum together, which zlib cannot. */
const CRC_TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
	let sum = byte;
	for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1;
	CRC_TABLE[byte] = sum;
}

/** The CRC-32/ISO-HDLC of the text's UTF-8 bytes as a base62 number of six digits, zero-padded, most significant digit first. */
export function checksum(text: string): string {
	let rest = crc32(text);
	let digits = "";
	for (let place = 0; place < CHECKSUM_CHARACTERS; place += 1) {
		digits = BASE62.charAt(rest % 62) + digits;
		rest = Math.floor(rest / 62);
	}
	return digits;
}

/**
 * Whether all characters from `from` on are base62 and the last six are the checksum of everything before them. The caller guarantees that
 * the part before `from` is ASCII.
 */
export function endsWithChecksum(text: string, from: number): boolean {
	const end = text.length - CHECKSUM_CHARACTERS;
	if (from < 0 || from > end) return false;
	let sum = -1;
	for (let at = 0; at < end; at += 1) {
		const code = text.charCodeAt(at);
		if (at >= from && toDigit(code) === OUTSIDE) return false;
		sum = (CRC_TABLE[(sum ^ code) & 0xff] ?? 0) ^ (sum >>> 8);
	}
	let claimed = 0;
	for (let at = end; at < text.length; at += 1) {
		const digit = toDigit(text.charCodeAt(at));
		if (digit === OUTSIDE) return false;
		claimed = claimed * 62 + digit;
	}
	return claimed === ~sum >>> 0;
}

/** Index of the first character from `from` on that is not base62, or -1. */
export function firstOutsideBase62(text: string, from = 0): number {
	for (let at = from; at < text.length; at += 1) if (toDigit(text.charCodeAt(at)) === OUTSIDE) return at;
	return -1;
}

function toDigit(code: number): number {
	return code < 128 ? (DIGITS[code] ?? OUTSIDE) : OUTSIDE;
}
