import { ImportFileError, LINE_CHARACTERS_MAX, type Line } from "./lines.ts";

/** Maximum number of lines in a quoted field; an unclosed quote is reported after that many. */
const RECORD_LINES_MAX = 100;
const NEVER_CLOSED = "opens a quote that is never closed";
const MISPLACED_QUOTE = "has a misplaced quote";

/** A CSV record (RFC 4180) with its first line, or its error. */
export type CsvRecord = { readonly line: number; readonly fields: readonly string[] } | { readonly line: number; readonly fault: string };

/** The fields of a record; null while a quote is open; a string is an error. */
function parseRecord(text: string): string[] | null | string {
	const fields: string[] = [];
	for (let at = 0; ; at += 1) {
		if (text.charAt(at) === '"') {
			let value = "";
			for (at += 1; ; ) {
				const quote = text.indexOf('"', at);
				if (quote === -1) return null;
				value += text.slice(at, quote);
				at = quote + 1;
				if (text.charAt(at) !== '"') break;
				value += '"';
				at += 1;
			}
			if (at < text.length && text.charAt(at) !== ",") return MISPLACED_QUOTE;
			fields.push(value);
		} else {
			const comma = text.indexOf(",", at);
			const end = comma === -1 ? text.length : comma;
			const value = text.slice(at, end);
			if (value.includes('"')) return MISPLACED_QUOTE;
			fields.push(value);
			at = end;
		}
		if (at >= text.length) return fields;
	}
}

/** Lines with push-back, so that an unclosed quote invalidates only its own line. */
class LineQueue {
	readonly #lines: AsyncIterator<Line>;
	#given_back: Line[] = [];

	constructor(lines: AsyncIterable<Line>) {
		this.#lines = lines[Symbol.asyncIterator]();
	}

	async next(): Promise<Line | null> {
		const again = this.#given_back.shift();
		if (again) return again;
		const { done, value } = await this.#lines.next();
		return done ? null : value;
	}

	giveBack(lines: readonly Line[]): void {
		this.#given_back = [...lines, ...this.#given_back];
	}
}

async function recordFrom(first: { line: number; text: string }, queue: LineQueue): Promise<CsvRecord> {
	const { line } = first;
	const taken: Line[] = [];
	let { text } = first;
	for (;;) {
		const parsed = parseRecord(text);
		if (typeof parsed === "object" && parsed !== null) return { line, fields: parsed };
		const next = parsed === null && taken.length < RECORD_LINES_MAX ? await queue.next() : null;
		if (next) taken.push(next);
		if (next === null || "fault" in next || text.length + next.text.length > LINE_CHARACTERS_MAX) {
			queue.giveBack(taken);
			return { line, fault: parsed ?? NEVER_CLOSED };
		}
		text += `\n${next.text}`;
	}
}

/** The records of a CSV file, the header row first; empty lines are omitted. A malformed record is reported and does not affect the others. */
export async function* readCsvRecords(lines: AsyncIterable<Line>): AsyncGenerator<CsvRecord> {
	const queue = new LineQueue(lines);
	for (let line = await queue.next(); line !== null; line = await queue.next()) {
		if ("fault" in line) yield line;
		else if (line.text !== "") yield await recordFrom(line, queue);
	}
}

/** The column names in normalized form. Throws ImportFileError unless the first record is a header row with a column of hashes. */
export function parseHeader(
	first: CsvRecord | undefined,
	names: { readonly plain: (name: string) => string; readonly isHash: (column: string) => boolean },
): string[] {
	if (first === undefined) throw new ImportFileError(1, "the file is empty: it needs a header row");
	const { line } = first;
	if ("fault" in first) throw new ImportFileError(line, first.fault);
	const [only = ""] = first.fields;
	const separator = first.fields.length > 1 ? null : only.includes(";") ? "semicolons" : only.includes("\t") ? "tabs" : null;
	if (separator !== null) throw new ImportFileError(line, `fields are separated by ${separator}: separate them by commas`);
	const columns = first.fields.map(names.plain);
	if (!columns.some(names.isHash))
		throw new ImportFileError(line, "is not a header row with a column of hashes: the first line must name the columns");
	const twice = columns.find((name, index) => name !== "" && columns.indexOf(name) !== index);
	if (twice !== undefined) throw new ImportFileError(line, "two columns have the same name");
	return columns;
}
