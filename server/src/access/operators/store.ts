import { type NotNull, sql } from "kysely";
import { reauthorize } from "../../audit/reauthorize.ts";
import type { Actor } from "../../core/context.ts";
import { LOCKS } from "../../database/locks.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import { type Operator, operatorFromRow } from "./operator.ts";

function selectOperators(tx: ReadTx) {
	return (
		tx
			.selectFrom("operators as o")
			.innerJoin("people as p", "p.id", "o.person_id")
			.select(["o.person_id", "p.name", "p.email", "o.created_at", "p.created_at as account_created_at", "o.created_by"])
			// An operator's address is verified, and a verified address is never taken away.
			.where("p.email", "is not", null)
			.$narrowType<{ email: NotNull }>()
	);
}

/** All operators, in the order in which they were added. */
export async function readOperators(tx: ReadTx): Promise<Operator[]> {
	return (await selectOperators(tx).orderBy("o.created_at").orderBy("o.person_id").execute()).map(operatorFromRow);
}

export async function readOperator(tx: ReadTx, person_id: string): Promise<Operator | null> {
	const row = await selectOperators(tx).where("o.person_id", "=", person_id).executeTakeFirst();
	return row ? operatorFromRow(row) : null;
}

export async function countOperators(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("operators")
		.select((select) => select.fn.countAll<number>().as("count"))
		.executeTakeFirstOrThrow();
	return count;
}

/**
 * Takes the advisory lock, authorizes the caller again and returns all operator ids. Does not lock the rows: each operator's own change
 * holds its caller's row FOR SHARE, so locking them all here could deadlock.
 */
export async function lockOperators(tx: Tx): Promise<readonly string[]> {
	await sql`select pg_advisory_xact_lock(${LOCKS.operators})`.execute(tx);
	await reauthorize(tx);
	const rows = await tx.selectFrom("operators").select("person_id").orderBy("person_id").execute();
	return rows.map((row) => row.person_id);
}

/** False when the person is already an operator. */
export async function insertOperator(tx: Tx, operator: { person_id: string; created_at: Date; created_by: Actor }): Promise<boolean> {
	const inserted = await tx
		.insertInto("operators")
		.values({ ...operator, created_by: JSON.stringify(operator.created_by) })
		.onConflict((conflict) => conflict.column("person_id").doNothing())
		.executeTakeFirst();
	return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function deleteOperator(tx: Tx, person_id: string): Promise<void> {
	await tx.deleteFrom("operators").where("person_id", "=", person_id).execute();
}
