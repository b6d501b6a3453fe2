import type { Log } from "../../core/log.ts";

/** As many as may be imported at once and used for the first time within a minute; some ten megabytes. */
const WAITING_MAX = 100_000;

/**
 * Makes MACs anew one after the other while a pepper is being replaced: a whole population that comes back at once must not take the
 * connections of everybody else. Each name waits once; what finds no room is met again at its next use.
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
