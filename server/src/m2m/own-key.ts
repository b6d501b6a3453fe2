import type { Peppers } from "../core/pepper.ts";
import type { Tx } from "../database/transaction.ts";
import type { KeysContext } from "../keys/context.ts";
import { keyRevoked } from "../keys/guards.ts";
import type { Key } from "../keys/key.ts";
import { lockKey } from "../keys/store.ts";
import { readTenantForShare, type TenantWithPlan } from "../tenants/store.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";

/** Context of an action by which a key changes itself. */
export interface SelfContext extends KeyedContext {
	readonly peppers: Peppers;
	readonly key_brand: string;
}

/** Locks tenant and key, in the lock order of all changes, and repeats the authorization of the key. */
export async function lockOwnKey(tx: Tx, context: KeyedContext): Promise<{ found: TenantWithPlan; key: Key }> {
	const found = await readTenantForShare(tx, context.scope);
	const key = await lockKey(tx, context.scope, context.key_id);
	if (!found || !key) throw keyRevoked();
	await context.recheck(tx);
	return { found, key };
}

/** Copies the members, which a keyed context has on its prototype, into a plain context for a change. */
export function ownChange(context: SelfContext): KeysContext {
	const { database, node, audit_keys, clock, log, actor, scope, request_id, idempotency_key, address, peppers, key_brand } = context;
	return { database, node, audit_keys, clock, log, actor, scope, request_id, idempotency_key, address, peppers, key_brand };
}
