import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { ClockSkew } from "../nodes/clock-skew.ts";
import type { Node } from "../nodes/node.ts";
import type { Meter } from "../usage/meter.ts";
import type { Grants } from "../verification/grants.ts";

export interface Metrics {
	readonly registry: Registry;
	/** Counts one answer; cheap, because it is on every request. */
	answered(status: number, code: string | null): void;
}

/** Prometheus metrics of this process. What the hot path counts is kept in a plain map and handed over when asked for. */
export function createMetrics(parts: { node: Node; skew: ClockSkew; grants: Grants; meter: Meter }): Metrics {
	const registry = new Registry();
	collectDefaultMetrics({ register: registry });
	const answers = new Map<string, { status: string; code: string; requests: number }>();
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
		help: "By how much this node's clock is certainly ahead of the database's; negative: behind",
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
		help: "Usage facts that could not be kept",
		registers: [registry],
		collect() {
			this.set(parts.meter.lost);
		},
	});
	return {
		registry,
		answered(status, code) {
			const name = code ?? "";
			const place = `${status}${name}`;
			const known = answers.get(place);
			if (known) known.requests += 1;
			else answers.set(place, { status: String(status), code: name, requests: 1 });
		},
	};
}
