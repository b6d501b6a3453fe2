import { sql } from "kysely";
import { LOCKS } from "../database/locks.ts";
import { idleFor, LOCKED_IDLE_MS, type ReadTx, type RecordTx, type Tx } from "../database/transaction.ts";
import type { AuditEntry } from "./entry.ts";

export interface ChainHead {
	seq: number;
	mac: Buffer;
}

/** Locks the head of `chain` until commit, which serializes the appends to one chain. */
export async function lockHead(tx: Tx, chain: string): Promise<ChainHead> {
	await tx
		.insertInto("audit_heads")
		.values({ chain, seq: 0, mac: Buffer.alloc(0) })
		.onConflict((conflict) => conflict.doNothing())
		.execute();
	const locked = tx
		.selectFrom("audit_heads")
		.select(["seq", "mac", idleFor(LOCKED_IDLE_MS).as("idle_ms")])
		.where("chain", "=", chain);
	const { seq, mac } = await locked.forUpdate().executeTakeFirstOrThrow();
	return { seq, mac };
}

export async function insertEntry(tx: Tx, entry: AuditEntry & { details: unknown; audit_key_id: string; mac: Buffer }): Promise<void> {
	await tx
		.insertInto("audit_entries")
		.values({ ...entry, details: JSON.stringify(entry.details) })
		.execute();
}

export async function moveHead(tx: Tx, chain: string, head: ChainHead): Promise<void> {
	await tx.updateTable("audit_heads").set(head).where("chain", "=", chain).execute();
}

export async function readHead(tx: ReadTx, chain: string): Promise<ChainHead | undefined> {
	return tx.selectFrom("audit_heads").select(["seq", "mac"]).where("chain", "=", chain).executeTakeFirst();
}

/** The heads of all chains with entries that the scope shows. */
export async function readHeads(tx: ReadTx): Promise<Map<string, ChainHead>> {
	const rows = await tx.selectFrom("audit_heads").select(["chain", "seq", "mac"]).where("seq", ">", 0).execute();
	return new Map(rows.map(({ chain, seq, mac }) => [chain, { seq, mac }]));
}

/** The chains that have entries or a head, in order. */
export async function readChainNames(tx: ReadTx): Promise<string[]> {
	const { rows } = await sql<{ chain: string }>`
		with recursive found as (
			(select chain from keywright.audit_entries order by chain limit 1)
			union all
			select (select e.chain from keywright.audit_entries e where e.chain > found.chain order by e.chain limit 1) from found where found.chain is not null
		)
		select chain from found where chain is not null union select chain from keywright.audit_heads order by chain`.execute(tx);
	return rows.map(({ chain }) => chain);
}

/** Whether no other node writes a checkpoint until this transaction ends. */
export async function lockCheckpoints(tx: RecordTx): Promise<boolean> {
	const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.audit_checkpoints}) as locked`.execute(tx);
	return rows[0]?.locked === true;
}

export async function readChain(tx: ReadTx, chain: string, after_seq: number, limit: number) {
	return tx.selectFrom("audit_entries").selectAll().where("chain", "=", chain).where("seq", ">", after_seq).orderBy("seq").limit(limit).execute();
}

export async function currentSequence(tx: ReadTx): Promise<number> {
	const row = await tx.selectFrom("change_sequence").select("seq").executeTakeFirstOrThrow();
	return row.seq;
}

export interface IdempotencyRow {
	tenant_id: string;
	caller: string;
	idempotency_key: string;
	fingerprint: Buffer;
	subject_id: string;
}

/** Takes the idempotency key for this transaction; false when an earlier request of the last 24 hours has used it. */
export async function claimIdempotencyKey(tx: Tx, row: IdempotencyRow, not_before: Date): Promise<boolean> {
	await tx
		.deleteFrom("idempotency")
		.where("tenant_id", "=", row.tenant_id)
		.where("caller", "=", row.caller)
		.where("idempotency_key", "=", row.idempotency_key)
		.where("created_at", "<", not_before)
		.execute();
	const claimed = await tx
		.insertInto("idempotency")
		.values(row)
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	return claimed.numInsertedOrUpdatedRows === 1n;
}

export async function readIdempotencyKey(tx: Tx, row: Pick<IdempotencyRow, "tenant_id" | "caller" | "idempotency_key">) {
	return tx
		.selectFrom("idempotency")
		.select(["fingerprint", "subject_id", "result"])
		.where("tenant_id", "=", row.tenant_id)
		.where("caller", "=", row.caller)
		.where("idempotency_key", "=", row.idempotency_key)
		.executeTakeFirst();
}

export async function saveIdempotentResult(
	tx: Tx,
	row: Pick<IdempotencyRow, "tenant_id" | "caller" | "idempotency_key">,
	result: unknown,
): Promise<void> {
	await tx
		.updateTable("idempotency")
		.set({ result: JSON.stringify(result) })
		.where("tenant_id", "=", row.tenant_id)
		.where("caller", "=", row.caller)
		.where("idempotency_key", "=", row.idempotency_key)
		.execute();
}

/** Deletes up to `rows_max` idempotency keys from before `before`; returns their number. */
export async function deleteExpired(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const { numAffectedRows = 0n } = await sql`
		delete from keywright.idempotency where ctid = any (array(
			select ctid from keywright.idempotency where created_at < ${before} limit ${rows_max}
		))
	`.execute(tx);
	return Number(numAffectedRows);
}
