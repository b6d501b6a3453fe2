import Type, { type Static } from "typebox";
import { ENVIRONMENTS, TAIL_CHARACTERS } from "../secrets/format.ts";
import { ALPHABET_CLASSES, IMPORTED_ALPHABETS, type ImportedFormat } from "./format.ts";

/** Public: what a scanner needs to find leaked keys of this instance. Every holder of a key knows as much. */
export const ScannerFormatSchema = Type.Object({
	name: Type.String({ description: "The brand of this instance's own keys, or the name of a format of imported keys" }),
	kind: Type.Enum(["own", "imported"]),
	prefix: Type.String({ description: "How every such key begins" }),
	pattern: Type.String({ description: "A regular expression of a whole key, in the syntax that JavaScript, Go, Python and PCRE share" }),
	environments: Type.Union([Type.Array(Type.String()), Type.Null()], { description: "What follows the prefix, with `_` after it" }),
	alphabet: Type.Enum([...IMPORTED_ALPHABETS], { description: "The characters of the rest" }),
	length_min: Type.Integer({ description: "Characters of the rest" }),
	length_max: Type.Integer(),
	checksum: Type.Union([Type.Literal("crc32-base62"), Type.Null()], {
		description:
			"crc32-base62: the last six characters are the CRC-32 of all before them as a base62 number (0-9, A-Z, a-z), the most significant first",
	}),
});
export type ScannerFormat = Static<typeof ScannerFormatSchema>;

/** Own keys first. Formats without a prefix are left out: they match ordinary ids. */
export function toScannerFormats(brand: string, formats: readonly ImportedFormat[]): ScannerFormat[] {
	const body = { alphabet: "base62", length_min: TAIL_CHARACTERS, length_max: TAIL_CHARACTERS } as const;
	const pattern = `${brand}_(?:${ENVIRONMENTS.join("|")})_[${ALPHABET_CLASSES.base62}]{${TAIL_CHARACTERS}}`;
	const own: ScannerFormat = {
		...{ name: brand, kind: "own", prefix: `${brand}_`, pattern },
		...{ environments: [...ENVIRONMENTS], ...body, checksum: "crc32-base62" },
	};
	return [own, ...formats.filter(({ prefix }) => prefix !== "").map(toScannerFormat)];
}

function toScannerFormat({ name, prefix, alphabet, length_min, length_max }: ImportedFormat): ScannerFormat {
	const length = length_min === length_max ? `${length_min}` : `${length_min},${length_max}`;
	const pattern = `${prefix.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}[${ALPHABET_CLASSES[alphabet]}]{${length}}`;
	return { name, kind: "imported", prefix, pattern, environments: null, alphabet, length_min, length_max, checksum: null };
}
