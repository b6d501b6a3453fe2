import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { ERRORS } from "../core/error.ts";
import type { Preflights } from "../exposure/preflights.ts";
import type { OnDecided } from "../http/decided.ts";
import type { ClockSkew } from "../nodes/clock-skew.ts";
import type { Node } from "../nodes/node.ts";
import type { Meter } from "../usage/meter.ts";
import type { Grants } from "../verification/grants/grants.ts";
import { DecisionMetrics } from "./decision-metrics.ts";

export interface Metrics {
	/** The `Content-Type` of `text`. */
	readonly content_type: string;
	/** Counts one response; must be cheap, because every request calls it. */
	answered(status: number, code: string | null): void;
	/** Counts one decision about a key; must be cheap too. */
	readonly decided: OnDecided;
	/** All metrics, in the Prometheus text format. */
	text(): Promise<string>;
}

/** The library's gauges with names of counters, which `promtool check metrics` rejects; each is the sum of another. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

function collectProcessMetrics(registry: Registry): void {
	collectDefaultMetrics({ register: registry });
	for (const name of MISNAMED) registry.removeSingleMetric(name);
}

/** Prometheus metrics of this process. The hot path counts in a plain map, which is copied into the library's metrics on demand. */
export function createMetrics(parts: { node: Node; skew: ClockSkew; grants: Grants; meter: Meter; preflights: Preflights }): Metrics {
	const registry = new Registry();
	collectProcessMetrics(registry);
	const decisions = new DecisionMetrics();
	const answers = new Map<string, { status: string; code: string; requests: number }>();
	// Series start at 0, because rate() ignores the first increment of a series that appears with a later value.
	for (const [code, { status }] of Object.entries(ERRORS)) answers.set(`${status}${code}`, { status: String(status), code, requests: 0 });
	new Counter({
		name: "keywright_requests_total",
		help: "Answered requests by status and code",
		labelNames: ["status", "code"],
		registers: [registry],
		collect() {
			this.reset();
			for (const { status, code, requests } of answers.values()) this.inc({ status, code }, requests);
		},
	});
	new Counter({
		name: "keywright_preflights_total",
		help: "CORS preflights by origin: web pages that ask to call the API",
		labelNames: ["origin"],
		registers: [registry],
		collect() {
			this.reset();
			for (const [origin, requests] of parts.preflights.read()) this.inc({ origin }, requests);
		},
	});
	new Gauge({
		name: "keywright_lease_held",
		help: "1 while this node may answer from memory",
		registers: [registry],
		collect() {
			this.set(parts.node.lease.holds() ? 1 : 0);
		},
	});
	new Gauge({
		name: "keywright_clock_skew_seconds",
		help: "Proven minimum by which this node's clock is ahead of the database's; negative: behind",
		registers: [registry],
		collect() {
			this.set(parts.skew.seconds);
		},
	});
	new Gauge({
		name: "keywright_grants",
		help: "Grants in memory",
		registers: [registry],
		collect() {
			this.set(parts.grants.size);
		},
	});
	new Gauge({
		name: "keywright_usage_lost",
		help: "Usage counts lost because memory for them was full",
		registers: [registry],
		collect() {
			this.set(parts.meter.lost);
		},
	});
	return {
		content_type: registry.contentType,
		decided: (kind, code, duration_ms) => decisions.decided(kind, code, duration_ms),
		text: async () => `${(await registry.metrics()).trimEnd()}\n${decisions.text()}`,
		answered(status, code) {
			const name = code ?? "";
			const series = `${status}${name}`;
			const known = answers.get(series);
			if (known) known.requests += 1;
			else answers.set(series, { status: String(status), code: name, requests: 1 });
		},
	};
}
