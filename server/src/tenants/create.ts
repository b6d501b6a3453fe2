import { type ChangeContext, change } from "../audit/change.ts";
import { claimOnce, keepResult } from "../audit/idempotency.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { newId } from "../core/id.ts";
import type { TenantLimits } from "../plans/plan.ts";
import { doubledNames } from "../plans/put.ts";
import { holdPlan } from "../plans/store.ts";
import type { TenantInput } from "./schema.ts";
import { insertTenant } from "./store.ts";
import { keptTenant, type Tenant } from "./tenant.ts";

export function unknownPlan(): Failure {
	return new Failure("invalid_request", "There is no such plan. Create it first, or name one that exists.", {
		errors: [{ pointer: "/plan_id", detail: "is not the id of a plan" }],
	});
}

/** Throws 400 when two rate limits of `limits` have one name. */
export function assertLimits(limits: TenantLimits | null | undefined): void {
	const errors = doubledNames(limits?.rate_limits ?? [], "/limits/rate_limits");
	if (errors.length > 0) throw new Failure("invalid_request", "The limits are not valid. Correct what `errors` names.", { errors });
}

/** The tenant that `input` makes when it is new. */
export function newTenant(id: string, input: TenantInput, now: number): Tenant {
	return {
		id,
		name: input.name.trim(),
		plan_id: input.plan_id,
		status: input.status ?? "active",
		external_id: input.external_id ?? null,
		limits: input.limits ?? null,
		client_policy: input.client_policy ?? "observe",
		created_at: new Date(now).toISOString(),
	};
}

/** Creates a tenant. 400 `invalid_request` for an unknown plan; 409 `conflict` when the id (also of an erased tenant) or the external id is taken. */
export async function createTenant(context: ChangeContext, input: TenantInput): Promise<Tenant> {
	assertLimits(input.limits);
	const tenant = newTenant(input.id ?? newId("ten"), input, context.clock.now());
	return change(context, async (tx) => {
		await reauthorize(tx);
		const earlier = await claimOnce(tx, context, { tenant_id: ALL_TENANTS, operation: "tenant.create", input, subject_id: tenant.id });
		if (earlier) return { unchanged: keptTenant(earlier.result) };
		if (!(await holdPlan(tx, tenant.plan_id))) throw unknownPlan();
		await insertTenant(tx, tenant);
		await keepResult(tx, context, ALL_TENANTS, tenant);
		return {
			result: tenant,
			audit: [{ action: "tenant.created", target: { kind: "tenant", id: tenant.id }, tenant_id: tenant.id, facts: { tenant } }],
			invalidates: [{ kind: "tenant", id: tenant.id }],
		};
	});
}
