import { sql } from "kysely";
import { HOUR_SECONDS } from "../core/time.ts";
import type { ReadTx } from "../database/transaction.ts";
import type { UsageCode } from "./code.ts";

export interface HourRow {
	readonly key_id: string;
	readonly start: Date;
	readonly allowed: number;
	readonly refused: number;
	/** Refused requests with a revoked, replaced or expired secret. */
	readonly ended: number;
}

const ENDED: readonly UsageCode[] = ["key_revoked", "key_expired", "key_rotated"];

/** Requests of these keys by the hour since `from`. Hours without requests are absent. */
export async function readKeyHours(tx: ReadTx, query: { tenant_id: string; key_ids: readonly string[]; from: Date }): Promise<HourRow[]> {
	return tx
		.selectFrom("usage_keys")
		.select([
			"key_id",
			sql<Date>`date_bin(make_interval(secs => ${HOUR_SECONDS}), start, timestamptz 'epoch')`.as("start"),
			sql<number>`coalesce(sum(requests) filter (where code = 'allowed'), 0)::bigint`.as("allowed"),
			sql<number>`coalesce(sum(requests) filter (where code <> 'allowed'), 0)::bigint`.as("refused"),
			sql<number>`coalesce(sum(requests) filter (where code = any(${ENDED}::text[])), 0)::bigint`.as("ended"),
		])
		.where("tenant_id", "=", query.tenant_id)
		.where("key_id", "=", sql<string>`any(${query.key_ids}::text[])`)
		.where("start", ">=", query.from)
		.where("granularity_seconds", "<=", HOUR_SECONDS)
		.groupBy(["key_id", sql`2`])
		.execute();
}

/** Returns those of `key_ids` that are keys of the tenant. */
export async function readExistingKeys(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Set<string>> {
	const rows = await tx
		.selectFrom("keys")
		.select("id")
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", sql<string>`any(${key_ids}::text[])`)
		.execute();
	return new Set(rows.map((row) => row.id));
}
