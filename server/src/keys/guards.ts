import { ApiError, type InputError } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import type { Plan } from "../plans/plan.ts";
import { secretActivity } from "../usage/activity-store.ts";
import { CANARIES_MAX } from "./canaries/canary.ts";
import { isReported } from "./exposures/report-store.ts";
import { getKeyStatus, type Key } from "./key.ts";
import { type OpenRotation, readOpenRotations } from "./rotations/store.ts";
import { lockSecrets, readSecrets } from "./secrets/store.ts";
import { countLiveCanaries, countLiveKeys } from "./store.ts";

/** For a key or tenant whose row is gone: reveals no name. */
export function keyRevoked(): ApiError {
	return new ApiError("key_revoked", "This key was revoked. Ask its owner for a new one.");
}

export function keyNotFound(): ApiError {
	return new ApiError("not_found", "There is no API key with this id.");
}

/** Throws 409 `conflict` for a revoked key, which cannot be changed. */
export function assertNotRevoked(key: Key): void {
	if (key.revoked_at !== null) throw new ApiError("conflict", "This key was revoked and cannot be changed. Create another one.");
}

/** Throws 409 `conflict` for a revoked or expired key, which gets no new secret. */
export function assertNotEnded(key: Key, now: number): void {
	assertNotRevoked(key);
	if (getKeyStatus(key, now) !== "expired") return;
	throw new ApiError("conflict", "This key has expired. Set a later expiry date first, or create another key.");
}

export function invalidKey(errors: InputError[]): ApiError {
	return new ApiError("invalid_request", "Invalid key settings; see `errors`.", { errors });
}

/** Throws 409 `conflict` when another live key would exceed the plan's limit. Requires the tenant to be locked. */
export async function assertRoomForKey(tx: Tx, tenant_id: string, plan: Plan, now: Date): Promise<void> {
	const max = plan.limits.api_keys;
	if (max === null) return;
	const used = await countLiveKeys(tx, tenant_id, now);
	if (used < max) return;
	throw new ApiError(
		"conflict",
		`The plan "${plan.name}" allows ${max} API keys, and ${used} are live. Revoke one that is no longer used, or ask for a larger plan.`,
		{
			members: { max, used },
		},
	);
}

/** Throws 409 `conflict` when another live canary key would exceed their maximum. Requires the tenant to be locked. */
export async function assertRoomForCanary(tx: Tx, tenant_id: string, now: Date): Promise<void> {
	const used = await countLiveCanaries(tx, tenant_id, now);
	if (used < CANARIES_MAX) return;
	throw new ApiError("conflict", `A tenant can have ${CANARIES_MAX} canary keys. Revoke one that is no longer needed.`, {
		members: { max: CANARIES_MAX, used },
	});
}

/** A key has at most two live secrets, so only one rotation may run at a time. */
export function rotationInProgress(key_id: string, rotation_id?: string): ApiError {
	return new ApiError("rotation_in_progress", "A rotation of this key is in progress. Complete or cancel it first.", {
		members: { key_id, ...(rotation_id === undefined ? {} : { rotation_id }) },
	});
}

/**
 * Throws 409 `conflict` if a secret of the key was ever used, since its clients would stop working, and `rotation_in_progress` during a rotation. Of a
 * rotation that a leak began, which returned its new secret to no one, only that secret counts, and it is returned. Locks the secrets, so that no first
 * use is recorded before commit. Requires the key to be locked.
 */
export async function assertNeverUsed(tx: Tx, key: Key): Promise<OpenRotation | null> {
	const open = (await readOpenRotations(tx, key.tenant_id, [key.id])).get(key.id) ?? null;
	if (open !== null && !(open.state === "open" && (await isReported(tx, open.predecessor_kid)))) throw rotationInProgress(key.id);
	await lockSecrets(tx, key.tenant_id, key.id);
	const secrets = (await readSecrets(tx, key.tenant_id, [key.id])).get(key.id) ?? [];
	const kids = secrets.map((secret) => secret.kid).filter((kid) => open === null || kid === open.successor_kid);
	const uses = await secretActivity(tx, key.tenant_id, kids);
	if (uses.size === 0) return open;
	throw new ApiError("conflict", "The key is in use, and its clients would stop working. Create another key, or rotate this one with an overlap.");
}
