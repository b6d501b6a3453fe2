import { assertStillAllowed, type ChangeContext, changeEverywhere } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ApiError } from "../../core/error.ts";
import { type ReadTx, read } from "../../database/transaction.ts";
import { readTenantForUpdate } from "../../tenants/store.ts";
import { tenantNotFound } from "../../tenants/tenant.ts";
import { keyActivity, usage24h } from "../../usage/activity-store.ts";
import { keyNotFound } from "../guards.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { getKeyStatus, type Key, toKeyActor } from "../key.ts";
import { lockChosenKeys, readChosenKeys, revokeKeys, type Selection } from "../list-store.ts";
import { readKeyResponse } from "../response.ts";
import { endRotationsOfRevoked } from "../rotations/end.ts";
import { BULK_KEYS_MAX, type BulkRevoked, type BulkRevokeInput, type KeyEverywhere, type RevokeInput } from "../schema.ts";
import { lockKey } from "../store.ts";
import { applyRevocation } from "./revocation.ts";

type Request = BulkRevokeInput & { tenant_id: string };

function invalid(pointer: string, detail: string): ApiError {
	return new ApiError("invalid_request", "Invalid selection of keys to revoke; see `errors`.", {
		errors: [{ pointer, detail }],
	});
}

function getSelection({ key_ids, filter }: BulkRevokeInput): Selection {
	if (key_ids !== undefined && filter !== undefined) throw invalid("/filter", "cannot be combined with key_ids: send one of them");
	if (key_ids !== undefined) return { key_ids };
	if (filter === undefined) throw invalid("/key_ids", "is required without a filter");
	return { filter };
}

/** The selected keys that are not revoked yet, newest first. 400 `invalid_request` for unknown ids and for too many keys. */
function toRevoke(chosen: readonly Key[], selection: Selection): Key[] {
	if (chosen.length > BULK_KEYS_MAX) {
		throw invalid("/filter", `matches more than ${BULK_KEYS_MAX} keys, the maximum per call: narrow it, or list the keys in key_ids`);
	}
	if ("key_ids" in selection) {
		const found = new Set(chosen.map((key) => key.id));
		const unknown = selection.key_ids.findIndex((key_id) => !found.has(key_id));
		if (unknown !== -1) throw invalid(`/key_ids/${unknown}`, "is not the id of a key of this tenant");
	}
	return chosen.filter((key) => key.revoked_at === null).sort((a, b) => b.created_at.getTime() - a.created_at.getTime() || (a.id < b.id ? 1 : -1));
}

/** Throws 409 `conflict`, with the current `key_ids`, if the selection differs from the one that the caller confirmed. */
function assertAsExpected(keys: readonly Key[], expected: readonly string[]): void {
	const seen = new Set(expected);
	if (seen.size === keys.length && keys.every((key) => seen.has(key.id))) return;
	throw new ApiError("conflict", "The selected keys differ from those of the preview; nothing was revoked. Request a new preview.", {
		members: { key_ids: keys.map((key) => key.id) },
	});
}

async function readBulkResponse(tx: ReadTx, tenant_id: string, keys: readonly Key[], now: number): Promise<BulkRevoked["keys"]> {
	const key_ids = keys.map((key) => key.id);
	const activity = await keyActivity(tx, tenant_id, key_ids);
	const usage = await usage24h(tx, tenant_id, key_ids, now);
	return keys.map(({ id, name, environment, owner }) => {
		const last_used_at = activity.get(id)?.last_used_at?.toISOString() ?? null;
		return { id, name, environment, owner, last_used_at, usage_24h: usage.get(id) ?? 0 };
	});
}

/**
 * Revokes up to 200 keys in one change, or lists them with `preview`. After it returns, no node accepts any of them. 400 `invalid_request` for unknown ids
 * and for a filter that matches more; 409 `conflict` (with `key_ids`), without a change, if the keys differ from `expected_key_ids`.
 */
export async function bulkRevoke(context: ChangeContext, input: Request): Promise<BulkRevoked> {
	const { tenant_id, expected_key_ids } = input;
	const selection = getSelection(input);
	if (!input.preview && expected_key_ids === undefined)
		throw invalid("/expected_key_ids", "is required without preview: the ids that the preview listed");
	const now = context.clock.now();
	const reading = { now: new Date(now), rows_max: BULK_KEYS_MAX + 1 };
	if (input.preview || expected_key_ids === undefined) {
		await assertStillAllowed(context);
		return read(context, async (tx) => {
			const keys = toRevoke(await readChosenKeys(tx, tenant_id, selection, reading), selection);
			return { keys: await readBulkResponse(tx, tenant_id, keys, now), revoked: false };
		});
	}
	const { result, waited_for } = await changeEverywhere<BulkRevoked>(context, async (tx) => {
		if (!(await readTenantForUpdate(tx, tenant_id))) throw tenantNotFound();
		const keys = toRevoke(await lockChosenKeys(tx, tenant_id, selection, reading), selection);
		assertAsExpected(keys, expected_key_ids);
		const responses = await readBulkResponse(tx, tenant_id, keys, now);
		const [first, ...others] = keys.map((key) => auditRevocation(key, input, now));
		if (!first) return { unchanged: { keys: [], revoked: false } };
		const { reason } = input;
		const revoked_by = toKeyActor(context.actor);
		const key_ids = keys.map((key) => key.id);
		const { completed } = await endRotationsOfRevoked(tx, context, tenant_id, keys, new Date(now));
		await revokeKeys(tx, tenant_id, key_ids, { revoked_at: new Date(now), revoked_by, revoke_reason: reason, revoke_note: input.note ?? null });
		await cancelWaitingHandovers(tx, tenant_id, key_ids, new Date(now));
		return {
			result: { keys: responses, revoked: true },
			audit: [first, ...others, ...completed.map(({ audit }) => audit)],
			invalidates: key_ids.map((id) => ({ kind: "key", id }) as const),
			events: [
				...completed.map(({ event }) => event),
				...keys.map(({ id: key_id, name, environment }) => {
					return { tenant_id, type: "key.revoked" as const, data: { key_id, name, environment, reason, revoked_by: revoked_by.name } };
				}),
			],
		};
	});
	return { ...result, waited_for };
}

function auditRevocation(key: Key, { tenant_id, reason, note = null }: Request, now: number) {
	const { id, name, environment } = key;
	const details = { name, environment, reason, note, status_before: getKeyStatus(key, now), together: true };
	return { action: "key.revoked", target: { kind: "key", id }, details, tenant_id };
}

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
