import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { Failure } from "../core/error.ts";
import { planNotFound } from "./list.ts";
import { countTenantsOfPlan, deletePlanRow, lockPlan } from "./store.ts";

/** Deletes a plan that no tenant has. 404 `not_found`; 409 `conflict` while a tenant has it. */
export async function deletePlan(context: ChangeContext, input: { plan_id: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const plan = await lockPlan(tx, input.plan_id);
		if (!plan) throw planNotFound();
		const tenants = await countTenantsOfPlan(tx, plan.id);
		if (tenants > 0) {
			throw new Failure("conflict", `The plan is used by ${tenants === 1 ? "1 tenant" : `${tenants} tenants`}. Give them another plan first.`, {
				members: { tenants },
			});
		}
		await deletePlanRow(tx, plan.id);
		return {
			result: undefined,
			audit: [{ action: "plan.deleted", target: { kind: "plan", id: plan.id }, facts: { plan } }],
			invalidates: [{ kind: "plan", id: plan.id }],
		};
	});
}
