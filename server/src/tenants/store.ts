import { type SelectQueryBuilder, sql } from "kysely";
import pg from "pg";
import { reauthorize } from "../audit/reauthorize.ts";
import { ApiError } from "../core/error.ts";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import { effectivePlan, type Plan, planFromRow, type TenantLimits } from "../plans/plan.ts";
import { type Tenant, tenantFromRow } from "./tenant.ts";

const TENANT_COLUMNS = [
	"id",
	"name",
	"plan_id",
	"status",
	"external_id",
	"limits",
	"client_policy",
	"leak_response",
	"key_policy",
	"created_at",
] as const;
const UNIQUE_VIOLATION = "23505";

export interface TenantWithPlan {
	readonly tenant: Tenant;
	/** The plan with the tenant's own limits applied. */
	readonly plan: Plan;
}

/** Null when the tenant is unknown or erased. */
export async function readTenant(tx: ReadTx, tenant_id: string): Promise<Tenant | null> {
	const row = await tx.selectFrom("tenants").select(TENANT_COLUMNS).where("id", "=", tenant_id).where("erased_at", "is", null).executeTakeFirst();
	return row ? tenantFromRow(row) : null;
}

function selectAllWithPlan(tx: ReadTx) {
	return tx
		.selectFrom("tenants as t")
		.innerJoin("plans as p", "p.id", "t.plan_id")
		.select([
			"t.id",
			"t.name",
			"t.plan_id",
			"t.status",
			"t.external_id",
			"t.limits",
			"t.client_policy",
			"t.leak_response",
			"t.key_policy",
			"t.created_at",
		])
		.select([
			"p.name as plan_name",
			"p.capabilities",
			"p.rate_limits",
			"p.quota_requests_per_month",
			"p.limits as plan_limits",
			"p.max_key_lifetime_days",
			"p.key_policy as plan_key_policy",
		])
		.where("t.erased_at", "is", null);
}

function selectWithPlan(tx: ReadTx, tenant_id: string) {
	return selectAllWithPlan(tx).where("t.id", "=", tenant_id);
}

type RowWithPlan = ReturnType<typeof selectWithPlan> extends SelectQueryBuilder<infer _D, infer _T, infer Row> ? Row : never;

function withPlanFromRow(row: RowWithPlan | undefined): TenantWithPlan | null {
	return row ? tenantWithPlan(row) : null;
}

function tenantWithPlan(row: RowWithPlan): TenantWithPlan {
	const tenant = tenantFromRow(row);
	const plan = planFromRow({ ...row, id: tenant.plan_id, name: row.plan_name, limits: row.plan_limits, key_policy: row.plan_key_policy });
	return { tenant, plan: effectivePlan(plan, tenant.limits) };
}

/** Null when the tenant is unknown or erased. */
export async function readTenantWithPlan(tx: ReadTx, tenant_id: string): Promise<TenantWithPlan | null> {
	return withPlanFromRow(await selectWithPlan(tx, tenant_id).executeTakeFirst());
}

/**
 * Reads the tenant FOR NO KEY UPDATE, so that concurrent changes cannot exceed a limit of the plan, and authorizes the caller again. The
 * first statement of a change that counts. Null when the tenant is unknown or erased.
 */
export async function readTenantForUpdate(tx: Tx, tenant_id: string): Promise<TenantWithPlan | null> {
	const found = withPlanFromRow(await selectWithPlan(tx, tenant_id).forNoKeyUpdate("t").executeTakeFirst());
	await reauthorize(tx);
	return found;
}

/**
 * Reads the tenant FOR SHARE, which blocks suspension and erasure until commit, and authorizes the caller again. The first statement of a
 * write that depends on the tenant's status. Null when the tenant is unknown or erased.
 */
export async function readTenantForShare(tx: Tx | RecordTx, tenant_id: string): Promise<TenantWithPlan | null> {
	const found = withPlanFromRow(await selectWithPlan(tx, tenant_id).forShare("t").executeTakeFirst());
	await reauthorize(tx);
	return found;
}

/** The existing tenants among those named by id or by external id. */
export async function readTenantsNamed(
	tx: ReadTx,
	named: { ids: readonly string[]; external_ids: readonly string[] },
): Promise<Map<string, TenantWithPlan>> {
	const rows = await selectAllWithPlan(tx)
		.where(sql<boolean>`(t.id = any(${named.ids}::text[]) or t.external_id = any(${named.external_ids}::text[]))`)
		.execute();
	return new Map(rows.map((row) => [row.id, tenantWithPlan(row)]));
}

/** Reads several tenants FOR NO KEY UPDATE, in the order of their ids. Does not authorize the caller again. */
export async function readTenantsForUpdate(tx: Tx, ids: readonly string[]): Promise<Map<string, TenantWithPlan>> {
	const rows = await selectAllWithPlan(tx).where("t.id", "=", sql<string>`any(${ids}::text[])`).orderBy("t.id").forNoKeyUpdate("t").execute();
	return new Map(rows.map((row) => [row.id, tenantWithPlan(row)]));
}

export async function readTenants(tx: ReadTx, window: Window, external_id: string | undefined): Promise<Tenant[]> {
	const [created_at, id] = window.after ?? [];
	const rows = await tx
		.selectFrom("tenants")
		.select(TENANT_COLUMNS)
		.where("erased_at", "is", null)
		.$if(external_id !== undefined, (query) => query.where("external_id", "=", external_id ?? null))
		.$if(created_at !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(tenantFromRow);
}

/** Runs a write of `tenants`; a unique violation becomes a 409 `conflict`. */
async function conflictIfTaken<T>(write: () => Promise<T>): Promise<T> {
	try {
		return await write();
	} catch (error) {
		if (!(error instanceof pg.DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
		const detail =
			error.constraint === "tenants_external_id_key"
				? "Another tenant has this external_id. Find it with ?external_id= in the list of tenants."
				: "A tenant with this id exists, or existed and was erased. Ids are never reused: choose another.";
		throw new ApiError("conflict", detail, { cause: error });
	}
}

function toColumns(tenant: Tenant) {
	return {
		name: tenant.name,
		plan_id: tenant.plan_id,
		status: tenant.status,
		external_id: tenant.external_id,
		limits: limitsText(tenant.limits),
		client_policy: tenant.client_policy,
		leak_response: tenant.leak_response,
		key_policy: [...tenant.key_policy],
	};
}

function limitsText(limits: TenantLimits | null): string | null {
	return limits === null ? null : JSON.stringify(limits);
}

/** 409 `conflict` when the id or the external id is taken. */
export async function insertTenant(tx: Tx, tenant: Tenant): Promise<void> {
	await conflictIfTaken(() =>
		tx
			.insertInto("tenants")
			.values({ id: tenant.id, created_at: tenant.created_at, ...toColumns(tenant) })
			.execute(),
	);
}

/** False when the id is taken; 409 `conflict` when the external id is. */
export async function insertTenantUnlessThere(tx: Tx, tenant: Tenant): Promise<boolean> {
	const inserted = await conflictIfTaken(() =>
		tx
			.insertInto("tenants")
			.values({ id: tenant.id, created_at: tenant.created_at, ...toColumns(tenant) })
			.onConflict((conflict) => conflict.column("id").doNothing())
			.executeTakeFirst(),
	);
	return inserted.numInsertedOrUpdatedRows === 1n;
}

/** 409 `conflict` when the external id is taken. */
export async function updateTenantRow(tx: Tx, tenant: Tenant): Promise<void> {
	await conflictIfTaken(() => tx.updateTable("tenants").set(toColumns(tenant)).where("id", "=", tenant.id).execute());
}

/** The ids among `site_ids` that are sites of the tenant. */
export async function readSitesExisting(tx: ReadTx, tenant_id: string, site_ids: readonly string[]): Promise<Set<string>> {
	if (site_ids.length === 0) return new Set();
	const rows = await tx.selectFrom("sites").select("id").where("tenant_id", "=", tenant_id).where("id", "in", site_ids).execute();
	return new Set(rows.map((row) => row.id));
}

export async function countSites(tx: ReadTx, tenant_id: string): Promise<number> {
	const { count } = await tx
		.selectFrom("sites")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", tenant_id)
		.executeTakeFirstOrThrow();
	return count;
}
