import { Readable } from "node:stream";
import { stringify } from "csv-stringify/sync";
import type { StreamOutput } from "../http/route.ts";

/** A client that reads nothing for this long loses its export, and with it one of the few that run at once. */
const UNREAD_MS_MAX = 60_000;

export interface ExportPages {
	readonly pages: AsyncGenerator<string>;
	readonly media_type: string;
	readonly file_name: string;
	/** Called once the stream has ended or was given up. */
	readonly release: () => void;
}

/** Destroys the stream when its consumer asks for nothing for `UNREAD_MS_MAX`. */
async function* whileRead(pages: AsyncGenerator<string>, giveUp: () => void): AsyncGenerator<string> {
	for await (const page of pages) {
		const timer = setTimeout(giveUp, UNREAD_MS_MAX);
		try {
			yield page;
		} finally {
			clearTimeout(timer);
		}
	}
}

/** Streams pages as a file. An error in the middle ends the response without its last chunk, which clients report. */
export function streamPages({ pages, media_type, file_name, release }: ExportPages): StreamOutput {
	const stream: Readable = Readable.from(
		whileRead(pages, () => stream.destroy(new Error("the client reads nothing"))),
		{ objectMode: true, highWaterMark: 1 },
	);
	stream.once("close", release);
	return { stream, headers: { "content-type": media_type, "content-disposition": `attachment; filename="${file_name}"` } };
}

/** RFC 4180. A cell that a spreadsheet would run as a formula begins with an apostrophe. */
export function toCsv(rows: readonly (readonly (string | number | null)[])[]): string {
	return stringify([...rows], { escape_formulas: true, record_delimiter: "windows" });
}
