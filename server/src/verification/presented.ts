import { hash } from "node:crypto";
import type { Peppers } from "../core/pepper.ts";
import { isImportedShape, RAW_KEY_CHARACTERS_MAX } from "../keys/imported/format.ts";
import type { LiveImportedFormats } from "../keys/imported/formats.ts";
import { ImportedLookups } from "../keys/imported/lookup.ts";
import { parseRawKey } from "../keys/secrets/format.ts";
import { secretFromElsewhere } from "../keys/secrets/mac.ts";
import { nameOfLookups } from "./grants/unknown-names.ts";

/** SHA-256 as 32 characters of Latin-1. None of a text that is too long for any key: that is refused for its shape. */
export function digestOf(raw_key: string): string {
	return raw_key.length > RAW_KEY_CHARACTERS_MAX ? "" : hash("sha256", raw_key, "latin1");
}

/** A text that has the shape of a raw key, taken apart. */
export interface Presented {
	/** What its grant is read by: the kid, or what a key that was issued elsewhere is found by. */
	readonly name: string;
	/** What its MAC is over. */
	readonly secret: string;
	/** Null for a key that was issued elsewhere: its text names none. */
	readonly environment: string | null;
}

/** Takes raw keys apart: our own, and those of the formats that the operator has declared. */
export class RawKeyReader {
	readonly #brand: string;
	readonly #formats: LiveImportedFormats;
	readonly #lookups: ImportedLookups;

	constructor(options: { brand: string; peppers: Peppers; legacy_formats: LiveImportedFormats }) {
		this.#brand = options.brand;
		this.#formats = options.legacy_formats;
		this.#lookups = new ImportedLookups(options.peppers);
	}

	/** Null for a text of no known shape. `digest` is its SHA-256 in Latin-1. */
	read(raw_key: string, digest: string): Presented | null {
		const parsed = parseRawKey(this.#brand, raw_key);
		if (parsed !== null) return { name: parsed.kid, secret: parsed.secret, environment: parsed.environment };
		if (!isImportedShape(this.#formats.known, this.#brand, raw_key)) return null;
		return {
			name: nameOfLookups(this.#lookups.all(Buffer.from(digest, "latin1"))),
			secret: secretFromElsewhere(raw_key),
			environment: null,
		};
	}

	/** Whether the text may have a shape that was declared a moment ago, which this node has yet to read. */
	mayBeNew(raw_key: string): boolean {
		return this.#formats.isBehind && raw_key.length <= RAW_KEY_CHARACTERS_MAX;
	}

	/** Rejects when the formats cannot be read. */
	async catchUp(): Promise<void> {
		await this.#formats.current();
	}
}
