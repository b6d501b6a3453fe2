import { type SqlBool, sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import { type Site, siteFromRow } from "./site.ts";

const SITE_COLUMNS = ["id", "tenant_id", "name", "environment", "created_at"] as const;

/** The sites of a tenant, newest first; limited to `visible_site_ids` unless that is null. */
export async function readSites(tx: ReadTx, tenant_id: string, window: Window, visible_site_ids: readonly string[] | null): Promise<Site[]> {
	const [created_at, id] = window.after ?? [];
	const rows = await tx
		.selectFrom("sites")
		.select(SITE_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.$if(visible_site_ids !== null, (query) => query.where(sql<boolean>`id = any(${visible_site_ids}::text[])`))
		.$if(created_at !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(siteFromRow);
}

export async function readSite(tx: ReadTx, tenant_id: string, site_id: string): Promise<Site | null> {
	const row = await tx.selectFrom("sites").select(SITE_COLUMNS).where("tenant_id", "=", tenant_id).where("id", "=", site_id).executeTakeFirst();
	return row ? siteFromRow(row) : null;
}

/** Reads the site FOR UPDATE, which blocks new documents until commit. */
export async function lockSite(tx: Tx, tenant_id: string, site_id: string): Promise<Site | null> {
	const row = await tx
		.selectFrom("sites")
		.select(SITE_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", site_id)
		.forUpdate()
		.executeTakeFirst();
	return row ? siteFromRow(row) : null;
}

/** False when the tenant already has a site with this id. */
export async function insertSite(tx: Tx, site: Site): Promise<boolean> {
	const inserted = await tx
		.insertInto("sites")
		.values(site)
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function updateSiteRow(tx: Tx, site: Site): Promise<void> {
	await tx
		.updateTable("sites")
		.set({ name: site.name, environment: site.environment })
		.where("tenant_id", "=", site.tenant_id)
		.where("id", "=", site.id)
		.execute();
}

export async function siteHasDocuments(tx: ReadTx, tenant_id: string, site_id: string): Promise<boolean> {
	const row = await tx
		.selectFrom("documents")
		.select("id")
		.where("tenant_id", "=", tenant_id)
		.where("site_id", "=", site_id)
		.limit(1)
		.executeTakeFirst();
	return row !== undefined;
}

/** Unbinds the site from every key, so that they do not gain a later site with the same id; returns the ids of those keys. */
export async function unbindKeys(tx: Tx, tenant_id: string, site_id: string): Promise<string[]> {
	const unbound = await tx
		.updateTable("keys")
		.set({ site_ids: sql<string[]>`array_remove(site_ids, ${site_id})` })
		.where("tenant_id", "=", tenant_id)
		.where(sql<SqlBool>`${site_id} = any(site_ids)`)
		.returning("id")
		.execute();
	return unbound.map((row) => row.id);
}

export async function deleteSiteRow(tx: Tx, tenant_id: string, site_id: string): Promise<void> {
	await tx.deleteFrom("sites").where("tenant_id", "=", tenant_id).where("id", "=", site_id).execute();
}
