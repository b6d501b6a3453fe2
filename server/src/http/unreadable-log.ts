import { type Clock, systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { SECOND_MS } from "../core/time.ts";

/** Any client can send malformed requests at network speed; this limit keeps them from flooding the log. */
const LINES_PER_SECOND_MAX = 10;

export interface UnreadableRequest {
	readonly request_id: string;
	readonly status: number;
	readonly code: string;
	/** The error code of the HTTP parser; null for a request that was refused after parsing. */
	readonly reason: string | null;
}

/** Logs refusals of unreadable requests, at most `LINES_PER_SECOND_MAX`. The next line counts the omitted ones. */
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
