import { type ChangeContext, change } from "../../audit/change.ts";
import { claimOnce, keepResult } from "../../audit/idempotency.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { siteInvalidationId } from "../../nodes/invalidation.ts";
import type { SiteInput, SitePatch } from "../schema.ts";
import { countSites, readTenantForShare, readTenantForUpdate } from "../store.ts";
import { assertTenantActive, tenantNotFound } from "../tenant.ts";
import { asStoredSite, type Site, siteNotFound } from "./site.ts";
import { deleteSiteRow, insertSite, lockSite, readSite, readSites, type SiteFilter, siteHasDocuments, unbindKeys, updateSiteRow } from "./store.ts";

/** The context of reading sites with a key: the sites that it is bound to, null for every site of its tenant. */
export interface SiteReadContext extends DatabaseContext {
	readonly visible_site_ids: readonly string[] | null;
}

/** Lists a tenant's sites, newest first; with `search` those whose name or id contains it. */
export async function listSites(context: DatabaseContext, input: PageRequest & SiteFilter & { tenant_id: string }): Promise<Page<Site>> {
	const window = windowByTime(input);
	return toPage(await read(context, (tx) => readSites(tx, input.tenant_id, window, input)), window, (site) => [site.created_at, site.id]);
}

/** Lists the sites that the key may access. */
export function listVisibleSites(context: SiteReadContext, input: PageRequest & { tenant_id: string }): Promise<Page<Site>> {
	return listSites(context, { ...input, visible_site_ids: context.visible_site_ids });
}

/** Reads one site. 404 `not_found`. */
export async function getSite(context: DatabaseContext, input: { tenant_id: string; site_id: string }): Promise<Site> {
	const site = await read(context, (tx) => readSite(tx, input.tenant_id, input.site_id));
	if (!site) throw siteNotFound();
	return site;
}

/** Reads one site of the key's tenant. 404 `not_found` when it is unknown or the key may not access it. */
export async function getVisibleSite(context: SiteReadContext, input: { site_id: string }): Promise<Site> {
	if (context.visible_site_ids?.includes(input.site_id) === false) throw siteNotFound();
	return getSite(context, { tenant_id: context.scope, site_id: input.site_id });
}

/** Creates a site. 409 `conflict` when its id is taken or the plan's number of sites is reached; 403 `tenant_suspended`. */
export async function createSite(context: ChangeContext, input: SiteInput & { tenant_id: string }): Promise<Site> {
	const { tenant_id } = input;
	const site: Site = {
		id: input.id ?? newId("site"),
		tenant_id,
		name: input.name.trim(),
		environment: input.environment ?? null,
		created_at: new Date(context.clock.now()).toISOString(),
	};
	return change(context, async (tx) => {
		const found = await readTenantForUpdate(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const earlier = await claimOnce(tx, context, { tenant_id, operation: "site.create", input, subject_id: site.id });
		if (earlier) return { unchanged: asStoredSite(earlier.result) };
		const max = found.plan.limits.sites;
		const used = await countSites(tx, tenant_id);
		if (max !== null && used >= max) {
			throw new ApiError(
				"conflict",
				`The plan includes ${max === 1 ? "1 site" : `${max} sites`}, of which ${used} are used. Delete one, or ask for a larger plan.`,
				{
					members: { max, used },
				},
			);
		}
		if (!(await insertSite(tx, site))) throw new ApiError("conflict", "The tenant has a site with this id. Choose another one, or leave it out.");
		await keepResult(tx, context, tenant_id, site);
		return {
			result: site,
			audit: [{ action: "site.created", target: { kind: "site", id: site.id }, tenant_id, details: { site } }],
			invalidates: [{ kind: "site", id: siteInvalidationId(tenant_id, site.id) }],
		};
	});
}

/** Changes a site's name or environment; keys of other environments are then refused there. 404 `not_found`; 403 `tenant_suspended`. */
export async function updateSite(context: ChangeContext, input: SitePatch & { tenant_id: string; site_id: string }): Promise<Site> {
	const { tenant_id, site_id, ...patch } = input;
	return change(context, async (tx) => {
		const found = await readTenantForShare(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const before = await lockSite(tx, tenant_id, site_id);
		if (!before) throw siteNotFound();
		const site: Site = { ...before, ...patch, name: (patch.name ?? before.name).trim() };
		if (site.name === before.name && site.environment === before.environment) return { unchanged: before };
		await updateSiteRow(tx, site);
		return {
			result: site,
			audit: [{ action: "site.updated", target: { kind: "site", id: site_id }, tenant_id, details: { before, site } }],
			invalidates: [{ kind: "site", id: siteInvalidationId(tenant_id, site_id) }],
		};
	});
}

/**
 * Deletes a site without documents and unbinds its keys, so that they do not gain a later site with the same id. 404 `not_found`; 409
 * `conflict`; 403 `tenant_suspended`.
 */
export async function deleteSite(context: ChangeContext, input: { tenant_id: string; site_id: string }): Promise<void> {
	const { tenant_id, site_id } = input;
	await change(context, async (tx) => {
		const found = await readTenantForShare(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const site = await lockSite(tx, tenant_id, site_id);
		if (!site) throw siteNotFound();
		if (await siteHasDocuments(tx, tenant_id, site_id)) throw new ApiError("conflict", "The site has documents. Delete them first.");
		const unbound_key_ids = await unbindKeys(tx, tenant_id, site_id);
		await deleteSiteRow(tx, tenant_id, site_id);
		return {
			result: undefined,
			audit: [{ action: "site.deleted", target: { kind: "site", id: site_id }, tenant_id, details: { site, unbound_key_ids } }],
			invalidates: [{ kind: "site", id: siteInvalidationId(tenant_id, site_id) }, ...unbound_key_ids.map((id) => ({ kind: "key" as const, id }))],
		};
	});
}
