import { claimOnce } from "../audit/idempotency.ts";
import { ApiError, type InputError } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import type { OutboxEvent } from "../outbox/store.ts";
import type { Catalogue } from "../plans/catalogue/permission.ts";
import type { KeyPolicy } from "../plans/key-policy.ts";
import type { Plan } from "../plans/plan.ts";
import { readCatalogue } from "../plans/store.ts";
import { readTenantForUpdate, type TenantWithPlan } from "../tenants/store.ts";
import { assertTenantActive, getKeyPolicy, type Tenant, tenantNotFound } from "../tenants/tenant.ts";
import { toBudgets, validateBudgets } from "./budgets/budget.ts";
import { validateCanary } from "./canaries/canary.ts";
import type { KeysContext } from "./context.ts";
import { NO_MAXIMUM, resolveExpiry, resolveRotationPeriod, rotationDueAt } from "./expiry/lifetime.ts";
import { assertRoomForCanary, assertRoomForKey, invalidKey } from "./guards.ts";
import { type Key, type KeyActor, toKeyActor, toKeyOwner } from "./key.ts";
import { getMissingRequirements, toPolicyErrors } from "./key-policy.ts";
import { validateRateLimits } from "./rate-limits.ts";
import { validateAutoRotate } from "./schedule/auto-rotate.ts";
import type { CreateInput } from "./schema.ts";
import {
	assertApiAccess,
	assertPermissionsInPlan,
	defaultPermissions,
	parseAllowedIps,
	validateOwner,
	validatePermissions,
	validateSites,
	withoutRepetitions,
} from "./scope.ts";
import { insertKey, isNameTaken, readSiteEnvironments } from "./store.ts";
import { getWarnings, type Warning } from "./warnings.ts";

export type CreateRequest = CreateInput & { tenant_id: string };

async function planKey(tx: Tx, context: KeysContext, input: CreateRequest, found: TenantWithPlan, key_id: string): Promise<Key> {
	const catalogue = await readCatalogue(tx);
	const sites = await readSiteEnvironments(tx, input.tenant_id, withoutRepetitions(input.site_ids ?? []));
	const owner_errors = await validateOwner(tx, input.tenant_id, input.owner);
	const owner_is_member = toKeyOwner(input.owner).member_id !== undefined && owner_errors.length === 0;
	const { tenant_id, environment, canary, auto_rotate = null } = input;
	const rotate_every_days = resolveRotationPeriod(input.rotate_every_days, environment);
	if (canary !== true)
		owner_errors.push(...(await validateAutoRotate(tx, { tenant_id, auto_rotate, rotate_every_days, owner: toKeyOwner(input.owner) })));
	return buildKey({ plan: found.plan, key_policy: getKeyPolicy(found), catalogue, sites, owner_errors, owner_is_member }, input, {
		key_id,
		now: context.clock.now(),
		created_by: toKeyActor(context.actor),
	});
}

/** The limits for a new key: the plan, the permission catalogue, and the requested sites that exist. */
export interface KeyBounds {
	readonly plan: Plan;
	readonly key_policy: KeyPolicy;
	readonly catalogue: Catalogue;
	readonly sites: ReadonlyMap<string, string | null>;
	/** Validation errors of the owner, and of what needs one. */
	readonly owner_errors: readonly InputError[];
	readonly owner_is_member: boolean;
}

/** Builds the key for `input`. Throws 400 `invalid_request` for invalid input, 403 `capability_not_in_plan` for what the plan excludes. */
export function buildKey(bounds: KeyBounds, input: CreateRequest, made: { key_id: string; now: number; created_by: KeyActor }): Key {
	const { plan, catalogue, sites } = bounds;
	const { now } = made;
	const created_at = new Date(now);
	const canary = input.canary === true;
	const permissions = input.permissions ? withoutRepetitions(input.permissions) : canary ? [] : defaultPermissions(plan, catalogue);
	const site_ids = input.site_ids ? withoutRepetitions(input.site_ids) : null;
	const ips = parseAllowedIps(input.allowed_ips);
	const expiry = resolveExpiry(input.expires_at, canary ? NO_MAXIMUM : plan, now);
	const errors = [
		...validateCanary({ ...input, canary }),
		...bounds.owner_errors,
		...validatePermissions(input.permissions ?? [], catalogue, plan),
		...validateSites(input.site_ids ?? [], sites, input.environment),
		...(Array.isArray(ips) ? ips : []),
		...validateRateLimits(input.rate_limits ?? [], plan),
		...validateBudgets(input.budgets ?? [], { of_plan: plan.rate_limits, of_key: input.rate_limits ?? [] }),
		...("pointer" in expiry ? [expiry] : []),
	];
	const { environment } = input;
	const allowed_ips = Array.isArray(ips) ? null : ips.allowed_ips;
	const expires_at = "pointer" in expiry ? null : expiry.expires_at;
	const subject = { environment, canary, expires_at, permissions, site_ids, allowed_ips, owner_is_member: bounds.owner_is_member };
	errors.push(...toPolicyErrors(getMissingRequirements(bounds.key_policy, subject, defaultPermissions(plan, catalogue)), errors));
	if (errors.length > 0 || Array.isArray(ips) || "pointer" in expiry) throw invalidKey(errors);
	assertPermissionsInPlan(permissions, catalogue, plan);
	const rotate_every_days = canary ? null : resolveRotationPeriod(input.rotate_every_days, input.environment);
	return {
		tenant_id: input.tenant_id,
		id: made.key_id,
		name: input.name.trim(),
		environment: input.environment,
		owner: toKeyOwner(input.owner),
		integration: input.integration?.trim() ?? null,
		labels: input.labels ?? {},
		permissions,
		site_ids,
		allowed_ips: ips.allowed_ips,
		client_policy: input.client_policy ?? null,
		rate_limits: input.rate_limits ?? [],
		budgets: toBudgets(input.budgets ?? []),
		rotate_every_days,
		auto_rotate: input.auto_rotate ?? null,
		rotation_due_at: rotationDueAt(created_at, rotate_every_days),
		canary,
		...expiry,
		paused_at: null,
		created_at,
		created_by: made.created_by,
		revoked_at: null,
		revoked_by: null,
		revoke_reason: null,
		revoke_note: null,
	};
}

/** Audit details of a new key. `secret` is null if the key is handed over, since its secret is issued at the reveal. */
export function createdDetails(key: Key, secret: { kid: string; last4: string } | null): Record<string, unknown> {
	const {
		tenant_id: _tenant,
		id: _id,
		created_at: _at,
		created_by: _by,
		paused_at: _paused,
		revoked_at: _revoked,
		revoked_by: _who,
		revoke_reason: _why,
		revoke_note: _note,
		...made
	} = key;
	return { ...made, kid: secret?.kid ?? null, last4: secret?.last4 ?? null };
}

export interface MadeKey {
	readonly key: Key;
	readonly tenant: Tenant;
	readonly warnings: Warning[];
}

/**
 * Inserts a key without a secret. `asked` is the whole request, to detect a repeat with the same Idempotency-Key. Locks the tenant, so that
 * the plan's number of keys holds under concurrency. Errors as for `createKey`.
 */
export async function makeKey(tx: Tx, context: KeysContext, input: CreateRequest, request: { key_id: string; asked: unknown }): Promise<MadeKey> {
	const { tenant_id } = input;
	const { key_id, asked } = request;
	const found = await readTenantForUpdate(tx, tenant_id);
	if (!found) throw tenantNotFound();
	const earlier = await claimOnce(tx, context, { tenant_id, operation: "key.create", input: asked, subject_id: key_id });
	if (earlier) throw secretAlreadyIssued(earlier.subject_id);
	assertTenantActive(found.tenant);
	assertApiAccess(found.plan);
	const key = await planKey(tx, context, input, found, key_id);
	await (key.canary ? assertRoomForCanary(tx, tenant_id, key.created_at) : assertRoomForKey(tx, tenant_id, found.plan, key.created_at));
	const warnings = getWarnings({ ...key, name_taken: await isNameTaken(tx, tenant_id, key.name, key.created_at) });
	await insertKey(tx, key);
	return { key, tenant: found.tenant, warnings };
}

export function secretAlreadyIssued(key_id: string): ApiError {
	return new ApiError(
		"secret_already_issued",
		"This Idempotency-Key has already created the key in `key_id`, whose secret or link is issued only once. If it is lost, issue another, which is possible until the first use.",
		{ members: { key_id } },
	);
}

/** The outbox event for a new key. */
export function createdEvent(key: Key): OutboxEvent {
	const { tenant_id, id: key_id, name, environment, expires_at } = key;
	return { tenant_id, type: "key.created", data: { key_id, name, environment, expires_at: expires_at?.toISOString() ?? null } };
}
