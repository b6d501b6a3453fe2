import type { Found } from "./searcher.ts";

const LINE_FEED = 10;

/** The lines, from 1, at which `found` begin, in their order. Called only for contents in which a key was found. */
export async function numberLines(found: readonly Found[], chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<number[]> {
	const lines: number[] = [];
	let line = 1;
	let base = 0;
	for await (const chunk of chunks) {
		let at = 0;
		for (let next = found[lines.length]; next !== undefined; next = found[lines.length]) {
			const until = Math.min(chunk.length, next.offset - base);
			for (; at < until; at += 1) if (chunk[at] === LINE_FEED && isLineEnd(chunk, at, base, next.encoding)) line += 1;
			if (next.offset - base >= chunk.length) break;
			lines.push(line);
		}
		if (lines.length === found.length) break;
		base += chunk.length;
	}
	// A content that became shorter since it was searched.
	while (lines.length < found.length) lines.push(line);
	return lines;
}

/** In UTF-16, the other half of a line feed is zero. */
function isLineEnd(chunk: Buffer, at: number, base: number, encoding: Found["encoding"]): boolean {
	if (encoding === "utf-8") return true;
	const is_even = (base + at) % 2 === 0;
	if (encoding === "utf-16le") return is_even && (chunk[at + 1] ?? 0) === 0;
	return !is_even && (chunk[at - 1] ?? 0) === 0;
}
