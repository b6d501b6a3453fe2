import { sql } from "kysely";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import type { Catalogue, Permission, TenantPermission } from "./catalogue/permission.ts";
import { type Plan, planFromRow } from "./plan.ts";

const PLAN_COLUMNS = [
	"id",
	"name",
	"capabilities",
	"rate_limits",
	"quota_requests_per_month",
	"limits",
	"max_key_lifetime_days",
	"key_policy",
] as const;
const PERMISSION_COLUMNS = ["name", "description", "capability", "built_in"] as const;

function toColumns(plan: Plan) {
	return {
		name: plan.name,
		capabilities: [...plan.capabilities],
		rate_limits: JSON.stringify(plan.rate_limits),
		quota_requests_per_month: plan.quota_requests_per_month,
		limits: JSON.stringify(plan.limits),
		max_key_lifetime_days: plan.max_key_lifetime_days,
		key_policy: [...plan.key_policy],
	};
}

export async function readPlan(tx: ReadTx, plan_id: string): Promise<Plan | null> {
	const row = await tx.selectFrom("plans").select(PLAN_COLUMNS).where("id", "=", plan_id).executeTakeFirst();
	return row ? planFromRow(row) : null;
}

/** Reads a plan FOR UPDATE. */
export async function lockPlan(tx: Tx, plan_id: string): Promise<Plan | null> {
	const row = await tx.selectFrom("plans").select(PLAN_COLUMNS).where("id", "=", plan_id).forUpdate().executeTakeFirst();
	return row ? planFromRow(row) : null;
}

/** Whether the plan exists. Locks it FOR KEY SHARE, which blocks its deletion until commit. */
export async function readPlanForShare(tx: Tx, plan_id: string): Promise<boolean> {
	const row = await tx.selectFrom("plans").select("id").where("id", "=", plan_id).forKeyShare().executeTakeFirst();
	return row !== undefined;
}

export async function readPlans(tx: ReadTx, window: Window): Promise<Plan[]> {
	const [after] = window.after ?? [];
	const rows = await tx
		.selectFrom("plans")
		.select(PLAN_COLUMNS)
		.$if(after !== undefined, (query) => query.where("id", ">", after ?? ""))
		.orderBy("id")
		.limit(window.rows_max)
		.execute();
	return rows.map(planFromRow);
}

export async function countPlans(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("plans")
		.select((select) => select.fn.countAll<number>().as("count"))
		.executeTakeFirstOrThrow();
	return count;
}

/** False when a plan with this id exists, even one that a concurrent transaction has just created. */
export async function insertPlan(tx: Tx, plan: Plan, now: Date): Promise<boolean> {
	const inserted = await tx
		.insertInto("plans")
		.values({ id: plan.id, ...toColumns(plan), created_at: now, updated_at: now })
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function updatePlan(tx: Tx, plan: Plan, now: Date): Promise<void> {
	await tx
		.updateTable("plans")
		.set({ ...toColumns(plan), updated_at: now })
		.where("id", "=", plan.id)
		.execute();
}

/** The number of tenants with the plan, without erased ones. */
export async function countTenantsOfPlan(tx: ReadTx, plan_id: string): Promise<number> {
	const { count } = await tx
		.selectFrom("tenants")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("plan_id", "=", plan_id)
		.executeTakeFirstOrThrow();
	return count;
}

export async function deletePlanRow(tx: Tx, plan_id: string): Promise<void> {
	await tx.deleteFrom("plans").where("id", "=", plan_id).execute();
}

/** Locks the table of plans in SHARE mode and returns all plan ids: a change of the catalogue affects every plan. */
export async function lockPlanIds(tx: Tx): Promise<string[]> {
	await sql`lock table keywright.plans in share mode`.execute(tx);
	const rows = await tx.selectFrom("plans").select("id").orderBy("id").execute();
	return rows.map((row) => row.id);
}

export async function readCatalogue(tx: ReadTx): Promise<Catalogue> {
	const rows = await tx.selectFrom("permissions").select(["name", "description", "capability"]).execute();
	return new Map(rows.map(({ name, description, capability }) => [name, { description, capability }]));
}

export async function readPermissions(tx: ReadTx, window: Window): Promise<Permission[]> {
	const [after] = window.after ?? [];
	return tx
		.selectFrom("permissions")
		.select(PERMISSION_COLUMNS)
		.$if(after !== undefined, (query) => query.where("name", ">", after ?? ""))
		.orderBy("name")
		.limit(window.rows_max)
		.execute();
}

/** The whole catalogue as the tenant sees it, by name; empty when the tenant is unknown. */
export async function readPermissionsOfTenant(tx: ReadTx, tenant_id: string): Promise<TenantPermission[]> {
	return tx
		.selectFrom("tenants as t")
		.innerJoin("plans as p", "p.id", "t.plan_id")
		.innerJoin("permissions as c", (join) => join.onTrue())
		.select(["c.name", "c.description", "c.capability"])
		.select(sql<boolean>`c.capability = any(p.capabilities)`.as("included"))
		.where("t.id", "=", tenant_id)
		.orderBy("c.name")
		.execute();
}

export async function countPermissions(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("permissions")
		.select((select) => select.fn.countAll<number>().as("count"))
		.executeTakeFirstOrThrow();
	return count;
}

export async function readPermission(tx: ReadTx, name: string): Promise<Permission | null> {
	const row = await tx.selectFrom("permissions").select(PERMISSION_COLUMNS).where("name", "=", name).executeTakeFirst();
	return row ?? null;
}

export async function lockPermission(tx: Tx, name: string): Promise<Permission | null> {
	const row = await tx.selectFrom("permissions").select(PERMISSION_COLUMNS).where("name", "=", name).forUpdate().executeTakeFirst();
	return row ?? null;
}

export async function savePermission(tx: Tx, permission: Permission, now: Date): Promise<void> {
	await tx
		.insertInto("permissions")
		.values({ ...permission, created_at: now })
		.onConflict((conflict) => conflict.column("name").doUpdateSet({ description: permission.description, capability: permission.capability }))
		.execute();
}

export async function deletePermissionRow(tx: Tx, name: string): Promise<void> {
	await tx.deleteFrom("permissions").where("name", "=", name).execute();
}
