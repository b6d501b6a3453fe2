import { sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";

/** The counter of one kind and name. */
export interface AttemptRow {
	readonly kind: string;
	readonly bucket: number;
	readonly attempts_max: number;
	readonly window_seconds: number;
}

/** Counts an attempt in the current window, or begins a new one. False, without counting, when the current window's budget is spent. */
export async function takeAttempt(tx: RecordTx, row: AttemptRow, now: Date): Promise<boolean> {
	const until = new Date(now.getTime() + row.window_seconds * 1_000);
	const { numAffectedRows } =
		await sql`insert into sign_in_attempts as a (kind, bucket, attempts, until) values (${row.kind}, ${row.bucket}, 1, ${until})
		on conflict (kind, bucket) do update set
			attempts = case when a.until > ${now} then a.attempts + 1 else 1 end,
			until = case when a.until > ${now} then a.until else excluded.until end
		where a.until <= ${now} or a.attempts < ${row.attempts_max}`.execute(tx);
	return numAffectedRows === 1n;
}

/** When the window of a spent budget ends. */
export async function readAttemptsUntil(tx: RecordTx, row: AttemptRow): Promise<Date | null> {
	const query = tx.selectFrom("sign_in_attempts").select("until").where("kind", "=", row.kind).where("bucket", "=", row.bucket);
	return (await query.executeTakeFirst())?.until ?? null;
}

/** Refunds an attempt that succeeded. */
export async function refundAttempt(tx: RecordTx, row: AttemptRow, now: Date): Promise<void> {
	await tx
		.updateTable("sign_in_attempts")
		.set((update) => ({ attempts: update("attempts", "-", 1) }))
		.where("kind", "=", row.kind)
		.where("bucket", "=", row.bucket)
		.where("until", ">", now)
		.where("attempts", ">", 0)
		.execute();
}

export async function deleteAttemptsBefore(tx: RecordTx, now: Date): Promise<void> {
	await tx.deleteFrom("sign_in_attempts").where("until", "<=", now).execute();
}
