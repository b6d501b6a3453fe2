import { ERRORS } from "../../core/error.ts";
import { DECISION_KINDS, type DecisionKind } from "../../http/decided.ts";
import { Histogram } from "./histogram.ts";

/** From an in-memory decision up to a proxy's timeout. */
const BUCKETS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const TOTAL = "keywright_decisions_total";
const DURATION = "keywright_decision_duration_seconds";

/** Decisions of one kind. Every code starts at 0: rate() ignores the first increment of a series that appears with a later value. */
class Decisions {
	readonly codes = new Map<string, number>(["allowed", ...Object.keys(ERRORS)].map((code) => [code, 0]));
	readonly durations = new Histogram(BUCKETS_SECONDS);
}

/** Counts decisions about keys for Prometheus. */
export class DecisionMetrics {
	readonly #kinds: Readonly<Record<DecisionKind, Decisions>> = { keyed: new Decisions(), verify: new Decisions(), "forward-auth": new Decisions() };

	decided(kind: DecisionKind, code: string, duration_ms: number): void {
		const { codes, durations } = this.#kinds[kind];
		codes.set(code, (codes.get(code) ?? 0) + 1);
		durations.add(duration_ms / 1_000);
	}

	/** In the Prometheus text format. */
	lines(): string[] {
		const lines = [`# HELP ${TOTAL} Decisions about keys by kind of request and by code`, `# TYPE ${TOTAL} counter`];
		for (const kind of DECISION_KINDS) {
			for (const [code, count] of this.#kinds[kind].codes) lines.push(`${TOTAL}{kind="${kind}",code="${code}"} ${count}`);
		}
		lines.push(`# HELP ${DURATION} Time from the head of a request to the decision about its key`, `# TYPE ${DURATION} histogram`);
		for (const kind of DECISION_KINDS) lines.push(...this.#kinds[kind].durations.lines(DURATION, `kind="${kind}"`));
		return lines;
	}
}
