import type { ReadTx, Tx } from "../../database/transaction.ts";

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
