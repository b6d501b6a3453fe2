import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";

/** Stores that the node holds no counts of before `flushed_until` that are not in the database. Does nothing for a node that has left the list. */
export async function storeFlushedUntil(tx: RecordTx, node_id: string, flushed_until: Date): Promise<void> {
	await sql`
		insert into keywright.usage_progress as kept (node_id, flushed_until)
		select id, ${flushed_until}::timestamptz from keywright.nodes where id = ${node_id} for key share
		on conflict (node_id) do update set flushed_until = excluded.flushed_until
	`.execute(tx);
}

/** The same in a statement of its own, where nothing was counted: a crash of PostgreSQL may take it back, which only delays what waits for it. */
export async function storeIdleUntil(tx: RecordTx, node_id: string, flushed_until: Date): Promise<void> {
	await sql`
		with unflushed as (select set_config('synchronous_commit', 'off', true) as is)
		insert into keywright.usage_progress as kept (node_id, flushed_until)
		select id, ${flushed_until}::timestamptz from keywright.nodes where id = ${node_id} and (select unflushed.is from unflushed) is not null for key share
		on conflict (node_id) do update set flushed_until = excluded.flushed_until
	`.execute(tx);
}

/** Stores that counts of uses up to `until` were given up; an earlier instant takes nothing back. */
export async function storeUsageGap(tx: RecordTx, until: Date): Promise<void> {
	await sql`
		insert into keywright.usage_gap as kept (until) values (${until})
		on conflict (id) do update set until = greatest(kept.until, excluded.until)
	`.execute(tx);
}

/** What is known of the uses that nodes count. */
export interface UsageSeen {
	/** Every use up to then is in the tables that evidence is read from, unless the node that counted it was fenced. Milliseconds since 1970. */
	readonly until_ms: number;
	/** Uses up to then may be missing: a node was fenced that may have held some, or gave some up. 0 for none. */
	readonly gaps_until_ms: number;
}

/**
 * Until when uses are seen, by the slowest node that may answer requests; a node that has not flushed yet has seen nothing. Read it before the
 * evidence, in the same transaction: what comes to the tables in between is then more than was promised.
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
