import type { WriteStream } from "node:tty";

const EVERY_MS = 100;
const CELLS = 24;

/** Counts of files and objects; `total` as far as it is known. */
export interface Done {
	readonly done: number;
	readonly total: number;
	readonly bytes: number;
	readonly found: number;
}

/** A progress bar on a terminal; nothing elsewhere. */
export class Progress {
	readonly #terminal: WriteStream | null;
	#shown_at = 0;

	constructor(stream: WriteStream) {
		this.#terminal = stream.isTTY ? stream : null;
	}

	get is_shown(): boolean {
		return this.#terminal !== null;
	}

	show({ done, total, bytes, found }: Done): void {
		const now = performance.now();
		if (this.#terminal === null || now - this.#shown_at < EVERY_MS) return;
		this.#shown_at = now;
		const cells = Math.min(CELLS, Math.floor((CELLS * done) / Math.max(total, 1)));
		const bar = `[${"#".repeat(cells)}${".".repeat(CELLS - cells)}]`;
		this.#terminal.write(`\r\u001b[K${bar} ${done} of ${Math.max(total, done)}, ${(bytes / 1e6).toFixed(0)} MB, ${found} found`);
	}

	end(): void {
		this.#terminal?.write("\r\u001b[K");
	}
}
