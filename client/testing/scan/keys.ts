import { checksum } from "../../src/scan/search/raw-key.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export type Random = () => number;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): Random {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export function randomText(random: Random, length: number): string {
	return Array.from({ length }, () => BASE62.charAt(Math.floor(random() * BASE62.length))).join("");
}

/** A raw key with a valid checksum, made at run time. */
export function makeKey(random: Random, brand = "kw", environment = "prod"): string {
	return withChecksum(`${brand}_${environment}_${randomText(random, 44)}`);
}

export function withChecksum(body: string): string {
	return body + checksum(body);
}

/** The public id and the last four characters of a raw key. */
export function publicPartsOf(key: string): { kid: string; last4: string } {
	return { kid: key.slice(-50, -38), last4: key.slice(-4) };
}

const ESCAPES: readonly ((code: number) => string)[] = [
	(code) => `\\u00${code.toString(16)}`,
	(code) => `\\x${code.toString(16)}`,
	(code) => `%${code.toString(16).toUpperCase()}`,
	(code) => `\\\\u00${code.toString(16)}`,
	(code) => `&#${code};`,
];
export const ESCAPE_STYLES = ESCAPES.length;

/** `text` with every character escaped, in one of the styles. */
export function escapeAll(text: string, style: number): string {
	return [...text].map((character) => ESCAPES[style]?.(character.charCodeAt(0)) ?? character).join("");
}

/** What may break a key into two parts. */
export const BREAKS: readonly string[] = ['" + "', "'\n\t\t+ '", '"+"', "\\\n", "=\r\n", "\\n", "\n", '" . "', '\\" +\\n  \\"', '",\n"', "`, `"];
