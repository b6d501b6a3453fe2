import { type ChangeContext, changeEverywhere } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { read } from "../../database/transaction.ts";
import { keyNotFound } from "../guards.ts";
import type { Key } from "../key.ts";
import { readKeyResponse } from "../response.ts";
import type { KeyEverywhere, RevokeInput } from "../schema.ts";
import { lockKey } from "../store.ts";
import { applyRevocation } from "./revocation.ts";

/**
 * Revokes a key permanently, cancels its handovers and ends its rotation. After this returns, no node accepts the key. Idempotent: a repeat returns the
 * key with the first reason. 404 `not_found`.
 */
export async function revokeKey(context: ChangeContext, input: RevokeInput & { tenant_id: string; key_id: string }): Promise<KeyEverywhere> {
	const { tenant_id, key_id } = input;
	const { result: key, waited_for } = await changeEverywhere<Key>(context, async (tx) => {
		// Does not lock the tenant: a revocation must not wait for a lock that it does not need.
		await reauthorize(tx);
		const before = await lockKey(tx, tenant_id, key_id);
		if (!before) throw keyNotFound();
		return applyRevocation(tx, context, before, input);
	});
	return { ...(await read(context, (tx) => readKeyResponse(tx, key, context.clock.now()))), waited_for };
}
