import { sql } from "kysely";
import { DAY_MS } from "../core/time.ts";
import type { ReadTx } from "../database/transaction.ts";

/** Allowed requests in the 24 hours before `now_ms`, by key id. Keys without requests are absent. */
export async function usage24h(tx: ReadTx, tenant_id: string, key_ids: readonly string[], now_ms: number): Promise<Map<string, number>> {
	const rows = await tx
		.selectFrom("usage_keys")
		.select(["key_id", sql<number>`sum(requests)::bigint`.as("requests")])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.where("start", ">=", new Date(now_ms - DAY_MS))
		.where("code", "=", "allowed")
		.groupBy("key_id")
		.execute();
	return new Map(rows.map((row) => [row.key_id, row.requests]));
}

export interface KeyActivity {
	readonly last_used_at: Date | null;
	/** When the connectivity check last succeeded. */
	readonly last_check_at: Date | null;
}

/** Activity by key id, for each of `key_ids`. `last_used_at` is the latest use of any secret of the key. */
export async function keyActivity(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Map<string, KeyActivity>> {
	const { rows } = await sql<KeyActivity & { key_id: string }>`
		select wanted.key_id, checked.last_check_at, (
			select max(used.last_used_at) from keywright.secrets join keywright.secret_activity as used using (kid)
			where secrets.tenant_id = ${tenant_id} and secrets.key_id = wanted.key_id
		) as last_used_at
		from unnest(${key_ids}::text[]) as wanted (key_id)
		left join keywright.key_activity as checked on checked.tenant_id = ${tenant_id} and checked.key_id = wanted.key_id
	`.execute(tx);
	return new Map(rows.map(({ key_id, ...activity }) => [key_id, activity]));
}

export interface SecretActivity {
	readonly first_used_at: Date;
	readonly last_used_at: Date;
}

/** Activity by kid. Unused secrets are absent. */
export async function secretActivity(tx: ReadTx, tenant_id: string, kids: readonly string[]): Promise<Map<string, SecretActivity>> {
	const rows = await tx
		.selectFrom("secret_activity")
		.select(["kid", "first_used_at", "last_used_at"])
		.where("tenant_id", "=", tenant_id)
		.where("kid", "=", sql<string>`any(${kids}::text[])`)
		.execute();
	return new Map(rows.map(({ kid, ...activity }) => [kid, activity]));
}

/** The last allowed request of a key, with any of its secrets; null without any. Normally up to a second behind. */
export async function readLastSuccess(tx: ReadTx, tenant_id: string, key_id: string): Promise<{ at: Date; operation: string } | null> {
	const row = await tx
		.selectFrom("secret_activity as used")
		.innerJoin("secrets as s", "s.kid", "used.kid")
		.select(["used.last_success_at as at", "used.last_success_operation as operation"])
		.where("s.tenant_id", "=", tenant_id)
		.where("s.key_id", "=", key_id)
		.where("used.last_success_at", "is not", null)
		.orderBy("used.last_success_at", "desc")
		.limit(1)
		.executeTakeFirst();
	return row === undefined || row.at === null || row.operation === null ? null : { at: row.at, operation: row.operation };
}
