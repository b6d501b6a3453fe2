import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";

/** Stores that all counts of the node before `flushed_until` are in the database. Does nothing for a node that is no longer listed. */
export async function storeFlushedUntil(tx: RecordTx, node_id: string, flushed_until: Date): Promise<void> {
	await sql`
		insert into keywright.usage_progress as kept (node_id, flushed_until)
		select id, ${flushed_until}::timestamptz from keywright.nodes where id = ${node_id} for key share
		on conflict (node_id) do update set flushed_until = excluded.flushed_until
	`.execute(tx);
}

/** Like `storeFlushedUntil`, for an idle node and with asynchronous commit: a crash of PostgreSQL may lose it, which only delays evidence. */
export async function storeIdleUntil(tx: RecordTx, node_id: string, flushed_until: Date): Promise<void> {
	await sql`
		with unflushed as (select set_config('synchronous_commit', 'off', true) as is)
		insert into keywright.usage_progress as kept (node_id, flushed_until)
		select id, ${flushed_until}::timestamptz from keywright.nodes where id = ${node_id} and (select unflushed.is from unflushed) is not null for key share
		on conflict (node_id) do update set flushed_until = excluded.flushed_until
	`.execute(tx);
}

/** Stores that counts of uses up to `until` may be lost. Never moves the instant back. */
export async function storeUsageGap(tx: RecordTx, until: Date): Promise<void> {
	await sql`
		insert into keywright.usage_gap as kept (until) values (${until})
		on conflict (id) do update set until = greatest(kept.until, excluded.until)
	`.execute(tx);
}

/** How complete the aggregated uses are. */
export interface UsageSeen {
	/** All uses up to this instant are aggregated, unless their node was fenced. Milliseconds since 1970. */
	readonly until_ms: number;
	/** Uses up to this instant may be lost, because a node was fenced or dropped counts. Milliseconds since 1970; 0 for none. */
	readonly gaps_until_ms: number;
}

/**
 * Completeness of uses over all nodes that may answer requests; a node that never flushed counts as 1970. Read it before the evidence in
 * the same transaction: rows that arrive in between then only add to what it states.
 */
export async function readUsageSeen(tx: ReadTx): Promise<UsageSeen> {
	const { rows } = await sql<{ until: Date; gaps_until: Date }>`
		select coalesce(least(
			(select min(coalesce(kept.flushed_until, 'epoch')) from keywright.nodes
				left join keywright.usage_progress as kept on kept.node_id = nodes.id where nodes.fenced_at is null),
			(select min(coalesce(counted_from, 'epoch')) from keywright.usage_flushes where waiting and keys is not null)
		), 'epoch') as until,
		greatest(
			coalesce((select max(fenced_at) from keywright.nodes), 'epoch'), coalesce((select until from keywright.usage_gap), 'epoch')
		) as gaps_until
	`.execute(tx);
	const [seen] = rows;
	return { until_ms: seen?.until.getTime() ?? 0, gaps_until_ms: seen?.gaps_until.getTime() ?? 0 };
}
