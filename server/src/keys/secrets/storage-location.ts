import { change } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import { lockUnrevoked } from "../change-key.ts";
import type { KeysContext } from "../context.ts";
import { readKeyResponse } from "../response.ts";
import type { KeyAnswer, StorageLocationInput } from "../schema.ts";
import { readSecrets, updateStorageLocation } from "./store.ts";

/**
 * Records the storage location of the key's newest secret, as reported by the caller.
 * 404 `not_found`; 409 `conflict` for a revoked key and for one that has no secret yet.
 */
export async function setStorageLocation(
	context: KeysContext,
	input: StorageLocationInput & { tenant_id: string; key_id: string },
): Promise<KeyAnswer> {
	const { tenant_id, key_id, place } = input;
	const note = input.note?.trim() || null;
	return change(context, async (tx) => {
		const now = context.clock.now();
		const { key } = await lockUnrevoked(tx, input);
		const secrets = (await readSecrets(tx, tenant_id, [key_id])).get(key_id) ?? [];
		const newest = secrets.find((secret) => secret.retired_at === null && secret.retires_at === null);
		if (!newest) throw new ApiError("conflict", "The key has no secret yet, so it has no storage location. Reveal or reissue its secret first.");
		const { kid } = newest;
		if (newest.kept_in === place && newest.kept_in_note === note) return { unchanged: await readKeyResponse(tx, key, now) };
		await updateStorageLocation(tx, { tenant_id, kid }, { kept_in: place, kept_in_note: note, kept_in_at: new Date(now) });
		return {
			result: await readKeyResponse(tx, key, now),
			audit: [{ action: "secret.kept_in", target: { kind: "key", id: key_id }, details: { name: key.name, kid, place, note }, tenant_id }],
		};
	});
}
