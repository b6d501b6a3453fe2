import { type ChangeContext, change } from "../../audit/change.ts";
import { claimOnce, keepResult } from "../../audit/idempotency.ts";
import { Failure } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { siteInvalidationId } from "../../nodes/invalidation.ts";
import type { SiteInput } from "../schema.ts";
import { countSites, lockTenant } from "../store.ts";
import { assertTenantActive, tenantNotFound } from "../tenant.ts";
import { keptSite, type Site } from "./site.ts";
import { insertSite } from "./store.ts";

/** Creates a site. 409 `conflict` when its id is taken or the plan's sites are used up; 403 `tenant_suspended`. */
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
		const found = await lockTenant(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const earlier = await claimOnce(tx, context, { tenant_id, operation: "site.create", input, subject_id: site.id });
		if (earlier) return { unchanged: keptSite(earlier.result) };
		const max = found.plan.limits.sites;
		const used = await countSites(tx, tenant_id);
		if (max !== null && used >= max) {
			throw new Failure(
				"conflict",
				`The plan includes ${max === 1 ? "1 site" : `${max} sites`}, of which ${used} are used. Delete one, or ask for a larger plan.`,
				{
					members: { max, used },
				},
			);
		}
		if (!(await insertSite(tx, site))) throw new Failure("conflict", "The tenant has a site with this id. Choose another one, or leave it out.");
		await keepResult(tx, context, tenant_id, site);
		return {
			result: site,
			audit: [{ action: "site.created", target: { kind: "site", id: site.id }, tenant_id, facts: { site } }],
			invalidates: [{ kind: "site", id: siteInvalidationId(tenant_id, site.id) }],
		};
	});
}
