import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../http/input/cursor.ts";
import { type Plan, planFromInput, planNotFound } from "./plan.ts";
import type { PlanInput } from "./schema.ts";
import { countPlans, countTenantsOfPlan, deletePlanRow, insertPlan, lockPlan, readPlan, readPlans, updatePlan } from "./store.ts";

/** Lists the plans by id. */
export async function listPlans(context: DatabaseContext, input: PageRequest): Promise<Page<Plan>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readPlans(tx, window)), window, (plan) => [plan.id]);
}

/** Reads one plan. 404 `not_found`. */
export async function getPlan(context: DatabaseContext, input: { plan_id: string }): Promise<Plan> {
	const plan = await read(context, (tx) => readPlan(tx, input.plan_id));
	if (!plan) throw planNotFound();
	return plan;
}

/** A change of the permission catalogue invalidates every plan, so their number is bounded. */
const PLANS_MAX = 1_000;

/**
 * Creates or replaces the plan; equal content changes nothing. Applies to its tenants from the next request on; shrinking it revokes
 * nothing. 400 `invalid_request`; 409 `conflict` beyond 1,000 plans.
 */
export async function putPlan(context: ChangeContext, input: PlanInput & { plan_id: string }): Promise<Plan> {
	const plan = planFromInput(input);
	const target = { kind: "plan", id: plan.id };
	const invalidates = [{ kind: "plan", id: plan.id }] as const;
	return change(context, async (tx) => {
		await reauthorize(tx);
		const now = new Date(context.clock.now());
		if (await insertPlan(tx, plan, now)) {
			if ((await countPlans(tx)) > PLANS_MAX)
				throw new ApiError("conflict", `There are already ${PLANS_MAX} plans, which is the limit. Delete one that no tenant uses.`);
			return { result: plan, audit: [{ action: "plan.created", target, details: { plan } }], invalidates };
		}
		const before = await lockPlan(tx, plan.id);
		if (!before) throw new ApiError("conflict", "The plan was deleted while the request ran. Send the request again.");
		if (canonicalJson(before) === canonicalJson(plan)) return { unchanged: plan };
		await updatePlan(tx, plan, now);
		return { result: plan, audit: [{ action: "plan.updated", target, details: { before, plan } }], invalidates };
	});
}

/** Deletes a plan. 404 `not_found`; 409 `conflict` while a tenant has it. */
export async function deletePlan(context: ChangeContext, input: { plan_id: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const plan = await lockPlan(tx, input.plan_id);
		if (!plan) throw planNotFound();
		const tenants = await countTenantsOfPlan(tx, plan.id);
		if (tenants > 0) {
			throw new ApiError("conflict", `The plan is used by ${tenants === 1 ? "1 tenant" : `${tenants} tenants`}. Give them another plan first.`, {
				members: { tenants },
			});
		}
		await deletePlanRow(tx, plan.id);
		return {
			result: undefined,
			audit: [{ action: "plan.deleted", target: { kind: "plan", id: plan.id }, details: { plan } }],
			invalidates: [{ kind: "plan", id: plan.id }],
		};
	});
}
