import { sql } from "kysely";
import type { RecordTx } from "../database/transaction.ts";
import { SETTLE_LOCK } from "./store.ts";

/** Takes the lock of aggregation until the transaction ends, so that no new source refers to a deleted row; false when it is taken. */
export async function claimSources(tx: RecordTx): Promise<boolean> {
	const { rows } = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${SETTLE_LOCK}::bigint) as claimed`.execute(tx);
	return rows[0]?.claimed === true;
}

/** Deletes sources last seen before `before`; returns how many. Names given by members are retained. */
export async function deleteIdleSources(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.key_sources where ctid = any (array(
			select ctid from keywright.key_sources where last_seen_at < ${before} limit ${rows_max}
		))`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}

/** Deletes program names that no source uses, which frees the tenant's limit; returns how many. */
export async function deleteUnusedProgramNames(tx: RecordTx, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.program_names where ctid = any (array(
			select named.ctid from keywright.program_names as named
			where not exists (select from keywright.key_sources as source where source.tenant_id = named.tenant_id and source.agent = named.name)
			limit ${rows_max}
		))`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}
