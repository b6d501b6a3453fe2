/** Counts what follows the closing boundary of a form, however the form is cut into chunks: the parser says only that it has ended. */
export class ClosingBoundary {
	readonly #mark: Buffer;
	/** The end of what came, too short to hold the mark. A form may begin with a boundary, as if a line had ended before it. */
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

	/** Where in `chunk` the mark ends that it completes, or -1. */
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
