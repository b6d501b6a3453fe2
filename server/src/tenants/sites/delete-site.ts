import { type ChangeContext, change } from "../../audit/change.ts";
import { Failure } from "../../core/error.ts";
import { siteInvalidationId } from "../../nodes/invalidation.ts";
import { holdTenant } from "../store.ts";
import { assertTenantActive, tenantNotFound } from "../tenant.ts";
import { siteNotFound } from "./site.ts";
import { deleteSiteRow, lockSite, siteHasDocuments, unbindKeys } from "./store.ts";

/** Deletes a site without documents, and takes it out of the keys bound to it: a later site of the same id is not theirs. 404 `not_found`; 409 `conflict`; 403 `tenant_suspended`. */
export async function deleteSite(context: ChangeContext, input: { tenant_id: string; site_id: string }): Promise<void> {
	const { tenant_id, site_id } = input;
	await change(context, async (tx) => {
		const found = await holdTenant(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const site = await lockSite(tx, tenant_id, site_id);
		if (!site) throw siteNotFound();
		if (await siteHasDocuments(tx, tenant_id, site_id)) throw new Failure("conflict", "The site has documents. Delete them first.");
		const unbound_key_ids = await unbindKeys(tx, tenant_id, site_id);
		await deleteSiteRow(tx, tenant_id, site_id);
		return {
			result: undefined,
			audit: [{ action: "site.deleted", target: { kind: "site", id: site_id }, tenant_id, facts: { site, unbound_key_ids } }],
			invalidates: [{ kind: "site", id: siteInvalidationId(tenant_id, site_id) }, ...unbound_key_ids.map((id) => ({ kind: "key" as const, id }))],
		};
	});
}
