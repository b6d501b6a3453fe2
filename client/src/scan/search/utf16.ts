import { ENVIRONMENTS, SERVICE_PREFIX } from "./raw-key.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** How much of a text is looked at to recognise UTF-16, and how much of one half of its bytes is zero there at least. */
const SAMPLE_BYTES = 512;
const ZEROS_LEAST = 0.3;

/** A decoded text; its character `n` begins at the byte `from + 2 * n`. */
export interface Utf16Text {
	readonly text: string;
	readonly from: number;
	readonly encoding: Encoding;
}

/** Beginnings of keys in UTF-16, without the outermost zero bytes, so that they are found in both byte orders. */
export function utf16Needles(prefixes: readonly string[]): Buffer[] {
	const markers = ENVIRONMENTS.map((environment) => `_${environment}_`);
	return [...markers, SERVICE_PREFIX, ...prefixes].map((text) => Buffer.from(text, "utf16le").subarray(0, -1));
}

/** The texts in UTF-16 that `bytes` may hold: where a needle is found, and everything if it looks like such a text. */
export function utf16Texts(bytes: Buffer, needles: readonly Buffer[]): Utf16Text[] {
	if (!bytes.includes(0)) return [];
	const wanted = new Set<string>(looksLikeUtf16(bytes));
	for (const needle of needles) {
		for (let at = bytes.indexOf(needle); at !== -1 && wanted.size < 4; at = bytes.indexOf(needle, at + 1)) {
			if (bytes[at + needle.length] === 0) wanted.add(`utf-16le ${at % 2}`);
			if (at > 0 && bytes[at - 1] === 0) wanted.add(`utf-16be ${(at - 1) % 2}`);
		}
	}
	// Text read in the other byte order is out of step by one byte: what is in step comes first, and is the one that is kept.
	const in_step = [...wanted].sort((a, b) => (a.slice(-1) < b.slice(-1) ? -1 : 1));
	return in_step.map((name) => (name.startsWith("utf-16le") ? decode(bytes, "utf-16le", name) : decode(bytes, "utf-16be", name)));
}

function decode(bytes: Buffer, encoding: "utf-16le" | "utf-16be", name: string): Utf16Text {
	const from = name.endsWith("1") ? 1 : 0;
	const even = bytes.subarray(from, bytes.length - ((bytes.length - from) % 2));
	const little = encoding === "utf-16le" ? even : Buffer.from(even).swap16();
	return { text: little.toString("utf16le"), from, encoding };
}

function looksLikeUtf16(bytes: Buffer): string[] {
	const sample = Math.min(bytes.length, SAMPLE_BYTES);
	let even = 0;
	let odd = 0;
	for (let at = 0; at < sample; at += 2) {
		if (bytes[at] === 0) even += 1;
		if (bytes[at + 1] === 0) odd += 1;
	}
	const least = (sample / 2) * ZEROS_LEAST;
	if (odd >= least && even < least) return ["utf-16le 0"];
	return even >= least && odd < least ? ["utf-16be 0"] : [];
}
