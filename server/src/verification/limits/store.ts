import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";

/**
 * Leases `sizeOf(left)` requests of the month's quota, at most what is left; returns how many. Locks the row until commit.
 */
export async function leaseQuota(
	tx: RecordTx,
	question: { tenant_id: string; month: string; quota: number; sizeOf: (left: number) => number },
): Promise<number> {
	const { tenant_id, month, quota } = question;
	await tx
		.insertInto("quota_periods")
		.values({ tenant_id, month, leased: 0 })
		.onConflict((conflict) => conflict.doNothing())
		.execute();
	const row = await tx
		.selectFrom("quota_periods")
		.select("leased")
		.where("tenant_id", "=", tenant_id)
		.where("month", "=", month)
		.forUpdate()
		.executeTakeFirstOrThrow();
	const left = Math.max(0, quota - row.leased);
	const granted = Math.min(left, question.sizeOf(left));
	if (granted > 0) {
		await tx
			.updateTable("quota_periods")
			.set({ leased: row.leased + granted })
			.where("tenant_id", "=", tenant_id)
			.where("month", "=", month)
			.execute();
	}
	return granted;
}

/** Returns leased requests that a node has not spent. */
export async function returnQuota(tx: RecordTx, tenant_id: string, month: string, requests: number): Promise<void> {
	await tx
		.updateTable("quota_periods")
		.set({ leased: sql`greatest(0, leased - ${requests})` })
		.where("tenant_id", "=", tenant_id)
		.where("month", "=", month)
		.execute();
}

export async function readLeasedQuota(tx: ReadTx, tenant_id: string, month: string): Promise<number> {
	const row = await tx.selectFrom("quota_periods").select("leased").where("tenant_id", "=", tenant_id).where("month", "=", month).executeTakeFirst();
	return row?.leased ?? 0;
}
