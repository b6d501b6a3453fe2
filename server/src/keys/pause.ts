import { type ChangeContext, change, changeEverywhere } from "../audit/change.ts";
import { assertNotCanary } from "./canaries/canary.ts";
import { lockUnrevoked } from "./change-key.ts";
import type { Key } from "./key.ts";
import { readKeyResponse } from "./response.ts";
import type { KeyAnswer, KeyEverywhere } from "./schema.ts";
import { updateKey } from "./store.ts";

/**
 * Pauses a key: after this returns, no node accepts it until it is resumed. Idempotent.
 * 404 `not_found`; 409 `conflict` for a revoked key and for a canary key.
 */
export async function pauseKey(context: ChangeContext, input: { tenant_id: string; key_id: string }): Promise<KeyEverywhere> {
	const { tenant_id, key_id } = input;
	const { result, waited_for } = await changeEverywhere(context, async (tx) => {
		const now = context.clock.now();
		const { key: before } = await lockUnrevoked(tx, input);
		assertNotCanary(before, "paused");
		if (before.paused_at !== null) return { unchanged: await readKeyResponse(tx, before, now) };
		const key: Key = { ...before, paused_at: new Date(now) };
		await updateKey(tx, tenant_id, key_id, { paused_at: key.paused_at }, new Date(now));
		const { name, environment } = key;
		return {
			result: await readKeyResponse(tx, key, now),
			audit: [{ action: "key.paused", target: { kind: "key", id: key_id }, details: { name, environment }, tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "key.paused", data: { key_id, name, environment } }],
		};
	});
	return { ...result, waited_for };
}

/** Resumes a paused key; no effect on other keys. 404 `not_found`; 409 `conflict` for a revoked key. */
export async function resumeKey(context: ChangeContext, input: { tenant_id: string; key_id: string }): Promise<KeyAnswer> {
	const { tenant_id, key_id } = input;
	return change(context, async (tx) => {
		const now = context.clock.now();
		const { key: before } = await lockUnrevoked(tx, input);
		if (before.paused_at === null) return { unchanged: await readKeyResponse(tx, before, now) };
		const key: Key = { ...before, paused_at: null };
		await updateKey(tx, tenant_id, key_id, { paused_at: null }, new Date(now));
		const { name, environment } = key;
		const details = { name, environment, paused_at: before.paused_at.toISOString() };
		return {
			result: await readKeyResponse(tx, key, now),
			audit: [{ action: "key.resumed", target: { kind: "key", id: key_id }, details, tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "key.resumed", data: { key_id, name, environment } }],
		};
	});
}
