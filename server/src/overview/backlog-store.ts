import { type RawBuilder, sql } from "kysely";
import { ALL_TENANTS } from "../core/context.ts";
import type { ReadTx } from "../database/transaction.ts";
import { HOLDS_LEASE } from "../nodes/store.ts";

/** Longer queues are reported as this number: counting them would read all of them. */
export const COUNTED_MAX = 10_000;

export const BACKLOG_KINDS = ["events", "deliveries", "mails"] as const;
export type BacklogKind = (typeof BACKLOG_KINDS)[number];

/** What waits in the database, over all tenants and nodes. */
export interface Backlog {
	/** Events to be distributed to webhooks; deliveries to be tried, or tried again; mails to be sent, alone or in a digest. At most `COUNTED_MAX` each. */
	readonly waiting: Readonly<Record<BacklogKind, number>>;
	/** For how many seconds the one that is due longest has been due; 0 for none. Deliveries: to active webhooks. */
	readonly overdue_seconds: Readonly<Record<BacklogKind, number>>;
	/** Nodes that hold their lease, by the database's clock. */
	readonly nodes: number;
	/** Webhooks of the operator that accept nothing, or were disabled for it. */
	readonly failing_webhooks: number;
}

const counted = (rows: RawBuilder<unknown>) => sql`(select count(*) from (select 1 from ${rows} limit ${COUNTED_MAX}) as waiting)`;
const secondsSince = (time: RawBuilder<unknown>) => sql`greatest(0, coalesce(extract(epoch from clock_timestamp() - ${time}), 0))::float8`;

/** Every count is of a partial index: it reads what waits, not what is done. */
export async function readBacklog(tx: ReadTx): Promise<Backlog> {
	const { rows } = await sql<Backlog>`
		select
			json_build_object(
				'events', ${counted(sql`keywright.outbox where distributed_at is null`)},
				'deliveries', ${counted(sql`keywright.webhook_deliveries where next_attempt_at is not null`)},
				'mails', ${counted(sql`keywright.mails where next_attempt_at is not null`)}
			) as waiting,
			json_build_object(
				'events', ${secondsSince(sql`(select created_at from keywright.outbox where distributed_at is null order by position limit 1)`)},
				'deliveries', ${secondsSince(sql`(select min(q.due_at) from keywright.webhook_queues q
					join keywright.webhooks w on w.tenant_id = q.tenant_id and w.id = q.webhook_id where q.due_at is not null and w.status = 'active')`)},
				'mails', ${secondsSince(sql`(select min(next_attempt_at) from keywright.mails where next_attempt_at is not null)`)}
			) as overdue_seconds,
			(select count(*) from keywright.nodes where ${HOLDS_LEASE}) as nodes,
			(select count(*) from keywright.webhooks w join keywright.webhook_queues q on q.tenant_id = w.tenant_id and q.webhook_id = w.id
				where w.tenant_id = ${ALL_TENANTS} and (w.disabled_reason in ('gone', 'failing') or w.status = 'active' and q.failing_since is not null)
			) as failing_webhooks`.execute(tx);
	const [backlog] = rows;
	if (!backlog) throw new Error("a query without a table returned no row");
	return backlog;
}

/** Open alerts by rule and status, over all tenants; a rule without any is missing. */
export function readOpenAlerts(tx: ReadTx): Promise<{ rule: string; status: string; alerts: number }[]> {
	return tx
		.selectFrom("alerts")
		.select(["rule", "status", sql<number>`count(*)`.as("alerts")])
		.where("status", "<>", "resolved")
		.groupBy(["rule", "status"])
		.execute();
}
