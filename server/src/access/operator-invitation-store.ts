import { sql } from "kysely";
import type { Actor } from "../core/context.ts";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { OperatorInvitation } from "./operator-invitation.ts";

const COLUMNS = ["id", "email", "created_at", "created_by", "expires_at"] as const;

/** Guarantee: `created_by` holds an `Actor`. */
function fromRow(row: Omit<OperatorInvitation, "created_by"> & { created_by: unknown }): OperatorInvitation {
	return { ...row, created_by: row.created_by as Actor };
}

/** Those that wait, the oldest first. */
export async function readOperatorInvitations(tx: ReadTx, now: Date): Promise<OperatorInvitation[]> {
	const rows = await tx
		.selectFrom("operator_invitations")
		.select(COLUMNS)
		.where("expires_at", ">", now)
		.orderBy("created_at")
		.orderBy("id")
		.execute();
	return rows.map(fromRow);
}

export async function readOperatorInvitation(tx: ReadTx, token_digest: Buffer, now: Date): Promise<OperatorInvitation | null> {
	const query = tx.selectFrom("operator_invitations").select(COLUMNS);
	const row = await query.where("token_digest", "=", token_digest).where("expires_at", ">", now).executeTakeFirst();
	return row ? fromRow(row) : null;
}

export async function insertOperatorInvitation(tx: Tx, invitation: OperatorInvitation & { readonly token_digest: Buffer }): Promise<void> {
	await tx
		.insertInto("operator_invitations")
		.values({ ...invitation, created_by: JSON.stringify(invitation.created_by) })
		.execute();
}

/** Takes an invitation out of those that wait: it was accepted or is cancelled. Null when it waits no more; of two at once, one. */
export async function takeOperatorInvitation(tx: Tx, id: string): Promise<{ email: string } | null> {
	return (await tx.deleteFrom("operator_invitations").where("id", "=", id).returning("email").executeTakeFirst()) ?? null;
}

/** Cancels what waits for an address; answers how many. */
export async function cancelOperatorInvitationsTo(tx: Tx, email: string): Promise<number> {
	return Number((await tx.deleteFrom("operator_invitations").where("email", "=", email).executeTakeFirst()).numDeletedRows);
}

/** Cancels what waits of the invitations of operators that this person made; answers how many. */
export async function cancelOperatorInvitationsBy(tx: Tx, person_id: string): Promise<number> {
	const made_by = sql<boolean>`created_by ->> 'id' = ${person_id}`;
	return Number((await tx.deleteFrom("operator_invitations").where(made_by).executeTakeFirst()).numDeletedRows);
}
