import { type Clock, systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { SECOND_MS } from "../core/time.ts";

/** Anybody can send bytes that are no request, as fast as the network goes; a log is not filled with them. */
const LINES_PER_SECOND_MAX = 10;

export interface UnreadableRequest {
	readonly request_id: string;
	readonly status: number;
	readonly code: string;
	/** The parser's name of what it did not take; null where a request was read and is refused all the same. */
	readonly reason: string | null;
}

/** Logs refusals of what was no request that could be read: at most so many lines a second, and the next line says how many were left out. */
export class UnreadableLog {
	readonly #log: Log | null;
	readonly #clock: Clock;
	#second = Number.NEGATIVE_INFINITY;
	#lines = 0;
	#left_out = 0;

	constructor(log: Log | null, clock: Clock = systemClock) {
		this.#log = log;
		this.#clock = clock;
	}

	write(refused: UnreadableRequest): void {
		const now = this.#clock.monotonic();
		if (now - this.#second >= SECOND_MS) {
			this.#second = now;
			this.#lines = 0;
		}
		if (this.#lines >= LINES_PER_SECOND_MAX) {
			this.#left_out += 1;
			return;
		}
		this.#lines += 1;
		const left_out = this.#left_out;
		this.#left_out = 0;
		this.#log?.info({ ...refused, ...(left_out > 0 ? { left_out } : {}) }, "request_refused");
	}
}
