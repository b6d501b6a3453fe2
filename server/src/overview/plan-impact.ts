import { assertStillAllowed, type ChangeContext } from "../audit/change.ts";
import type { KeyedOperations } from "../checklist/operations.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { type Plan, planFromInput, planNotFound } from "../plans/plan.ts";
import type { PlanInput } from "../plans/schema.ts";
import { readPlan } from "../plans/store.ts";
import { readTenant } from "../tenants/store.ts";
import { tenantNotFound, unknownPlan } from "../tenants/tenant.ts";
import { formatMonth } from "../verification/limits/period.ts";
import {
	type Affected,
	type AffectedCounts,
	countAffected,
	type LosingTenants,
	type LostPermission,
	readLosingTenants,
	readLostPermissions,
	readPlanUse,
} from "./plan-impact-store.ts";
import { type PlanReplay, replayPlan } from "./plan-replay.ts";

/** About two seconds. */
const REPLAYED_KEYS_MAX = 20_000;

/** The effect of a change of plan on the affected tenants, before it is made. */
export interface PlanImpact extends AffectedCounts {
	readonly lost_capabilities: string[];
	readonly lost_permissions: LostPermission[];
	/** Keys that lose a permission, with their tenants. */
	readonly losing: LosingTenants;
	/** Null where no capability is lost, and for more than REPLAYED_KEYS_MAX keys: a preview must stay quick, because no plan is saved without it. */
	readonly replay: PlanReplay | null;
}

interface Question {
	readonly affected: Affected;
	readonly before: Plan;
	readonly after: Plan;
	readonly now_ms: number;
}

async function readImpact(tx: ReadTx, operations: KeyedOperations, { affected, before, after, now_ms }: Question): Promise<PlanImpact> {
	const change = { affected, before, after, now: new Date(now_ms), month: formatMonth(now_ms) };
	const lost = before.capabilities.filter((capability) => !after.capabilities.includes(capability));
	const counts = await countAffected(tx, change);
	return {
		...counts,
		lost_capabilities: lost,
		lost_permissions: lost.length === 0 ? [] : await readLostPermissions(tx, change, lost),
		losing: lost.length === 0 ? { keys: 0, tenants: 0, most: [] } : await readLosingTenants(tx, change, lost),
		replay: lost.length === 0 || counts.keys > REPLAYED_KEYS_MAX ? null : await replayPlan(tx, change, operations),
	};
}

/** What `putPlan` with the same input would change for the plan's tenants. Changes nothing. 404 `not_found`; 400 `invalid_request`. */
export async function previewPlan(context: ChangeContext, operations: KeyedOperations, input: PlanInput & { plan_id: string }): Promise<PlanImpact> {
	await assertStillAllowed(context);
	const after = planFromInput(input);
	return read(context, async (tx) => {
		const before = await readPlan(tx, after.id);
		if (!before) throw planNotFound();
		return readImpact(tx, operations, { affected: { plan_id: after.id }, before, after, now_ms: context.clock.now() });
	});
}

/** What another plan would change for one tenant. Changes nothing. 404 `not_found`; 400 `invalid_request` for an unknown plan. */
export async function previewTenantPlan(
	context: DatabaseContext,
	operations: KeyedOperations,
	input: { tenant_id: string; plan_id: string },
): Promise<PlanImpact> {
	return read(context, async (tx) => {
		const tenant = await readTenant(tx, input.tenant_id);
		if (!tenant) throw tenantNotFound();
		const before = await readPlan(tx, tenant.plan_id);
		const after = await readPlan(tx, input.plan_id);
		if (!before || !after) throw unknownPlan();
		return readImpact(tx, operations, { affected: { tenant_id: tenant.id }, before, after, now_ms: context.clock.now() });
	});
}

/** The tenants and live keys of each plan that a tenant has. */
export async function planUse(context: DatabaseContext): Promise<{ data: { plan_id: string; tenants: number; keys: number }[] }> {
	return { data: await read(context, (tx) => readPlanUse(tx, new Date(context.clock.now()))) };
}
