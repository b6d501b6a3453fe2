import { type ChangeContext, change } from "../audit/change.ts";
import { claimOnce, keepResult } from "../audit/idempotency.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { ApiError, type InputError } from "../core/error.ts";
import { CHOSEN_ID_PATTERN, newId } from "../core/id.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import { joinKeyPolicies } from "../plans/key-policy.ts";
import { type TenantLimits, validateUniqueNames } from "../plans/plan.ts";
import { readPlanForShare } from "../plans/store.ts";
import type { TenantInput, TenantPatch } from "./schema.ts";
import { insertTenant, insertTenantUnlessThere, readTenant, readTenantForUpdate, readTenants, updateTenantRow } from "./store.ts";
import { asStoredTenant, type Tenant, tenantNotFound, unknownPlan } from "./tenant.ts";

/** Reads one tenant. 404 `not_found` when it is unknown or erased. */
export async function getTenant(context: DatabaseContext, input: { tenant_id: string }): Promise<Tenant> {
	const tenant = await read(context, (tx) => readTenant(tx, input.tenant_id));
	if (!tenant) throw tenantNotFound();
	return tenant;
}

/** Lists the tenants, newest first; with `external_id`, only the one that has it. */
export async function listTenants(context: DatabaseContext, input: PageRequest & { external_id?: string }): Promise<Page<Tenant>> {
	const window = windowByTime(input);
	return toPage(await read(context, (tx) => readTenants(tx, window, input.external_id)), window, (tenant) => [tenant.created_at, tenant.id]);
}

/** Throws 400 when two rate limits of `limits` have one name. */
export function assertLimits(limits: TenantLimits | null | undefined): void {
	const errors = validateUniqueNames(limits?.rate_limits ?? [], "/limits/rate_limits");
	if (errors.length > 0) throw new ApiError("invalid_request", "The limits are not valid. Correct what `errors` names.", { errors });
}

/** Builds a new tenant from `input`. */
export function newTenant(id: string, input: TenantInput, now: number): Tenant {
	return {
		id,
		name: input.name.trim(),
		plan_id: input.plan_id,
		status: input.status ?? "active",
		external_id: input.external_id ?? null,
		limits: input.limits ?? null,
		client_policy: input.client_policy ?? null,
		leak_response: input.leak_response ?? "revoke",
		key_policy: joinKeyPolicies(input.key_policy ?? []),
		created_at: new Date(now).toISOString(),
	};
}

function withSettings(before: Tenant, settings: TenantPatch): Tenant {
	const key_policy = joinKeyPolicies(settings.key_policy ?? before.key_policy);
	return { ...before, ...settings, name: (settings.name ?? before.name).trim(), key_policy };
}

/** Creates a tenant. 400 `invalid_request` for an unknown plan; 409 `conflict` when the id (also of an erased tenant) or the external id is taken. */
export async function createTenant(context: ChangeContext, input: TenantInput): Promise<Tenant> {
	assertLimits(input.limits);
	const tenant = newTenant(input.id ?? newId("ten"), input, context.clock.now());
	return change(context, async (tx) => {
		await reauthorize(tx);
		const earlier = await claimOnce(tx, context, { tenant_id: ALL_TENANTS, operation: "tenant.create", input, subject_id: tenant.id });
		if (earlier) return { unchanged: asStoredTenant(earlier.result) };
		if (!(await readPlanForShare(tx, tenant.plan_id))) throw unknownPlan();
		await insertTenant(tx, tenant);
		await keepResult(tx, context, ALL_TENANTS, tenant);
		return {
			result: tenant,
			audit: [{ action: "tenant.created", target: { kind: "tenant", id: tenant.id }, tenant_id: tenant.id, details: { tenant } }],
			invalidates: [{ kind: "tenant", id: tenant.id }],
		};
	});
}

function assertIds(input: TenantInput & { tenant_id: string }): void {
	const errors: InputError[] = [];
	if (!new RegExp(CHOSEN_ID_PATTERN).test(input.tenant_id))
		errors.push({ pointer: "/path/tenant_id", detail: "must be 1–64 letters, digits, _ or -" });
	if (input.id !== undefined && input.id !== input.tenant_id)
		errors.push({ pointer: "/id", detail: "must equal the id in the path, or be left out" });
	if (errors.length > 0) throw new ApiError("invalid_request", "The request is not valid. Correct what `errors` names.", { errors });
}

/**
 * Creates or updates the tenant with the operator's own id. An omitted field keeps its value, so that a repeated synchronisation never
 * reinstates a suspended tenant. Equal content changes nothing. Errors as of `createTenant`.
 */
export async function putTenant(context: ChangeContext, input: TenantInput & { tenant_id: string }): Promise<Tenant> {
	assertIds(input);
	assertLimits(input.limits);
	const target = { kind: "tenant", id: input.tenant_id };
	const invalidates = [{ kind: "tenant", id: input.tenant_id }] as const;
	return change(context, async (tx) => {
		await reauthorize(tx);
		if (!(await readPlanForShare(tx, input.plan_id))) throw unknownPlan();
		const fresh = newTenant(input.tenant_id, input, context.clock.now());
		if (await insertTenantUnlessThere(tx, fresh)) {
			return { result: fresh, audit: [{ action: "tenant.created", target, tenant_id: fresh.id, details: { tenant: fresh } }], invalidates };
		}
		const before = (await readTenantForUpdate(tx, input.tenant_id))?.tenant;
		if (!before) throw new ApiError("conflict", "A tenant with this id existed and was erased. Ids are never reused: choose another.");
		const { id: _id, tenant_id: _tenant_id, ...settings } = input;
		const tenant = withSettings(before, settings);
		if (canonicalJson(tenant) === canonicalJson(before)) return { unchanged: before };
		await updateTenantRow(tx, tenant);
		return { result: tenant, audit: [{ action: "tenant.updated", target, tenant_id: tenant.id, details: { before, tenant } }], invalidates };
	});
}

/**
 * Changes the given fields: name, plan, status, external id, limits (as a whole; null restores the plan's), client policy. Once it returns,
 * no key of a suspended tenant is accepted. 404 `not_found`; 400 `invalid_request` for an unknown plan; 409 `conflict` for a taken external
 * id.
 */
export async function updateTenant(context: ChangeContext, input: TenantPatch & { tenant_id: string }): Promise<Tenant> {
	assertLimits(input.limits);
	const { tenant_id, ...patch } = input;
	return change(context, async (tx) => {
		await reauthorize(tx);
		if (patch.plan_id !== undefined && !(await readPlanForShare(tx, patch.plan_id))) throw unknownPlan();
		const before = (await readTenantForUpdate(tx, tenant_id))?.tenant;
		if (!before) throw tenantNotFound();
		const tenant = withSettings(before, patch);
		if (canonicalJson(tenant) === canonicalJson(before)) return { unchanged: before };
		await updateTenantRow(tx, tenant);
		return {
			result: tenant,
			audit: [{ action: "tenant.updated", target: { kind: "tenant", id: tenant_id }, tenant_id, details: { before, tenant } }],
			invalidates: [{ kind: "tenant", id: tenant_id }],
		};
	});
}
