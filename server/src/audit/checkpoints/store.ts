import { sql } from "kysely";
import { ALL_TENANTS } from "../../core/context.ts";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import type { ChainHead } from "../store.ts";

/** The heads of tenants without an event of `type` since `hour`, by chain. Those that have not moved since are recognised when their event is inserted. */
export async function readDueHeads(
	tx: RecordTx,
	page: { type: string; hour: Date; after: string; rows_max: number },
): Promise<(ChainHead & { chain: string })[]> {
	const { rows } = await sql<ChainHead & { chain: string }>`
		with emitted as materialized (
			select tenant_id from keywright.outbox where type = ${page.type} and created_at >= ${page.hour}
		), receivers as materialized (
			select distinct tenant_id from keywright.webhooks where status = 'active' and (events is null or ${page.type} = any(events))
		)
		select chain, seq, mac from keywright.audit_heads
		where chain > ${page.after} and chain <> ${ALL_TENANTS} and seq > 0 and chain not in (select tenant_id from emitted)
			and (chain in (select tenant_id from receivers) or exists (select from receivers where tenant_id = ${ALL_TENANTS}))
		order by chain limit ${page.rows_max}`.execute(tx);
	return rows;
}

/** The last entry of each chain that is not later than `at`, by chain; chains without one are missing. */
export async function readHeadsAt(tx: ReadTx, at: Date): Promise<Map<string, ChainHead>> {
	const { rows } = await sql<ChainHead & { chain: string }>`
		select h.chain, e.seq, e.mac from keywright.audit_heads as h
		cross join lateral (
			select seq, mac from keywright.audit_entries where chain = h.chain and at <= ${at}::timestamptz order by seq desc limit 1
		) as e`.execute(tx);
	return new Map(rows.map(({ chain, seq, mac }) => [chain, { seq, mac }]));
}
