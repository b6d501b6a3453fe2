import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { type Site, siteNotFound } from "./site.ts";
import { readSite, readSites } from "./store.ts";

/** What reading sites by a key needs: the sites that it is bound to, null for every site of its tenant. */
export interface SiteReadContext extends DatabaseContext {
	readonly visible_site_ids: readonly string[] | null;
}

/** One page of a tenant's sites, the newest first. */
export async function listSites(
	context: DatabaseContext,
	input: PageRequest & { tenant_id: string },
	visible_site_ids: readonly string[] | null = null,
): Promise<Page<Site>> {
	const window = windowByTime(input);
	return toPage(await read(context, (tx) => readSites(tx, input.tenant_id, window, visible_site_ids)), window, (site) => [site.created_at, site.id]);
}

/** One page of the sites that the key may see. */
export function listVisibleSites(context: SiteReadContext, input: PageRequest & { tenant_id: string }): Promise<Page<Site>> {
	return listSites(context, input, context.visible_site_ids);
}

/** One site; 404 `not_found`. */
export async function getSite(context: DatabaseContext, input: { tenant_id: string; site_id: string }): Promise<Site> {
	const site = await read(context, (tx) => readSite(tx, input.tenant_id, input.site_id));
	if (!site) throw siteNotFound();
	return site;
}

/** One site of the key's tenant; 404 `not_found` when it is unknown or not among those that the key may see. */
export async function getVisibleSite(context: SiteReadContext, input: { site_id: string }): Promise<Site> {
	if (context.visible_site_ids?.includes(input.site_id) === false) throw siteNotFound();
	return getSite(context, { tenant_id: context.scope, site_id: input.site_id });
}
