import type { Clock } from "../core/clock.ts";
import { MINUTE_MS, SECOND_MS } from "../core/time.ts";
import type { RuleName } from "./rule.ts";

const PAUSE_MS_MIN = 10 * SECOND_MS;
const PAUSE_MS_MAX = 5 * MINUTE_MS;

/** Rules that could not be evaluated. Each is left out for a while, so that its timeouts delay no other rule; its news wait in the database. */
export class RulePauses {
	readonly #clock: Pick<Clock, "monotonic">;
	readonly #paused = new Map<RuleName, { readonly until: number; readonly pause_ms: number }>();

	constructor(clock: Pick<Clock, "monotonic">) {
		this.#clock = clock;
	}

	has(rule: RuleName): boolean {
		return this.#clock.monotonic() < (this.#paused.get(rule)?.until ?? Number.NEGATIVE_INFINITY);
	}

	/** The next attempt is twice as far as the one before. */
	add(rule: RuleName): void {
		const before = this.#paused.get(rule)?.pause_ms ?? PAUSE_MS_MIN / 2;
		const pause_ms = Math.min(before * 2, PAUSE_MS_MAX);
		this.#paused.set(rule, { until: this.#clock.monotonic() + pause_ms, pause_ms });
	}

	delete(rule: RuleName): void {
		this.#paused.delete(rule);
	}
}
