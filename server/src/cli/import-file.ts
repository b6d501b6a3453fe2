import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";

/** Of a line, and of one CSV record. */
const LINE_CHARACTERS_MAX = 65_536;
const NUL = "\0";

/** The exit code when lines, or the whole file, are refused. */
export const EXIT_REFUSED = 3;

/** What makes a file unreadable from `line` on. Says nothing of what stands there. */
export class ImportFileError extends Error {
	override readonly name = "ImportFileError";
	readonly line: number;

	constructor(line: number, message: string) {
		super(`line ${line}: ${message}`);
		this.line = line;
	}
}

/** One line as texts by the plain form of their names: `expires_at`, `expiresAt` and `Expires At` are the same. */
export interface ImportRecord {
	readonly line: number;
	readonly fields: ReadonlyMap<string, string>;
}

export type ImportFileKind = "csv" | "jsonl";

export function plainName(name: string): string {
	return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The text of a file, piece by piece; throws at what is no UTF-8, at NUL and at lines without end. */
async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let line = 1;
	let characters = 0;
	function decode(chunk?: Uint8Array): string {
		try {
			return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
		} catch {
			throw new ImportFileError(line, "from here on the file is not UTF-8");
		}
	}
	function check(text: string): string {
		let from = 0;
		for (;;) {
			const end = text.indexOf("\n", from);
			const part = end === -1 ? text.length : end;
			characters += part - from;
			if (characters > LINE_CHARACTERS_MAX) throw new ImportFileError(line, `is longer than ${LINE_CHARACTERS_MAX} characters`);
			const nul = text.indexOf(NUL, from);
			if (nul !== -1 && nul < part) throw new ImportFileError(line, "holds a NUL character");
			if (end === -1) return text;
			line += 1;
			characters = 0;
			from = end + 1;
		}
	}
	for await (const chunk of bytes) yield check(decode(chunk));
	yield check(decode());
}

function csvWords(error: CsvError): string {
	switch (error.code) {
		case "CSV_RECORD_INCONSISTENT_COLUMNS":
		case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH":
			return "has another number of fields than the header row";
		case "CSV_QUOTE_NOT_CLOSED":
			return "opens a quote that is never closed";
		case "CSV_INVALID_CLOSING_QUOTE":
		case "INVALID_OPENING_QUOTE":
			return "has a quote in a place where none may stand";
		case "CSV_MAX_RECORD_SIZE":
			return `is longer than ${LINE_CHARACTERS_MAX} characters`;
		default:
			return "is no valid CSV";
	}
}

function headerOf(names: readonly string[]): string[] {
	const plain = names.map(plainName);
	const twice = plain.find((name, index) => name !== "" && plain.indexOf(name) !== index);
	if (twice !== undefined) throw new ImportFileError(1, "two columns have the same name");
	return plain;
}

/** Guarantee: the parser gives records of texts, with where it is, because it was asked for both. */
function asCsvRecord(value: unknown): { record: Record<string, string>; info: { lines: number } } {
	return value as { record: Record<string, string>; info: { lines: number } };
}

async function* csvRecords(texts: AsyncIterable<string>): AsyncGenerator<ImportRecord> {
	const parser = parse({
		columns: headerOf,
		info: true,
		max_record_size: LINE_CHARACTERS_MAX,
		record_delimiter: ["\r\n", "\n"],
		skip_empty_lines: true,
	});
	const source = Readable.from(texts);
	source.on("error", (error) => parser.destroy(error));
	source.pipe(parser);
	try {
		for await (const value of parser) {
			const { record, info } = asCsvRecord(value);
			yield { line: info.lines, fields: new Map(Object.entries(record).filter(([, text]) => text !== "")) };
		}
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		throw new ImportFileError(Number(error.lines ?? 1), csvWords(error));
	}
}

function jsonText(value: unknown): string | null {
	if (value === null || value === undefined) return null;
	return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function jsonFields(line: number, text: string): ReadonlyMap<string, string> {
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		throw new ImportFileError(line, "is no valid JSON");
	}
	if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) throw new ImportFileError(line, "is no JSON object");
	const fields = new Map<string, string>();
	for (const [name, value] of Object.entries(parsed)) {
		const inner = value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [];
		for (const [part, own] of [["", value] as const, ...inner]) {
			const written = jsonText(own);
			if (written !== null && written !== "") fields.set(plainName(`${name}${part}`), written);
		}
	}
	return fields;
}

async function* jsonRecords(texts: AsyncIterable<string>): AsyncGenerator<ImportRecord> {
	let line = 0;
	let rest = "";
	for await (const text of texts) {
		const lines = (rest + text).split("\n");
		rest = lines.pop() ?? "";
		for (const one of lines) {
			line += 1;
			if (one.trim() !== "") yield { line, fields: jsonFields(line, one) };
		}
	}
	if (rest.trim() !== "") yield { line: line + 1, fields: jsonFields(line + 1, rest) };
}

/** The records of a file, or of standard input for `-`. Throws ImportFileError; what the system says of the file is thrown as it is. */
export function readImportFile(path: string, kind: ImportFileKind): AsyncGenerator<ImportRecord> {
	const bytes: AsyncIterable<Uint8Array> = path === "-" ? process.stdin : createReadStream(path);
	return recordsOf(bytes, kind);
}

export function recordsOf(bytes: AsyncIterable<Uint8Array>, kind: ImportFileKind): AsyncGenerator<ImportRecord> {
	return kind === "csv" ? csvRecords(textOf(bytes)) : jsonRecords(textOf(bytes));
}
