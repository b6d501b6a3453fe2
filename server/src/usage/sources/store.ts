import { sql } from "kysely";
import { LOCKS } from "../../database/locks.ts";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";
import { OTHER_SOURCES } from "./source.ts";

export interface SourceRow {
	readonly id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly name: string | null;
	readonly first_seen_at: Date;
	readonly last_seen_at: Date;
	readonly requests: number;
	readonly refused: number;
	readonly last_kid: string;
}

/** Reads the sources of a key, latest first; their number is bounded. */
export async function readSources(tx: ReadTx, tenant_id: string, key_id: string): Promise<SourceRow[]> {
	return tx
		.selectFrom("key_sources as seen")
		.leftJoin("source_names as names", (join) => join.onRef("names.tenant_id", "=", "seen.tenant_id").onRef("names.source_id", "=", "seen.source_id"))
		.select(["seen.source_id as id", "seen.network", "seen.agent", "seen.client", "names.name"])
		.select(["seen.first_seen_at", "seen.last_seen_at", "seen.requests", "seen.refused", "seen.last_kid"])
		.where("seen.tenant_id", "=", tenant_id)
		.where("seen.key_id", "=", key_id)
		.orderBy("seen.last_seen_at", "desc")
		.orderBy("seen.source_id")
		.execute();
}

export interface NamedSource {
	readonly id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly name: string | null;
}

/** Reads a source of any of the tenant's keys with its name; null when there is none. */
export async function readNamedSource(tx: ReadTx, tenant_id: string, source_id: string): Promise<NamedSource | null> {
	const row = await tx
		.selectFrom("key_sources as seen")
		.leftJoin("source_names as names", (join) => join.onRef("names.tenant_id", "=", "seen.tenant_id").onRef("names.source_id", "=", "seen.source_id"))
		.select(["seen.source_id as id", "seen.network", "seen.agent", "seen.client", "names.name"])
		.where("seen.tenant_id", "=", tenant_id)
		.where("seen.source_id", "=", source_id)
		.limit(1)
		.executeTakeFirst();
	return row ?? null;
}

export async function putSourceName(tx: Tx, tenant_id: string, source_id: string, name: string): Promise<void> {
	await tx
		.insertInto("source_names")
		.values({ tenant_id, source_id, name })
		.onConflict((conflict) => conflict.columns(["tenant_id", "source_id"]).doUpdateSet({ name }))
		.execute();
}

export async function removeSourceName(tx: Tx, tenant_id: string, source_id: string): Promise<void> {
	await tx.deleteFrom("source_names").where("tenant_id", "=", tenant_id).where("source_id", "=", source_id).execute();
}

/** Takes the lock of aggregation until the transaction ends, so that no new source refers to a deleted row; false when it is taken. */
export async function claimSources(tx: RecordTx): Promise<boolean> {
	const { rows } = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.usage_aggregation}::bigint) as claimed`.execute(tx);
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

/**
 * Deletes sources last seen before `before` of keys that have `full_from` sources or more; returns how many. Retains sources that a member
 * named, and those of a key with a secret that is about to end: a source must not become ambiguous during a rotation.
 */
export async function deleteIdleSourcesOfFullKeys(tx: RecordTx, options: { before: Date; full_from: number; rows_max: number }): Promise<number> {
	const { before, full_from, rows_max } = options;
	const deleted = await sql`
		delete from keywright.key_sources where ctid = any (array(
			select idle.ctid from keywright.key_sources as idle
			join (
				select tenant_id, key_id from keywright.key_sources where source_id <> ${OTHER_SOURCES.id}
				group by tenant_id, key_id having count(*) >= ${full_from}
			) as full_key using (tenant_id, key_id)
			where idle.last_seen_at < ${before} and idle.source_id <> ${OTHER_SOURCES.id}
			and not exists (
				select from keywright.source_names as named where named.tenant_id = idle.tenant_id and named.source_id = idle.source_id
			)
			and not exists (
				select from keywright.secrets as ending where ending.tenant_id = idle.tenant_id and ending.key_id = idle.key_id
				and ending.retires_at is not null and ending.retired_at is null
			)
			limit ${rows_max}
		))`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}
