import { createReadStream } from "node:fs";
import { parseHeader, readCsvRecords } from "./csv.ts";
import { ImportFileError, type Line, readLines } from "./lines.ts";

/** The exit code when lines or the whole file are refused. */
export const EXIT_REFUSED = 3;

/** One record as texts by normalized column name (`expires_at`, `expiresAt` and `Expires At` are equal), or why it cannot be read. */
export type ImportRecord =
	| { readonly line: number; readonly fields: ReadonlyMap<string, string> }
	| { readonly line: number; readonly fault: string };
export type ReadableRecord = Extract<ImportRecord, { fields: unknown }>;

export type ImportFileKind = "csv" | "jsonl";

export function plainName(name: string): string {
	return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

async function* csvRecords(lines: AsyncIterable<Line>, isHash: (column: string) => boolean): AsyncGenerator<ImportRecord> {
	let columns: string[] | null = null;
	for await (const record of readCsvRecords(lines)) {
		if (columns === null) columns = parseHeader(record, { plain: plainName, isHash });
		else if ("fault" in record) yield record;
		else if (record.fields.length !== columns.length) yield { line: record.line, fault: "has another number of fields than the header row" };
		else {
			const named = columns.map((name, index): [string, string] => [name, record.fields[index] ?? ""]);
			yield { line: record.line, fields: new Map(named.filter(([, text]) => text !== "")) };
		}
	}
	if (columns === null) parseHeader(undefined, { plain: plainName, isHash });
}

function jsonText(value: unknown): string | null {
	if (value === null || value === undefined) return null;
	return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function jsonRecord(line: number, text: string): ImportRecord {
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		return { line, fault: "is not valid JSON" };
	}
	if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) return { line, fault: "is not a JSON object" };
	const fields = new Map<string, string>();
	for (const [name, value] of Object.entries(parsed)) {
		const inner = value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [];
		for (const [part, own] of [["", value] as const, ...inner]) {
			const written = jsonText(own);
			if (written !== null && written !== "") fields.set(plainName(`${name}${part}`), written);
		}
	}
	return { line, fields };
}

async function* jsonRecords(lines: AsyncIterable<Line>): AsyncGenerator<ImportRecord> {
	let empty = true;
	for await (const line of lines) {
		if ("text" in line && line.text.trim() === "") continue;
		empty = false;
		yield "fault" in line ? line : jsonRecord(line.line, line.text);
	}
	if (empty) throw new ImportFileError(1, "the file is empty: it has no line with a key");
}

/** The kind of a file, and which column holds the hashes; a first line without that column is not a header row. */
export interface ImportFormat {
	readonly kind: ImportFileKind;
	readonly isHash: (column: string) => boolean;
}

/** The records of a file, or of standard input for `-`. Throws ImportFileError and errors of the file system. */
export function readImportFile(path: string, format: ImportFormat): AsyncGenerator<ImportRecord> {
	const bytes: AsyncIterable<Uint8Array> = path === "-" ? process.stdin : createReadStream(path);
	return readRecords(bytes, format);
}

export function readRecords(bytes: AsyncIterable<Uint8Array>, { kind, isHash }: ImportFormat): AsyncGenerator<ImportRecord> {
	return kind === "csv" ? csvRecords(readLines(bytes), isHash) : jsonRecords(readLines(bytes));
}
