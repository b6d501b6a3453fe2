import { sql } from "kysely";
import { LOCKS } from "../../database/locks.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Key } from "../key.ts";
import type { NewSecretRow } from "../secrets/store.ts";
import { insertKeys, isLive } from "../store.ts";

/** Serializes imports, so that two of them do not insert the same key. */
export async function lockImports(tx: Tx): Promise<void> {
	await sql`select pg_advisory_xact_lock(${LOCKS.imports})`.execute(tx);
}

/** The existing look-ups, each with its tenant. */
export async function readTakenLookups(tx: ReadTx, lookups: readonly string[]): Promise<Map<string, string>> {
	const rows = await tx.selectFrom("secrets").select(["lookup", "tenant_id"]).where("lookup", "=", sql<string>`any(${lookups}::text[])`).execute();
	return new Map(rows.flatMap((row): [string, string][] => (row.lookup === null ? [] : [[row.lookup, row.tenant_id]])));
}

/** The number of live keys by tenant, except canary keys; tenants without any are left out. */
export async function countLiveKeysByTenant(tx: ReadTx, tenant_ids: readonly string[], now: Date): Promise<Map<string, number>> {
	const rows = await tx
		.selectFrom("keys")
		.select("tenant_id")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", sql<string>`any(${tenant_ids}::text[])`)
		.where("canary", "=", false)
		.where(isLive(now))
		.groupBy("tenant_id")
		.execute();
	return new Map(rows.map((row) => [row.tenant_id, row.count]));
}

/** The given sites by tenant, each with the environment it is bound to. */
export async function readSitesByTenant(
	tx: ReadTx,
	tenant_ids: readonly string[],
	site_ids: readonly string[],
): Promise<Map<string, Map<string, string | null>>> {
	if (site_ids.length === 0) return new Map();
	const rows = await tx
		.selectFrom("sites")
		.select(["tenant_id", "id", "environment"])
		.where("tenant_id", "=", sql<string>`any(${tenant_ids}::text[])`)
		.where("id", "=", sql<string>`any(${site_ids}::text[])`)
		.execute();
	const byTenant = Map.groupBy(rows, (row) => row.tenant_id);
	return new Map([...byTenant].map(([tenant_id, sites]) => [tenant_id, new Map(sites.map((site) => [site.id, site.environment]))]));
}

export interface ImportedSecretRow extends NewSecretRow {
	readonly lookup: string;
	readonly legacy_format: string;
}

/** Inserts keys with one secret each. The caller has checked under `lockImports` that no look-up exists. */
export async function insertImported(tx: Tx, keys: readonly Key[], secrets: readonly ImportedSecretRow[]): Promise<void> {
	await insertKeys(tx, keys);
	await tx
		.insertInto("secrets")
		.values([...secrets])
		.execute();
}
