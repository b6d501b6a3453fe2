import { type ChangeContext, change } from "../../audit/change.ts";
import { siteInvalidationId } from "../../nodes/invalidation.ts";
import type { SitePatch } from "../schema.ts";
import { holdTenant } from "../store.ts";
import { assertTenantActive, tenantNotFound } from "../tenant.ts";
import { type Site, siteNotFound } from "./site.ts";
import { lockSite, updateSiteRow } from "./store.ts";

/** Changes a site's name or environment; from then on keys of another environment are refused there. 404 `not_found`; 403 `tenant_suspended`. */
export async function updateSite(context: ChangeContext, input: SitePatch & { tenant_id: string; site_id: string }): Promise<Site> {
	const { tenant_id, site_id, ...patch } = input;
	return change(context, async (tx) => {
		const found = await holdTenant(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const before = await lockSite(tx, tenant_id, site_id);
		if (!before) throw siteNotFound();
		const site: Site = { ...before, ...patch, name: (patch.name ?? before.name).trim() };
		if (site.name === before.name && site.environment === before.environment) return { unchanged: before };
		await updateSiteRow(tx, site);
		return {
			result: site,
			audit: [{ action: "site.updated", target: { kind: "site", id: site_id }, tenant_id, facts: { before, site } }],
			invalidates: [{ kind: "site", id: siteInvalidationId(tenant_id, site_id) }],
		};
	});
}
