import type { ReadTx } from "../database/transaction.ts";
import { keyActivity, secretActivity, usage24h } from "../usage/activity-store.ts";
import { readLatestHandovers } from "./handovers/store.ts";
import { describeKey, type Key } from "./key.ts";
import { readOpenRotations } from "./rotations/open-store.ts";
import type { KeyAnswer } from "./schema.ts";
import { readSecrets } from "./secrets/store.ts";

/** Keys of one tenant as they are answered, with their secrets, handovers and what was counted of them: six queries however many keys. */
export async function describeKeys(tx: ReadTx, tenant_id: string, keys: readonly Key[], now: number): Promise<KeyAnswer[]> {
	if (keys.length === 0) return [];
	const key_ids = keys.map((key) => key.id);
	const secrets = await readSecrets(tx, tenant_id, key_ids);
	const handovers = await readLatestHandovers(tx, tenant_id, key_ids);
	const rotations = await readOpenRotations(tx, tenant_id, key_ids);
	const kids = [...secrets.values()].flat().map((secret) => secret.kid);
	const activity = await keyActivity(tx, tenant_id, key_ids);
	const secretUses = await secretActivity(tx, tenant_id, kids);
	const usage = await usage24h(tx, tenant_id, key_ids, now);
	return keys.map((key) => {
		const used = activity.get(key.id);
		const use = {
			last_used_at: used?.last_used_at ?? null,
			last_check_at: used?.last_check_at ?? null,
			usage_24h: usage.get(key.id) ?? 0,
			secrets: secretUses,
		};
		const parts = { secrets: secrets.get(key.id) ?? [], handover: handovers.get(key.id) ?? null, rotation: rotations.get(key.id) ?? null };
		return describeKey(key, parts, use, now);
	});
}

export async function describeOne(tx: ReadTx, key: Key, now: number): Promise<KeyAnswer> {
	const [answer] = await describeKeys(tx, key.tenant_id, [key], now);
	if (!answer) throw new Error("impossible state: a key that is there has no description");
	return answer;
}
