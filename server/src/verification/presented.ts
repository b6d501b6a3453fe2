import { hash } from "node:crypto";
import type { Peppers } from "../core/pepper.ts";
import { isImportedShape, RAW_KEY_CHARACTERS_MAX } from "../keys/imported/format.ts";
import type { LiveImportedFormats } from "../keys/imported/formats.ts";
import { ImportedLookups } from "../keys/imported/lookup.ts";
import { parseRawKey } from "../keys/secrets/format.ts";
import { importedSecretText } from "../keys/secrets/mac.ts";
import { joinLookups } from "./grants/unknown-names.ts";

/** SHA-256 as 32 Latin-1 characters; "" for a text that is too long for any key, whose shape is then refused. */
export function digestRawKey(raw_key: string): string {
	return raw_key.length > RAW_KEY_CHARACTERS_MAX ? "" : hash("sha256", raw_key, "latin1");
}

/** A parsed raw key. */
export interface Presented {
	/** The name of its grant: the kid, or the lookups of an imported key. */
	readonly name: string;
	/** Null for an imported key, whose text contains none. */
	readonly kid: string | null;
	/** The text that the MAC covers. */
	readonly secret: string;
	/** Null for an imported key, whose text contains none. */
	readonly environment: string | null;
}

/** Parses Keywright's raw keys and imported keys in the operator's declared formats. */
export class RawKeyReader {
	readonly #brand: string;
	readonly #formats: LiveImportedFormats;
	readonly #lookups: ImportedLookups;

	constructor(options: { brand: string; peppers: Peppers; imported_formats: LiveImportedFormats }) {
		this.#brand = options.brand;
		this.#formats = options.imported_formats;
		this.#lookups = new ImportedLookups(options.peppers);
	}

	/** Null for a text in no known format. `digest` is its SHA-256 in Latin-1. */
	read(raw_key: string, digest: string): Presented | null {
		const parsed = parseRawKey(this.#brand, raw_key);
		if (parsed !== null) return { name: parsed.kid, kid: parsed.kid, secret: parsed.secret, environment: parsed.environment };
		if (!isImportedShape(this.#formats.known, this.#brand, raw_key)) return null;
		return {
			name: joinLookups(this.#lookups.all(Buffer.from(digest, "latin1"))),
			kid: null,
			secret: importedSecretText(raw_key),
			environment: null,
		};
	}

	/** Whether the text may match a format that was declared recently and that this node has not read yet. */
	mayBeNew(raw_key: string): boolean {
		return this.#formats.isBehind && raw_key.length <= RAW_KEY_CHARACTERS_MAX;
	}

	/** Rejects when the formats cannot be read. */
	async catchUp(): Promise<void> {
		await this.#formats.current();
	}
}
