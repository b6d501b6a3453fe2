import type { Readable } from "node:stream";
import { Dicer } from "@fastify/busboy";
import { ApiError } from "../../core/error.ts";
import { type Charset, decodeText } from "./charset.ts";
import { ClosingBoundary } from "./closing-boundary.ts";
import { type PartHeaders, parsePartHeaders } from "./form.ts";

const PARTS_MAX = 8;
const FIELD_BYTES_MAX = 1_024;
const PART_HEADERS_MAX = 8;
const PART_HEADER_BYTES_MAX = 2_048;
/** Limit of the bytes before the first boundary, and of those after the last. */
const OUTSIDE_BYTES_MAX = 1_024;
/** The parser silently truncates longer headers; our own limit rejects them far earlier. */
const PARSER_HEADER_BYTES_MAX = 1_048_576;
/** Disables the backpressure of the parser, which hangs when a part ends in the chunk that filled it. `write` applies backpressure instead. */
const PARSER_PART_BYTES = Number.MAX_SAFE_INTEGER;
/** After an error, this many more bytes are read: a form that contains too many parts is then reported as such. */
const MISTAKEN_BYTES_MAX = 16_384;

const FIELDS = ["title", "category"] as const;
type Field = (typeof FIELDS)[number];

/** A completely read form, whose file content was streamed to `TakeFile`. */
export interface Form extends Pick<PartHeaders, "filename" | "content_type"> {
	readonly fields: ReadonlyMap<Field, string>;
}

type TakeFile = (content: AsyncIterable<Buffer>) => Promise<void>;

function isField(name: string): name is Field {
	return FIELDS.some((field) => field === name);
}

function bad(detail: string): ApiError {
	return new ApiError("invalid_request", detail);
}

function tooMuch(detail: string): ApiError {
	return new ApiError("payload_too_large", detail);
}

const HEADERS_TOO_LARGE = `The headers of a form part exceed ${PART_HEADERS_MAX} lines or ${PART_HEADER_BYTES_MAX} bytes. Send fewer and shorter headers.`;
const CUT_SHORT = "The form ended before its closing boundary. Send the whole body.";

/**
 * Reads one `multipart/form-data` body (RFC 7578) with one `file` and the optional fields `title` and `category`: `write` each chunk, then
 * `end`, or `abandon`. Everything but the file's content is bounded. Throws as soon as an error is known; never reads ahead of `takeFile`.
 */
export class FormReader {
	readonly #parser: Dicer;
	readonly #closing: ClosingBoundary;
	readonly #takeFile: TakeFile;
	readonly #finished: Promise<void>;
	readonly #fields = new Map<Field, string>();
	readonly #open = new Set<Readable>();
	readonly #work: Promise<void>[] = [];
	#file: PartHeaders | null = null;
	#parts = 0;
	#received = 0;
	/** Offset of the unfinished part headers; null outside headers. */
	#headers_from: number | null = null;
	#mistake: { failure: ApiError; at: number } | null = null;
	#failed: { error: unknown } | null = null;
	#waiting: { resolve: () => void; reject: (error: unknown) => void } | null = null;

	constructor(boundary: string, takeFile: TakeFile) {
		this.#takeFile = takeFile;
		const limits = { boundary, maxHeaderPairs: PART_HEADERS_MAX + 1, maxHeaderSize: PARSER_HEADER_BYTES_MAX, partHwm: PARSER_PART_BYTES };
		this.#parser = new Dicer(limits);
		this.#parser.on("part", (part) => this.#onPart(part));
		this.#finished = new Promise((resolve, reject) => {
			this.#parser.once("finish", resolve);
			this.#parser.on("error", () => reject(bad(CUT_SHORT)));
		});
		this.#finished.catch((error) => this.#fail(error));
		this.#closing = new ClosingBoundary(boundary);
	}

	/** Resolves once `takeFile` has consumed all earlier content. */
	async write(chunk: Buffer): Promise<void> {
		this.#received += chunk.length;
		this.#closing.write(chunk);
		if (this.#parser.writable) this.#parser.write(chunk);
		this.#check();
		if (this.#isTaken()) return;
		await new Promise<void>((resolve, reject) => {
			this.#waiting = { resolve, reject };
		});
		this.#check();
	}

	async end(): Promise<Form> {
		if (this.#parser.writable) this.#parser.end();
		await this.#finished;
		await Promise.all(this.#work);
		this.#check();
		if (this.#mistake) throw this.#mistake.failure;
		if (this.#headers_from !== null) throw bad(CUT_SHORT);
		if (!this.#file) throw bad("The form has no part named `file`. Send the document in a part with this name.");
		return { fields: this.#fields, filename: this.#file.filename, content_type: this.#file.content_type };
	}

	/** Ends the input. Resolves when all received data is processed. */
	async abandon(): Promise<void> {
		for (const part of this.#open) part.destroy();
		await Promise.allSettled(this.#work);
	}

	#fail(error: unknown): void {
		this.#failed ??= { error };
		this.#waiting?.reject(this.#failed.error);
	}

	#isTaken(): boolean {
		for (const part of this.#open) if (part.readableLength > 0) return false;
		return true;
	}

	#check(): void {
		if (this.#failed) throw this.#failed.error;
		if (this.#mistake && this.#received - this.#mistake.at > MISTAKEN_BYTES_MAX) throw this.#mistake.failure;
		if (this.#headers_from !== null && this.#received - this.#headers_from > PART_HEADER_BYTES_MAX) throw tooMuch(HEADERS_TOO_LARGE);
		if (this.#parts === 0 && this.#received > OUTSIDE_BYTES_MAX) throw bad("The form does not begin with the boundary that Content-Type names.");
		if (this.#closing.bytes_behind > OUTSIDE_BYTES_MAX) throw bad("The body continues after the form's closing boundary. End it there.");
	}

	#mistaken(failure: ApiError): void {
		this.#mistake ??= { failure, at: this.#received };
	}

	#onPart(part: Readable): void {
		this.#parts += 1;
		if (this.#parts > PARTS_MAX)
			this.#fail(tooMuch(`The form has more than ${PARTS_MAX} parts. Send one file, and no other fields than title and category.`));
		if (this.#headers_from !== null)
			this.#mistaken(bad("The headers of a form part are not terminated by an empty line. Add it before the content."));
		this.#headers_from = this.#received;
		part.on("error", () => undefined);
		part.once("header", (headers: unknown) => {
			this.#headers_from = null;
			try {
				this.#begin(part, asHeaders(headers));
			} catch (error) {
				this.#fail(error);
			}
		});
	}

	#begin(part: Readable, raw: Readonly<Record<string, readonly string[]>>): void {
		const lines = Object.entries(raw).flatMap(([name, values]) => values.map((value) => name.length + value.length));
		const bytes = lines.reduce((sum, length) => sum + length, 0);
		if (lines.length > PART_HEADERS_MAX || bytes > PART_HEADER_BYTES_MAX) throw tooMuch(HEADERS_TOO_LARGE);
		this.#open.add(part);
		const work = this.#failed || this.#mistake ? this.#skip(part) : this.#read(part, raw);
		work.catch((error) => this.#fail(error));
		this.#work.push(work);
	}

	async #read(part: Readable, raw: Readonly<Record<string, readonly string[]>>): Promise<void> {
		try {
			const headers = parsePartHeaders(raw);
			if (headers.name === "file" && !this.#file) {
				this.#file = headers;
				return await this.#takeFile(this.#contentOf(part));
			}
			if (isField(headers.name) && !this.#fields.has(headers.name)) {
				this.#fields.set(headers.name, "");
				this.#fields.set(headers.name, await this.#text(part, headers.charset));
				return;
			}
			if (headers.name === "file") throw bad("The form has more than one part named `file`. Send one document at a time.");
			if (isField(headers.name)) throw bad("The form repeats a field. Send each field once.");
			throw new ApiError("unknown_field", "The form has an unknown part. Allowed are file, title and category.");
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 400) throw error;
			this.#mistaken(error);
			await this.#skip(part);
		}
	}

	async #text(part: Readable, charset: Charset): Promise<string> {
		const chunks: Buffer[] = [];
		let bytes = 0;
		for await (const chunk of this.#contentOf(part)) {
			bytes += chunk.length;
			if (bytes > FIELD_BYTES_MAX) throw tooMuch(`The form has a field with more than ${FIELD_BYTES_MAX} bytes.`);
			chunks.push(chunk);
		}
		return decodeText(Buffer.concat(chunks), charset);
	}

	async #skip(part: Readable): Promise<void> {
		for await (const _chunk of this.#contentOf(part));
	}

	async *#contentOf(part: Readable): AsyncGenerator<Buffer> {
		for await (const chunk of part.iterator({ destroyOnReturn: false })) {
			if (this.#isTaken()) this.#waiting?.resolve();
			yield chunk;
		}
		this.#open.delete(part);
	}
}

/** Guarantee: the parser emits a part's headers by lower-case name, each with a list of values. */
function asHeaders(headers: unknown): Readonly<Record<string, readonly string[]>> {
	return headers as Readonly<Record<string, readonly string[]>>;
}
