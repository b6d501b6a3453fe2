import type { Log } from "../../core/log.ts";

/** Enough for the first uses of a large import within a minute; about ten megabytes. */
const WAITING_MAX = 100_000;

/**
 * Recomputes MACs one at a time, after a pepper rotation or an import, so that many keys at once do not exhaust the connection
 * pool. Names are deduplicated. When the queue is full, a secret is skipped until its next use.
 */
export class RekeyQueue {
	readonly #log: Log;
	readonly #waiting = new Map<string, () => Promise<unknown>>();
	#working = false;

	constructor(log: Log) {
		this.#log = log;
	}

	add(name: string, rekey: () => Promise<unknown>): void {
		if (this.#waiting.size >= WAITING_MAX || this.#waiting.has(name)) return;
		this.#waiting.set(name, rekey);
		if (!this.#working) void this.#work();
	}

	async #work(): Promise<void> {
		this.#working = true;
		for (const [name, rekey] of this.#waiting) {
			await rekey().catch((error: unknown) => this.#log.warn({ err: error }, "secret_not_rekeyed"));
			this.#waiting.delete(name);
		}
		this.#working = false;
	}
}
