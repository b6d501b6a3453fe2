/** Counts the bytes after the closing boundary, which may span chunks: the parser reports only that the form has ended. */
export class ClosingBoundary {
	readonly #mark: Buffer;
	/** The last bytes received, shorter than the mark. Starts with a line end, because a form may begin with a boundary. */
	#tail: Buffer = Buffer.from("\r\n");
	#closed = false;
	bytes_behind = 0;

	constructor(boundary: string) {
		this.#mark = Buffer.from(`\r\n--${boundary}--`);
	}

	write(chunk: Buffer): void {
		const end = this.#closed ? 0 : this.#endIn(chunk);
		if (end === -1) return this.#keep(chunk);
		this.#closed = true;
		this.bytes_behind += chunk.length - end;
	}

	/** The index in `chunk` after the end of the mark, or -1. */
	#endIn(chunk: Buffer): number {
		const { length } = this.#mark;
		const joint = Buffer.concat([this.#tail, chunk.subarray(0, length - 1)]).indexOf(this.#mark);
		if (joint !== -1) return joint + length - this.#tail.length;
		const inside = chunk.indexOf(this.#mark);
		return inside === -1 ? -1 : inside + length;
	}

	#keep(chunk: Buffer): void {
		const kept = this.#mark.length - 1;
		this.#tail = chunk.length >= kept ? Buffer.from(chunk.subarray(-kept)) : Buffer.concat([this.#tail, chunk]).subarray(-kept);
	}
}
