import type { ImportedFormat } from "./formats.ts";
import type { Identity } from "./raw-key.ts";
import { type Occurrence, REACH_AFTER, REACH_BEFORE, searchText } from "./text.ts";
import { type Encoding, utf16Needles, utf16Texts } from "./utf16.ts";

const WINDOW_BYTES = 1024 * 1024;
/** What is searched again with the bytes that follow; a character of UTF-16 takes two bytes. */
const TAIL_BYTES = 2 * (REACH_BEFORE + REACH_AFTER);
const HEAD_BYTES = 2 * REACH_BEFORE;
/** Of a content with more keys, the first ones are reported, and that there are more. */
const FOUND_MAX = 1_000;

/** A key in a content; `offset` is the byte at which it begins. */
export interface Found extends Identity {
	readonly offset: number;
	readonly encoding: Encoding;
	/** Distinguishes keys whose format has no public id. */
	readonly spelling: string;
}

export interface Result {
	/** In the order of their offsets. */
	readonly found: Found[];
	/** The content, if it is not longer than the window; valid until the next content begins. */
	readonly whole: Buffer | null;
	readonly has_more: boolean;
}

/**
 * Searches contents of any size in one window of memory. Bytes are written into `space()`, and `filled` is called after each part; `end` returns what was found
 * and begins the next content.
 */
export class Searcher {
	readonly #formats: readonly ImportedFormat[];
	readonly #needles: readonly Buffer[];
	readonly #window = Buffer.allocUnsafeSlow(WINDOW_BYTES);
	#length = 0;
	/** Where the window begins in the content; even, so that UTF-16 stays aligned. */
	#base = 0;
	#found = new Map<number, Found>();
	#has_more = false;
	/** How many bytes were searched since the start, for the progress bar. */
	bytes = 0;

	constructor(formats: readonly ImportedFormat[]) {
		this.#formats = formats;
		this.#needles = utf16Needles(formats.map(({ prefix }) => prefix));
	}

	/** The part of the window for the next bytes; never empty. */
	space(): Buffer {
		if (this.#length === WINDOW_BYTES) this.#slide();
		return this.#window.subarray(this.#length);
	}

	filled(bytes: number): void {
		this.#length += bytes;
		this.bytes += bytes;
	}

	push(chunk: Buffer): void {
		for (let at = 0; at < chunk.length; ) {
			const copied = chunk.copy(this.space(), 0, at);
			this.filled(copied);
			at += copied;
		}
	}

	end(): Result {
		this.#search(this.#length);
		const found = [...this.#found.values()].sort((a, b) => a.offset - b.offset);
		const result = { found, whole: this.#base === 0 ? this.#window.subarray(0, this.#length) : null, has_more: this.#has_more };
		this.#found = new Map();
		this.#length = 0;
		this.#base = 0;
		this.#has_more = false;
		return result;
	}

	#slide(): void {
		const limit = WINDOW_BYTES - TAIL_BYTES;
		this.#search(limit);
		const from = limit - HEAD_BYTES;
		this.#window.copyWithin(0, from);
		this.#length -= from;
		this.#base += from;
	}

	/** Searches the window; keys that begin at `limit` or later are left for the next search. */
	#search(limit: number): void {
		const bytes = this.#window.subarray(0, this.#length);
		const latin1 = bytes.toString("latin1");
		searchText(latin1, this.#formats, (occurrence) => this.#add(occurrence, occurrence.start, limit, latin1, "utf-8"));
		for (const { text, from, encoding } of utf16Texts(bytes, this.#needles))
			searchText(text, this.#formats, (occurrence) => this.#add(occurrence, from + 2 * occurrence.start, limit, text, encoding));
	}

	#add(occurrence: Occurrence, at: number, limit: number, text: string, encoding: Encoding): void {
		const offset = this.#base + at;
		if (at >= limit || this.#found.has(offset)) return;
		if (encoding !== "utf-8" && (this.#found.has(offset - 1) || this.#found.has(offset + 1))) return;
		if (this.#found.size >= FOUND_MAX) {
			this.#has_more = true;
			return;
		}
		const { start, end, ...identity } = occurrence;
		const spelling = identity.kid ?? text.slice(start, end);
		this.#found.set(offset, { ...identity, offset, encoding, spelling });
	}
}
