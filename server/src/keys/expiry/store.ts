import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { WarningDays } from "./warning.ts";

/** A key that expires soon, with the warnings that were sent for this date. */
export interface ExpiringKey {
	readonly tenant_id: string;
	readonly id: string;
	readonly expires_at: Date;
	/** When this date was set: at the key's creation or by the last change. */
	readonly expiry_set_at: Date;
	readonly warned: number[];
}

/** Unrevoked keys, except canary keys, that expire after `from` and not after `until`, by expiry date; at most `limit`, starting after `after`. */
export async function readExpiringKeys(
	tx: ReadTx,
	range: { from: Date; until: Date; after: { expires_at: Date; id: string } | null; limit: number },
): Promise<ExpiringKey[]> {
	const { from, until, after, limit } = range;
	const { rows } = await sql<ExpiringKey>`
		select tenant_id, id, expires_at, expiry_set_at, array(
			select days_before from keywright.expiry_warnings as given
			where given.tenant_id = keys.tenant_id and given.key_id = keys.id and given.expires_at = keys.expires_at
		) as warned
		from keywright.keys
		where not canary and revoked_at is null and expires_at > ${from}::timestamptz and expires_at <= ${until}::timestamptz
			and (expires_at, id) > (${after?.expires_at ?? from}::timestamptz, ${after?.id ?? ""}::text)
		order by expires_at, id
		limit ${limit}
	`.execute(tx);
	return rows;
}

/** Records warnings as sent; returns those that were not recorded before. */
export async function insertWarnings(
	tx: Tx,
	key: { tenant_id: string; key_id: string; expires_at: Date },
	days: readonly WarningDays[],
	warned_at: Date,
): Promise<number[]> {
	const entered = await tx
		.insertInto("expiry_warnings")
		.values(days.map((days_before) => ({ ...key, days_before, warned_at })))
		.onConflict((conflict) => conflict.doNothing())
		.returning("days_before")
		.execute();
	return entered.map((row) => row.days_before);
}
