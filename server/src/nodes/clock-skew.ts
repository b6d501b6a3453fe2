import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

/** From so much on operators are warned. */
export const SKEW_WARNING_MS = 2_000;
/** Beyond this the node refuses keyed requests rather than decide about the end of a key by a wrong clock. */
export const SKEW_MAX_MS = 30_000;
/** How often it is logged while it lasts. */
const LOG_AGAIN_MS = 60_000;

/**
 * By how much a clock is certainly ahead of the database's (negative: behind), which was read between the instants `sent` and `received` of that
 * clock; all in milliseconds since the epoch. 0 where the time under way may explain the difference.
 */
export function provenSkew(sent: number, received: number, database: number): number {
	if (sent > database) return sent - database;
	return received < database ? received - database : 0;
}

type State = "agrees" | "differs" | "wrong";

function stateOf(skew_ms: number): State {
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

	/** Whether decisions may be made by this node's clock. */
	get isBearable(): boolean {
		return stateOf(this.#skew_ms) !== "wrong";
	}

	/** Takes in what the database's clock said between two instants of this node's. */
	observe(sent: number, received: number, database: number): void {
		this.#skew_ms = provenSkew(sent, received, database);
		const state = stateOf(this.#skew_ms);
		const at = this.#clock.monotonic();
		if (state === this.#logged.state && (state === "agrees" || at - this.#logged.at < LOG_AGAIN_MS)) return;
		this.#logged = { state, at };
		const details = { skew_seconds: this.seconds };
		if (state === "wrong") this.#log.error(details, "clock_is_wrong");
		else if (state === "differs") this.#log.warn(details, "clock_differs");
		else this.#log.info(details, "clock_agrees");
	}
}
