import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { DAY_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { keyActivity } from "../../usage/activity-store.ts";
import { lockKey } from "../store.ts";
import { type ExpiringKey, insertWarnings, readExpiringKeys } from "./store.ts";
import { FIRST_WARNING_DAYS_MAX, type WarningDays, warningsDue } from "./warning.ts";

const KEYS_PER_STEP = 500;

/**
 * Emits `key.expiring`, with an audit entry, once each at 30, 7 and 1 working days before a key expires. If several are due, because no node was running,
 * only the most urgent one is emitted. Returns the number of keys. Safe to run on several nodes at once.
 */
export async function warnOfExpiry(context: ChangeContext): Promise<number> {
	const now = context.clock.now();
	const range = { from: new Date(now), until: new Date(now + FIRST_WARNING_DAYS_MAX * DAY_MS), limit: KEYS_PER_STEP };
	let warned = 0;
	for (let after: ExpiringKey | null = null; ; ) {
		const keys: ExpiringKey[] = await read(context, (tx) => readExpiringKeys(tx, { ...range, after }));
		for (const key of keys) {
			const due = warningsDue(key.expires_at, key.expiry_set_at, now).filter((days) => !key.warned.includes(days));
			if (due.length > 0 && (await warn(context, key, due))) warned += 1;
		}
		after = keys.at(-1) ?? null;
		if (keys.length < KEYS_PER_STEP) return warned;
	}
}

/** False if the key was changed since, or another node has sent the warning. */
async function warn(context: ChangeContext, found: ExpiringKey, due: readonly WarningDays[]): Promise<boolean> {
	const { tenant_id, id: key_id, expires_at } = found;
	return change<boolean>(context, async (tx): Promise<Change<boolean>> => {
		const key = await lockKey(tx, tenant_id, key_id);
		if (!key || key.revoked_at !== null || key.expires_at?.getTime() !== expires_at.getTime()) return { unchanged: false };
		const entered = await insertWarnings(tx, { tenant_id, key_id, expires_at }, due, new Date(context.clock.now()));
		if (entered.length === 0) return { unchanged: false };
		const used = (await keyActivity(tx, tenant_id, [key_id])).get(key_id);
		const details = { expires_at: expires_at.toISOString(), working_days_left: Math.min(...entered) };
		const { name, environment, owner } = key;
		return {
			result: true,
			audit: [{ action: "key.expiry_warned", target: { kind: "key", id: key_id, name }, details, tenant_id }],
			events: [
				{
					tenant_id,
					type: "key.expiring",
					data: { key_id, name, environment, owner, ...details, last_used_at: used?.last_used_at?.toISOString() ?? null },
				},
			],
		};
	});
}
