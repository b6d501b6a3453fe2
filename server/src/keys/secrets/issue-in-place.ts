import type { Tx } from "../../database/transaction.ts";
import type { KeysContext } from "../context.ts";
import { rotationDueAt } from "../expiry/lifetime.ts";
import { assertNeverUsed } from "../guards.ts";
import type { Key } from "../key.ts";
import { updateKey } from "../store.ts";
import { issueSecret } from "./issue.ts";
import { retireSecrets } from "./store.ts";

export interface IssuedInPlace {
	/** The key after the change. */
	readonly key: Key;
	readonly raw_key: string;
	readonly kid: string;
	readonly last4: string;
	readonly replaced_kids: readonly string[];
}

/** Issues a new secret for a key that was never used, ends its earlier ones and restarts the rotation period. 409 `conflict` if it was used. */
export async function issueInPlace(tx: Tx, context: KeysContext, before: Key, now: Date): Promise<IssuedInPlace> {
	await assertNeverUsed(tx, before);
	const replaced_kids = await retireSecrets(tx, before.tenant_id, before.id, now);
	const issued = await issueSecret(tx, context, before, now);
	const rotation_due_at = rotationDueAt(now, before.rotate_every_days);
	await updateKey(tx, before.tenant_id, before.id, { rotation_due_at }, now);
	return { key: { ...before, rotation_due_at }, ...issued, replaced_kids };
}
