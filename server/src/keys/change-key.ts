import type { Tx } from "../database/transaction.ts";
import { readTenantForShare, readTenantForUpdate, type TenantWithPlan } from "../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../tenants/tenant.ts";
import { assertNotRevoked, keyNotFound } from "./guards.ts";
import type { Key } from "./key.ts";
import { lockKey } from "./store.ts";

/** `share` blocks suspension and erasure until commit; `update` also blocks other changes that count against the plan. */
export type TenantLock = "share" | "update";

/** A key locked for a change, with its tenant and plan. */
export interface KeyForChange extends TenantWithPlan {
	readonly key: Key;
}

interface Wanted {
	readonly tenant_id: string;
	readonly key_id: string;
}

async function readTenant(tx: Tx, tenant_id: string, lock: TenantLock): Promise<TenantWithPlan> {
	const found = await (lock === "update" ? readTenantForUpdate : readTenantForShare)(tx, tenant_id);
	if (!found) throw tenantNotFound();
	return found;
}

async function lockOrThrow(tx: Tx, { tenant_id, key_id }: Wanted): Promise<Key> {
	const key = await lockKey(tx, tenant_id, key_id);
	if (!key) throw keyNotFound();
	return key;
}

/** The first statements of a change of a key: locks the tenant, repeats the caller's authorization, locks the key. 404 `not_found`. */
export async function lockForChange(tx: Tx, wanted: Wanted, lock: TenantLock = "share"): Promise<KeyForChange> {
	const found = await readTenant(tx, wanted.tenant_id, lock);
	return { ...found, key: await lockOrThrow(tx, wanted) };
}

/** The same for a change that an active tenant makes of a key that is not revoked. 403 `tenant_suspended`; 404 `not_found`; 409 `conflict`. */
export async function lockUnrevoked(tx: Tx, wanted: Wanted, lock: TenantLock = "share"): Promise<KeyForChange> {
	const found = await readTenant(tx, wanted.tenant_id, lock);
	assertTenantActive(found.tenant);
	const key = await lockOrThrow(tx, wanted);
	assertNotRevoked(key);
	return { ...found, key };
}
