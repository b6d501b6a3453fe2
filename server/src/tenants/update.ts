import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import { holdPlan } from "../plans/store.ts";
import { assertLimits, unknownPlan } from "./create.ts";
import type { TenantPatch } from "./schema.ts";
import { lockTenant, updateTenantRow } from "./store.ts";
import { type Tenant, tenantNotFound } from "./tenant.ts";

/**
 * Changes what is given: name, plan, status, external id, limits (whole; null for the plan's), client policy. No key of a suspended tenant
 * is accepted once this has returned. 404 `not_found`; 400 `invalid_request` for an unknown plan; 409 `conflict` for a taken external id.
 */
export async function updateTenant(context: ChangeContext, input: TenantPatch & { tenant_id: string }): Promise<Tenant> {
	assertLimits(input.limits);
	const { tenant_id, ...patch } = input;
	return change(context, async (tx) => {
		await reauthorize(tx);
		if (patch.plan_id !== undefined && !(await holdPlan(tx, patch.plan_id))) throw unknownPlan();
		const before = (await lockTenant(tx, tenant_id))?.tenant;
		if (!before) throw tenantNotFound();
		const tenant: Tenant = { ...before, ...patch, name: (patch.name ?? before.name).trim() };
		if (canonicalJson(tenant) === canonicalJson(before)) return { unchanged: before };
		await updateTenantRow(tx, tenant);
		return {
			result: tenant,
			audit: [{ action: "tenant.updated", target: { kind: "tenant", id: tenant_id }, tenant_id, facts: { before, tenant } }],
			invalidates: [{ kind: "tenant", id: tenant_id }],
		};
	});
}
