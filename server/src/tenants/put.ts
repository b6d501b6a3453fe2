import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import { Failure, type InputError } from "../core/error.ts";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import { holdPlan } from "../plans/store.ts";
import { assertLimits, newTenant, unknownPlan } from "./create.ts";
import type { TenantInput } from "./schema.ts";
import { insertTenantUnlessThere, lockTenant, updateTenantRow } from "./store.ts";
import type { Tenant } from "./tenant.ts";

function assertIds(input: TenantInput & { tenant_id: string }): void {
	const errors: InputError[] = [];
	if (!new RegExp(CHOSEN_ID_PATTERN).test(input.tenant_id))
		errors.push({ pointer: "/path/tenant_id", detail: "must be 1–64 letters, digits, _ or -" });
	if (input.id !== undefined && input.id !== input.tenant_id)
		errors.push({ pointer: "/id", detail: "must equal the id in the path, or be left out" });
	if (errors.length > 0) throw new Failure("invalid_request", "The request is not valid. Correct what `errors` names.", { errors });
}

/**
 * Creates the tenant of the operator's own id, or gives it this name and plan; what is left out keeps its value, so that a repeated
 * synchronisation never reinstates a suspended tenant. The same content again changes nothing. Errors as of `createTenant`.
 */
export async function putTenant(context: ChangeContext, input: TenantInput & { tenant_id: string }): Promise<Tenant> {
	assertIds(input);
	assertLimits(input.limits);
	const target = { kind: "tenant", id: input.tenant_id };
	const invalidates = [{ kind: "tenant", id: input.tenant_id }] as const;
	return change(context, async (tx) => {
		await reauthorize(tx);
		if (!(await holdPlan(tx, input.plan_id))) throw unknownPlan();
		const fresh = newTenant(input.tenant_id, input, context.clock.now());
		if (await insertTenantUnlessThere(tx, fresh)) {
			return { result: fresh, audit: [{ action: "tenant.created", target, tenant_id: fresh.id, facts: { tenant: fresh } }], invalidates };
		}
		const before = (await lockTenant(tx, input.tenant_id))?.tenant;
		if (!before) throw new Failure("conflict", "A tenant with this id existed and was erased: ids are not used twice.");
		const { id: _id, tenant_id: _tenant_id, name, ...settings } = input;
		const tenant: Tenant = { ...before, ...settings, name: name.trim() };
		if (canonicalJson(tenant) === canonicalJson(before)) return { unchanged: before };
		await updateTenantRow(tx, tenant);
		return { result: tenant, audit: [{ action: "tenant.updated", target, tenant_id: tenant.id, facts: { before, tenant } }], invalidates };
	});
}
