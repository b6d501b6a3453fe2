import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { ClockSkew } from "../nodes/clock-skew.ts";
import type { Node } from "../nodes/node.ts";
import { readNodes } from "../nodes/store.ts";
import type { Meter } from "../usage/meter.ts";
import type { Grants } from "../verification/grants/grants.ts";
import { FAILING_AFTER_MS } from "../webhooks/webhook.ts";
import { readDatabaseFacts, readFailingWebhooks } from "./health-store.ts";

/** Figures of this process, read at the call. */
interface Figures {
	/** By how much this node's clock is certainly ahead of the database's; negative: behind. */
	readonly clock_skew_seconds: number;
	/** Usage counts lost since the start, because memory for them was full. */
	readonly usage_lost: number;
	/** Grants in memory. */
	readonly grants: number;
}

/** What this process knows about itself. */
interface ProcessHealth extends Figures {
	readonly version: string;
	/** Whether the server runs its own PostgreSQL. */
	readonly embedded: boolean;
}

export function collectFigures(parts: { skew: ClockSkew; meter: Meter; grants: Grants }): Figures {
	return { clock_skew_seconds: parts.skew.seconds, usage_lost: parts.meter.lost, grants: parts.grants.size };
}

export interface HealthContext extends DatabaseContext {
	readonly node: Node;
	/** Whether a mail server is configured. */
	readonly mail: boolean;
	readonly processHealth: () => ProcessHealth;
}

/** The state of this node and of what it depends on. Throws 503 when the database cannot be reached. */
export async function health(context: HealthContext) {
	const { clock, node, mail } = context;
	const { embedded, ...own } = context.processHealth();
	const began = clock.monotonic();
	const facts = await read(context, readDatabaseFacts);
	const round_trip_ms = Math.round((clock.monotonic() - began) * 10) / 10;
	const failing = await read(context, (tx) => readFailingWebhooks(tx, new Date(clock.now() - FAILING_AFTER_MS)));
	return {
		...own,
		node_id: node.id,
		ready: node.lease.holds(),
		mail: { enabled: mail },
		failing_webhooks: failing.map(({ url, failing_since, ...webhook }) => ({
			...webhook,
			url_origin: new URL(url).origin,
			failing_since: failing_since?.toISOString() ?? null,
		})),
		database: { ...facts, embedded, round_trip_ms },
	};
}

/** The server processes on the database, the longest-running first. `holds_lease`: it renewed within its own lease, by the database's clock. */
export async function nodes(context: HealthContext) {
	const rows = await read(context, readNodes);
	const data = rows.map(({ lease_ms, started_at, renewed_at, fenced_at, ...row }) => ({
		...row,
		lease_seconds: lease_ms / 1_000,
		started_at: started_at.toISOString(),
		renewed_at: renewed_at.toISOString(),
		fenced_at: fenced_at?.toISOString() ?? null,
		is_this: row.id === context.node.id,
	}));
	return { data };
}
