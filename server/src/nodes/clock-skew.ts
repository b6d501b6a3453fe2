import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

/** Operators are warned from this skew on. */
export const SKEW_WARNING_MS = 2_000;
/** Beyond this skew the node refuses keyed requests, because it could misjudge the expiry of a key. */
export const SKEW_MAX_MS = 30_000;
/** Interval of log lines while the skew lasts. */
const LOG_AGAIN_MS = 60_000;

/**
 * The minimum skew of a clock against the database's (negative: behind), which was read between the clock's instants `sent` and `received`.
 * All in milliseconds since the epoch; 0 where the round trip may explain the difference.
 */
export function provenSkew(sent: number, received: number, database: number): number {
	if (sent > database) return sent - database;
	return received < database ? received - database : 0;
}

type State = "agrees" | "differs" | "wrong";

function getState(skew_ms: number): State {
	const size = Math.abs(skew_ms);
	return size > SKEW_MAX_MS ? "wrong" : size >= SKEW_WARNING_MS ? "differs" : "agrees";
}

/** Compares the system clock of this node with the database's at each renewal of the lease. */
export class ClockSkew {
	readonly #log: Log;
	readonly #clock: Clock;
	#skew_ms = 0;
	#logged: { readonly state: State; readonly at: number } = { state: "agrees", at: 0 };

	constructor(options: { log: Log; clock: Clock }) {
		this.#log = options.log;
		this.#clock = options.clock;
	}

	/** Positive: this node is ahead. */
	get seconds(): number {
		return this.#skew_ms / 1_000;
	}

	/** Whether this node's clock is accurate enough for decisions. */
	get isBearable(): boolean {
		return getState(this.#skew_ms) !== "wrong";
	}

	/** Records the database's time, which was read between two instants of this node's clock. */
	observe(sent: number, received: number, database: number): void {
		this.#skew_ms = provenSkew(sent, received, database);
		const state = getState(this.#skew_ms);
		const at = this.#clock.monotonic();
		if (state === this.#logged.state && (state === "agrees" || at - this.#logged.at < LOG_AGAIN_MS)) return;
		this.#logged = { state, at };
		const details = { skew_seconds: this.seconds };
		if (state === "wrong") this.#log.error(details, "clock_is_wrong");
		else if (state === "differs") this.#log.warn(details, "clock_differs");
		else this.#log.info(details, "clock_agrees");
	}
}
