import { ApiError } from "../../core/error.ts";
import type { ReadTx } from "../../database/transaction.ts";
import { keyActivity, usage24h } from "../../usage/activity-store.ts";
import type { Key } from "../key.ts";
import type { TogetherKey } from "./schema.ts";

/** 400 `invalid_request` for one field of a call about several keys. */
export function invalidSelection(pointer: string, detail: string): ApiError {
	return new ApiError("invalid_request", "Invalid selection of keys; see `errors`.", { errors: [{ pointer, detail }] });
}

export function newestFirst(keys: readonly Key[]): Key[] {
	return keys.toSorted((a, b) => b.created_at.getTime() - a.created_at.getTime() || (a.id < b.id ? 1 : -1));
}

/** Throws 409 `conflict`, with the current `key_ids`, if the selection differs from the one that the caller confirmed. */
export function assertAsExpected(keys: readonly Key[], expected: readonly string[]): void {
	const seen = new Set(expected);
	if (seen.size === keys.length && keys.every((key) => seen.has(key.id))) return;
	throw new ApiError("conflict", "The selected keys differ from those of the preview; nothing was changed. Request a new preview.", {
		members: { key_ids: keys.map((key) => key.id) },
	});
}

/** The expected ids, without which nothing is changed. 400 `invalid_request`. */
export function requireExpected(expected_key_ids: readonly string[] | undefined): readonly string[] {
	if (expected_key_ids !== undefined) return expected_key_ids;
	throw invalidSelection("/expected_key_ids", "is required without preview: the ids that the preview listed");
}

/** The keys with their recent use. */
export async function readTogether(tx: ReadTx, tenant_id: string, keys: readonly Key[], now: number): Promise<TogetherKey[]> {
	const key_ids = keys.map((key) => key.id);
	const activity = await keyActivity(tx, tenant_id, key_ids);
	const usage = await usage24h(tx, tenant_id, key_ids, now);
	return keys.map(({ id, name, environment, owner }) => {
		const last_used_at = activity.get(id)?.last_used_at?.toISOString() ?? null;
		return { id, name, environment, owner, last_used_at, usage_24h: usage.get(id) ?? 0 };
	});
}
