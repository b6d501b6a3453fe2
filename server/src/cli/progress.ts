import { systemClock } from "../core/clock.ts";

const BAR_CHARACTERS = 30;
const LINE_EVERY_MS = 5_000;
const HUNDRED = 100;

/** The progress of a command on standard error: a bar on a terminal, elsewhere a line every few seconds. */
export class Progress {
	readonly #what: string;
	readonly #quiet: boolean;
	readonly #terminal: boolean;
	#said_ms = systemClock.monotonic();

	constructor(what: string, options: { quiet: boolean }) {
		this.#what = what;
		this.#quiet = options.quiet;
		this.#terminal = process.stderr.isTTY === true;
	}

	at(done: number, total: number): void {
		if (this.#quiet || total === 0) return;
		const percent = Math.floor((done / total) * HUNDRED);
		if (this.#terminal) {
			const full = Math.floor((done / total) * BAR_CHARACTERS);
			const bar = "█".repeat(full) + "░".repeat(BAR_CHARACTERS - full);
			process.stderr.write(`\r${this.#what} ${bar} ${percent} %  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`);
			return;
		}
		const now = systemClock.monotonic();
		if (now - this.#said_ms < LINE_EVERY_MS) return;
		this.#said_ms = now;
		process.stderr.write(`${this.#what}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")} (${percent} %)\n`);
	}

	/** Clears the progress bar before the next output. */
	end(): void {
		if (!this.#quiet && this.#terminal) process.stderr.write("\r\u001b[K");
	}
}
