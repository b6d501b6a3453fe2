/** Limit of a line and of one CSV record. */
export const LINE_CHARACTERS_MAX = 65_536;
/** A UTF-16 code unit takes at most three bytes in UTF-8; four leave a margin. */
const LINE_BYTES_MAX = 4 * LINE_CHARACTERS_MAX;
const LINE_END = 10;
const CARRIAGE_RETURN = 13;
const CR_ALONE = "the file uses CR line ends: save it with LF or CRLF";
const NUL = "\0";
const BYTE_ORDER_MARK = "\ufeff";

/** An error that makes the whole file unusable; `line` is its line number. The message never echoes the content. */
export class ImportFileError extends Error {
	override readonly name = "ImportFileError";
	readonly line: number;

	constructor(line: number, message: string) {
		super(`line ${line}: ${message}`);
		this.line = line;
	}
}

/** A line of a file, numbered from 1, or why it cannot be read. The reason never echoes the content. */
export type Line = { readonly line: number; readonly text: string } | { readonly line: number; readonly fault: string };

/** The lines of a file, without line ends (LF or CRLF) and byte order mark. An unreadable line does not affect the others. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
	const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	let rest: Uint8Array[] = [];
	let length = 0;
	let line = 0;

	function add(part: Uint8Array): void {
		length += part.length;
		if (length <= LINE_BYTES_MAX) rest.push(part);
	}
	function take(): Line {
		line += 1;
		const whole = Buffer.concat(rest);
		if (line === 1 && whole.subarray(0, -1).includes(CARRIAGE_RETURN)) throw new ImportFileError(1, CR_ALONE);
		const found = length > LINE_BYTES_MAX ? tooLong(line) : lineFrom(line, decoder, whole);
		rest = [];
		length = 0;
		return found;
	}
	for await (const chunk of bytes) {
		let from = 0;
		for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, from)) {
			add(chunk.subarray(from, end));
			yield take();
			from = end + 1;
		}
		// Copied, because the stream may reuse the buffer.
		add(Buffer.from(chunk.subarray(from)));
	}
	if (length > 0) yield take();
}

function tooLong(line: number): Line {
	return { line, fault: `is longer than ${LINE_CHARACTERS_MAX} characters` };
}

function lineFrom(line: number, decoder: TextDecoder, bytes: Uint8Array): Line {
	let text: string;
	try {
		text = decoder.decode(bytes).replace(/\r$/, "");
	} catch {
		return { line, fault: "is not UTF-8" };
	}
	if (line === 1 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(BYTE_ORDER_MARK.length);
	if (text.length > LINE_CHARACTERS_MAX) return tooLong(line);
	return text.includes(NUL) ? { line, fault: "contains a NUL character" } : { line, text };
}
