import type { Actor } from "../../core/context.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Maker } from "../../tenants/team/ending.ts";
import { madeBy } from "../../tenants/team/maker-store.ts";
import type { OperatorInvitation } from "./invitation.ts";

const COLUMNS = ["id", "email", "created_at", "created_by", "expires_at"] as const;

/** Guarantee: `created_by` holds an `Actor`. */
function fromRow(row: Omit<OperatorInvitation, "created_by"> & { created_by: unknown }): OperatorInvitation {
	return { ...row, created_by: row.created_by as Actor };
}

/** The pending invitations, oldest first. */
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

/**
 * Deletes a pending invitation, because it was accepted or cancelled. Null when it is no longer pending; of two concurrent calls one
 * succeeds.
 */
export async function takeOperatorInvitation(tx: Tx, id: string): Promise<{ email: string } | null> {
	return (await tx.deleteFrom("operator_invitations").where("id", "=", id).returning("email").executeTakeFirst()) ?? null;
}

/** Cancels the pending invitations to an address; returns their number. */
export async function cancelOperatorInvitationsTo(tx: Tx, email: string): Promise<number> {
	return Number((await tx.deleteFrom("operator_invitations").where("email", "=", email).executeTakeFirst()).numDeletedRows);
}

/** The pending invitations that `makers` created. */
export async function readOperatorInvitationsMadeBy(tx: ReadTx, makers: readonly Maker[]): Promise<{ id: string; email: string }[]> {
	return tx.selectFrom("operator_invitations").select(["id", "email"]).where(madeBy("created_by", makers)).execute();
}

/** Cancels the pending invitations that `makers` created, and returns them. */
export async function deleteOperatorInvitationsMadeBy(tx: Tx, makers: readonly Maker[]): Promise<{ id: string; email: string }[]> {
	return tx.deleteFrom("operator_invitations").where(madeBy("created_by", makers)).returning(["id", "email"]).execute();
}
