import { type SqlBool, sql } from "kysely";
import { containing } from "../../database/like.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import { type Site, siteFromRow } from "./site.ts";

const SITE_COLUMNS = ["id", "tenant_id", "name", "environment", "created_at"] as const;

export interface SiteFilter {
	/** The sites that a key may access; by default all. */
	readonly visible_site_ids?: readonly string[] | null;
	/** Text that the name or id contains, in any case. */
	readonly search?: string | undefined;
}

/** The matching sites of a tenant, newest first. */
export async function readSites(tx: ReadTx, tenant_id: string, window: Window, filter: SiteFilter): Promise<Site[]> {
	const { visible_site_ids = null, search = "" } = filter;
	const [created_at, id] = window.after ?? [];
	const pattern = containing(search);
	const rows = await tx
		.selectFrom("sites")
		.select(SITE_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.$if(visible_site_ids !== null, (query) => query.where(sql<boolean>`id = any(${visible_site_ids}::text[])`))
		.$if(search !== "", (query) => query.where(sql<boolean>`(name ilike ${pattern} or id ilike ${pattern})`))
		.$if(created_at !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(siteFromRow);
}

/** Ids and names of those of these sites that exist, by name. */
export async function readSitesById(tx: ReadTx, tenant_id: string, site_ids: readonly string[]): Promise<Pick<Site, "id" | "name">[]> {
	return tx
		.selectFrom("sites")
		.select(["id", "name"])
		.where("tenant_id", "=", tenant_id)
		.where(sql<boolean>`id = any(${site_ids}::text[])`)
		.orderBy("name")
		.execute();
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

export async function countSiteDocuments(tx: ReadTx, tenant_id: string, site_id: string): Promise<number> {
	const { count } = await tx
		.selectFrom("documents")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", tenant_id)
		.where("site_id", "=", site_id)
		.executeTakeFirstOrThrow();
	return count;
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
