import { assertStillAllowed, type ChangeContext, changeEverywhere } from "../../audit/change.ts";
import { read } from "../../database/transaction.ts";
import { readTenantForUpdate } from "../../tenants/store.ts";
import { tenantNotFound } from "../../tenants/tenant.ts";
import { cancelWaitingHandovers } from "../handovers/store.ts";
import { getKeyStatus, type Key, toKeyActor } from "../key.ts";
import { lockChosenKeys, readChosenKeys, revokeKeys, type Selection } from "../list-store.ts";
import { endRotationsOfRevoked } from "../rotations/end.ts";
import { type BulkRevoked, type BulkRevokeInput, REVOKED_KEYS_MAX } from "./schema.ts";
import { assertAsExpected, invalidSelection, newestFirst, readTogether, requireExpected } from "./selection.ts";

type Request = BulkRevokeInput & { tenant_id: string };

function getSelection({ key_ids, filter }: BulkRevokeInput): Selection {
	if (key_ids !== undefined && filter !== undefined) throw invalidSelection("/filter", "cannot be combined with key_ids: send one of them");
	if (key_ids !== undefined) return { key_ids };
	if (filter === undefined) throw invalidSelection("/key_ids", "is required without a filter");
	return { filter };
}

/** The selected keys that are not revoked yet, newest first. 400 `invalid_request` for unknown ids and for too many keys. */
function toRevoke(chosen: readonly Key[], selection: Selection): Key[] {
	if (chosen.length > REVOKED_KEYS_MAX) {
		throw invalidSelection("/filter", `matches more than ${REVOKED_KEYS_MAX} keys, the maximum per call: narrow it, or list the keys in key_ids`);
	}
	if ("key_ids" in selection) {
		const found = new Set(chosen.map((key) => key.id));
		const unknown = selection.key_ids.findIndex((key_id) => !found.has(key_id));
		if (unknown !== -1) throw invalidSelection(`/key_ids/${unknown}`, "is not the id of a key of this tenant");
	}
	return newestFirst(chosen.filter((key) => key.revoked_at === null));
}

/**
 * Revokes up to 200 keys in one change, or lists them with `preview`. After it returns, no node accepts any of them. 400 `invalid_request` for unknown ids
 * and for a filter that matches more; 409 `conflict` (with `key_ids`), without a change, if the keys differ from `expected_key_ids`.
 */
export async function bulkRevoke(context: ChangeContext, input: Request): Promise<BulkRevoked> {
	const { tenant_id, expected_key_ids } = input;
	const selection = getSelection(input);
	if (!input.preview) requireExpected(expected_key_ids);
	const now = context.clock.now();
	const reading = { now: new Date(now), rows_max: REVOKED_KEYS_MAX + 1 };
	if (input.preview || expected_key_ids === undefined) {
		await assertStillAllowed(context);
		return read(context, async (tx) => {
			const keys = toRevoke(await readChosenKeys(tx, tenant_id, selection, reading), selection);
			return { keys: await readTogether(tx, tenant_id, keys, now), revoked: false };
		});
	}
	const { result, waited_for } = await changeEverywhere<BulkRevoked>(context, async (tx) => {
		if (!(await readTenantForUpdate(tx, tenant_id))) throw tenantNotFound();
		const keys = toRevoke(await lockChosenKeys(tx, tenant_id, selection, reading), selection);
		assertAsExpected(keys, expected_key_ids);
		const responses = await readTogether(tx, tenant_id, keys, now);
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
