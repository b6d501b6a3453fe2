import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { RULE_KINDS } from "../../alerts/rule.ts";
import type { Clock } from "../../core/clock.ts";
import { ERRORS } from "../../core/error.ts";
import type { Database } from "../../database/database.ts";
import type { Preflights } from "../../exposure/preflights.ts";
import type { OnDecided } from "../../http/decided.ts";
import type { ClockSkew } from "../../nodes/clock-skew.ts";
import type { Node } from "../../nodes/node.ts";
import { BacklogReader, type Backlogs } from "../../overview/backlog.ts";
import { BACKLOG_KINDS } from "../../overview/backlog-store.ts";
import type { Meter } from "../../usage/meter.ts";
import type { Grants } from "../../verification/grants/grants.ts";
import { DecisionMetrics } from "./decisions.ts";
import { Histogram } from "./histogram.ts";

export interface Metrics {
	/** The `Content-Type` of `text`. */
	readonly content_type: string;
	/** Counts one response; must be cheap, because every request calls it. */
	answered(status: number, code: string | null): void;
	/** Counts one decision about a key; must be cheap too. */
	readonly decided: OnDecided;
	/** Counts one change by how long it waited for the other nodes. */
	barrier(milliseconds: number): void;
	/** All metrics, in the Prometheus text format. */
	text(): Promise<string>;
}

export interface MeasuredParts {
	readonly node: Node;
	readonly skew: ClockSkew;
	readonly grants: Grants;
	readonly meter: Meter;
	readonly preflights: Preflights;
	readonly clock: Clock;
	readonly databases: Readonly<Record<"requests" | "verification", Database>>;
}

/** The library's gauges with names of counters, which `promtool check metrics` rejects; each is the sum of another. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];
const BARRIER = "keywright_barrier_seconds";
/** From one node alone up to a lease that has to run out. */
const BARRIER_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const OPEN_STATUSES = ["raised", "acknowledged"] as const;

/** Prometheus metrics of this process. The hot path counts in a plain map, which is copied into the library's metrics on demand. */
export function createMetrics(parts: MeasuredParts): Metrics {
	const registry = new Registry();
	collectDefaultMetrics({ register: registry });
	for (const name of MISNAMED) registry.removeSingleMetric(name);
	addProcessMetrics(registry, parts);
	const setBacklog = addBacklogMetrics(registry);
	const backlogs = new BacklogReader({ database: parts.databases.requests, clock: parts.clock });
	const decisions = new DecisionMetrics();
	const barrier = new Histogram(BARRIER_BUCKETS_SECONDS);
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
	return {
		content_type: registry.contentType,
		decided: (kind, code, duration_ms) => decisions.decided(kind, code, duration_ms),
		barrier: (milliseconds) => barrier.add(milliseconds / 1_000),
		async text() {
			setBacklog(await backlogs.read());
			const waits = [`# HELP ${BARRIER} How long changes waited until every node had applied them`, `# TYPE ${BARRIER} histogram`];
			return [(await registry.metrics()).trimEnd(), ...decisions.lines(), ...waits, ...barrier.lines(BARRIER, ""), ""].join("\n");
		},
		answered(status, code) {
			const name = code ?? "";
			const series = `${status}${name}`;
			const known = answers.get(series);
			if (known) known.requests += 1;
			else answers.set(series, { status: String(status), code: name, requests: 1 });
		},
	};
}

/** What this process knows about itself, read at each scrape. */
function addProcessMetrics(registry: Registry, { node, skew, grants, meter, preflights, clock, databases }: MeasuredParts): void {
	const registers = [registry];
	function gauge(name: string, help: string, read: () => number): void {
		new Gauge({
			...{ name, help, registers },
			collect() {
				this.set(read());
			},
		});
	}
	function counter(name: string, help: string, read: () => number): void {
		new Counter({
			...{ name, help, registers },
			collect() {
				this.reset();
				this.inc(read());
			},
		});
	}
	new Counter({
		name: "keywright_preflights_total",
		help: "CORS preflights by origin: web pages that ask to call the API",
		labelNames: ["origin"],
		registers,
		collect() {
			this.reset();
			for (const [origin, requests] of preflights.read()) this.inc({ origin }, requests);
		},
	});
	gauge("keywright_lease_held", "1 while this node may answer from memory", () => (node.lease.holds() ? 1 : 0));
	gauge("keywright_clock_skew_seconds", "Proven minimum by which this node's clock is ahead of the database's; negative: behind", () => skew.seconds);
	gauge("keywright_grants", "Grants in memory", () => grants.size);
	counter("keywright_grant_reads_total", "Grants read from the database, because they were not in memory", () => grants.reads);
	gauge("keywright_usage_lost", "Usage counts lost because memory for them was full", () => meter.lost);
	gauge("keywright_usage_waiting", "Usage facts in memory that are not yet in the database", () => meter.waiting);
	gauge("keywright_usage_flush_age_seconds", "Since when usage counts may be missing in the database", () =>
		Math.max(0, (clock.now() - meter.stored_until) / 1_000),
	);
	new Gauge({
		name: "keywright_database_connections",
		help: "Connections to the database by pool and state; waiting: transactions that wait for one",
		labelNames: ["pool", "state"],
		registers,
		collect() {
			for (const [pool, database] of Object.entries(databases)) {
				const { open, idle, waiting } = database.connections();
				this.set({ pool, state: "busy" }, open - idle);
				this.set({ pool, state: "idle" }, idle);
				this.set({ pool, state: "waiting" }, waiting);
			}
		},
	});
}

/** What waits in the database: the same at every node. Returns how to set it; null when the database did not answer. */
function addBacklogMetrics(registry: Registry): (backlogs: Backlogs | null) => void {
	const registers = [registry];
	const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
	const reachable = gauge("keywright_database_reachable", "1 if the database answered this scrape; else the other metrics of it are missing");
	const waiting = new Gauge({
		name: "keywright_waiting",
		help: "What waits in the database by kind, at most 10000 each: events to distribute, deliveries to webhooks, mails to send",
		labelNames: ["kind"],
		registers,
	});
	const overdue = new Gauge({
		name: "keywright_overdue_seconds",
		help: "How long what waits longest has been due, by kind",
		labelNames: ["kind"],
		registers,
	});
	const nodes = gauge("keywright_nodes", "Nodes that hold their lease");
	const failing = gauge(
		"keywright_operator_webhooks_failing",
		"Webhooks of the operator that did not accept the last attempt, or were disabled for it",
	);
	const alerts = new Gauge({
		name: "keywright_alerts",
		help: "Open alerts of tenants by rule and status",
		labelNames: ["rule", "status"],
		registers,
	});
	return (backlogs) => {
		for (const metric of [waiting, overdue, nodes, alerts]) metric.reset();
		reachable.set(backlogs === null ? 0 : 1);
		if (backlogs === null) {
			failing.remove();
			return nodes.remove();
		}
		failing.set(backlogs.failing_webhooks);
		for (const kind of BACKLOG_KINDS) {
			waiting.set({ kind }, backlogs.waiting[kind]);
			overdue.set({ kind }, backlogs.overdue_seconds[kind]);
		}
		nodes.set(backlogs.nodes);
		for (const rule of Object.keys(RULE_KINDS)) for (const status of OPEN_STATUSES) alerts.set({ rule, status }, 0);
		for (const { rule, status, alerts: count } of backlogs.alerts) alerts.set({ rule, status }, count);
	};
}
