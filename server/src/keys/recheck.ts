import { DENIAL_TEXTS } from "../core/denial-texts.ts";
import { ApiError } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import type { Plan } from "../plans/plan.ts";
import { readCatalogue } from "../plans/store.ts";
import { readTenantForShare } from "../tenants/store.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { keyRevoked } from "./guards.ts";
import { getKeyStatus } from "./key.ts";
import { type LockedKey, readKeyForShare, readSecretForShare, readSiteForShare } from "./store.ts";

/** What a writing keyed request was authorized for. */
export interface RecheckQuestion {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid?: string;
	readonly site_id?: string;
	readonly permission?: string;
}

/**
 * Repeats the authorization inside the transaction of a key's write. FOR SHARE locks ensure that a write authorized before a revocation
 * never commits after it. Throws, in this order: 401 `key_revoked`, `key_rotated`, `key_expired`; 403 `key_paused`, `tenant_suspended`; 404
 * `not_found`; 403 `environment_mismatch`, `capability_not_in_plan`, `permission_missing`.
 */
export async function recheckKey(tx: Tx, question: RecheckQuestion, now: number): Promise<void> {
	const found = await readTenantForShare(tx, question.tenant_id);
	const key = await readKeyForShare(tx, question.tenant_id, question.key_id);
	if (!found || !key) throw keyRevoked();
	await assertWorks(tx, key, question, now);
	if (found.tenant.status === "suspended") throw new ApiError("tenant_suspended", DENIAL_TEXTS.suspended(found.tenant.name));
	if (question.site_id !== undefined) await assertSite(tx, key, found.tenant, question.site_id);
	if (question.permission !== undefined) await assertPermission(tx, key, found.plan, question.permission);
}

async function assertWorks(tx: Tx, key: LockedKey, question: RecheckQuestion, now: number): Promise<void> {
	const status = getKeyStatus(key, now);
	if (status === "revoked") throw new ApiError("key_revoked", DENIAL_TEXTS.revoked(key.name));
	const { tenant_id, key_id, kid } = question;
	if (kid !== undefined) {
		const secret = await readSecretForShare(tx, { tenant_id, key_id, kid });
		const replaced = secret === null || secret.retired_at !== null || (secret.retires_at !== null && secret.retires_at.getTime() <= now);
		if (replaced) throw new ApiError("key_rotated", DENIAL_TEXTS.replaced(key.name));
	}
	if (status === "expired") throw new ApiError("key_expired", DENIAL_TEXTS.expired(key.name, key.expires_at?.toISOString() ?? ""));
	if (status === "paused") throw new ApiError("key_paused", DENIAL_TEXTS.paused(key.name));
}

async function assertSite(tx: Tx, key: LockedKey, tenant: Tenant, site_id: string): Promise<void> {
	const visible = key.site_ids === null || key.site_ids.includes(site_id);
	const site = visible ? await readSiteForShare(tx, tenant.id, site_id) : null;
	if (site === null) throw new ApiError("not_found", DENIAL_TEXTS.notFound(tenant));
	if (site.environment === null || site.environment === key.environment) return;
	throw new ApiError("environment_mismatch", DENIAL_TEXTS.environment(key.name, key.environment, site.environment));
}

async function assertPermission(tx: Tx, key: LockedKey, plan: Plan, permission: string): Promise<void> {
	const capability = (await readCatalogue(tx)).get(permission)?.capability;
	if (capability !== undefined && !plan.capabilities.includes(capability)) {
		throw new ApiError("capability_not_in_plan", DENIAL_TEXTS.capability(plan.name, capability), { members: { capability } });
	}
	if (capability === undefined || !key.permissions.includes(permission))
		throw new ApiError("permission_missing", DENIAL_TEXTS.permission(key.name, permission), { members: { permission } });
}
