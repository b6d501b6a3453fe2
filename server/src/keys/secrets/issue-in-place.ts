import { Failure } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import { secretActivity } from "../../usage/activity-store.ts";
import type { KeysContext } from "../context.ts";
import { rotationDueAt } from "../expiry/lifetime.ts";
import type { Key } from "../key.ts";
import { readOpenRotations } from "../rotations/open-store.ts";
import { lockSecrets, readSecrets, retireSecrets, updateKey } from "../store.ts";
import { issueSecret } from "./issue.ts";

/** Two secrets are told apart, three are not: one rotation of a key at a time. */
export function rotationInProgress(key_id: string, rotation_id?: string): Failure {
	return new Failure("rotation_in_progress", "This key's secret is being replaced at the moment. Complete or cancel that first.", {
		members: { key_id, ...(rotation_id === undefined ? {} : { rotation_id }) },
	});
}

/**
 * Throws 409 `conflict` once a secret of the key was used: something would stop working; `rotation_in_progress` while it is being replaced. Locks the
 * secrets, so that none is used for the first time until commit. Call it with the key locked.
 */
export async function assertNeverUsed(tx: Tx, key: Key): Promise<void> {
	if ((await readOpenRotations(tx, key.tenant_id, [key.id])).size > 0) throw rotationInProgress(key.id);
	await lockSecrets(tx, key.tenant_id, key.id);
	const secrets = (await readSecrets(tx, key.tenant_id, [key.id])).get(key.id) ?? [];
	const kids = secrets.map((secret) => secret.kid);
	const uses = await secretActivity(tx, key.tenant_id, kids);
	if (uses.size === 0) return;
	throw new Failure(
		"conflict",
		"The key is in use already, and what uses it would stop working. Create another key, or replace this one's secret with an overlap.",
	);
}

export interface IssuedInPlace {
	/** The key as it is now. */
	readonly key: Key;
	readonly raw_key: string;
	readonly kid: string;
	readonly last4: string;
	readonly replaced_kids: readonly string[];
}

/** Gives a key that was never used a new secret; those that it had are dead at once, and the period of rotation begins. 409 `conflict` when it was used. */
export async function issueInPlace(tx: Tx, context: KeysContext, before: Key, now: Date): Promise<IssuedInPlace> {
	await assertNeverUsed(tx, before);
	const replaced_kids = await retireSecrets(tx, before.tenant_id, before.id, now);
	const issued = await issueSecret(tx, context, before, now);
	const rotation_due_at = rotationDueAt(now, before.rotate_every_days);
	await updateKey(tx, before.tenant_id, before.id, { rotation_due_at }, now);
	return { key: { ...before, rotation_due_at }, ...issued, replaced_kids };
}
