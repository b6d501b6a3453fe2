import { type SqlBool, sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import type { Maker } from "./ending.ts";
import { type Invitation, invitationFromRow } from "./invitation.ts";
import { madeBy } from "./maker-store.ts";

const INVITATION_COLUMNS = ["id", "email", "role", "created_at", "created_by", "expires_at", "accepted_at", "cancelled_at"] as const;

/** The invitations of a tenant, newest first. */
export async function readInvitations(tx: ReadTx, tenant_id: string, window: Window): Promise<Invitation[]> {
	const [created_at, id] = window.after ?? [];
	const rows = await tx
		.selectFrom("invitations")
		.select(INVITATION_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.$if(created_at !== undefined, (query) => query.where(sql<SqlBool>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(invitationFromRow);
}

/** Reads an invitation FOR UPDATE, which blocks accepting and cancelling until commit. */
export async function lockInvitation(tx: Tx, tenant_id: string, invitation_id: string): Promise<Invitation | null> {
	const row = await tx
		.selectFrom("invitations")
		.select(INVITATION_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", invitation_id)
		.forUpdate()
		.executeTakeFirst();
	return row ? invitationFromRow(row) : null;
}

/** The stored digests of an invitation's links. */
export interface InvitationLinks {
	readonly token_digest: Buffer;
	/** Digest of the mailed link, which verifies the address; absent when nothing is mailed. */
	readonly mail_token_digest?: Buffer;
	/** Whether the other link verifies the address too, because an operator hands it over. */
	readonly link_proves: boolean;
}

export async function insertInvitation(
	tx: Tx,
	tenant_id: string,
	invitation: Invitation & { readonly makes_operator?: true },
	links: InvitationLinks,
): Promise<void> {
	await tx
		.insertInto("invitations")
		.values({ ...invitation, tenant_id, created_by: JSON.stringify(invitation.created_by), ...links })
		.execute();
}

export async function cancelInvitationRow(tx: Tx, tenant_id: string, invitation_id: string, now: Date): Promise<void> {
	await tx.updateTable("invitations").set({ cancelled_at: now }).where("tenant_id", "=", tenant_id).where("id", "=", invitation_id).execute();
}

function cancelWaiting(tx: Tx, tenant_id: string, now: Date) {
	return tx
		.updateTable("invitations")
		.set({ cancelled_at: now })
		.where("tenant_id", "=", tenant_id)
		.where("accepted_at", "is", null)
		.where("cancelled_at", "is", null)
		.where("expires_at", ">", now)
		.returning("id");
}

/** Cancels the pending invitations to this address; returns their ids. */
export async function cancelInvitationsTo(tx: Tx, tenant_id: string, email: string, now: Date): Promise<string[]> {
	return (await cancelWaiting(tx, tenant_id, now).where("email", "=", email).execute()).map((row) => row.id);
}

/** A pending invitation of any tenant, with what is reported when its maker loses access. */
export interface MadeInvitation {
	readonly tenant_id: string;
	readonly id: string;
	readonly email: string | null;
	readonly role: string;
}

const MADE_COLUMNS = ["tenant_id", "id", "email", "role"] as const;

/** The pending invitations that `makers` created, of all tenants in the transaction's scope. */
export async function readInvitationsMadeBy(tx: ReadTx, makers: readonly Maker[], now: Date): Promise<MadeInvitation[]> {
	return tx
		.selectFrom("invitations")
		.select(MADE_COLUMNS)
		.where("accepted_at", "is", null)
		.where("cancelled_at", "is", null)
		.where("expires_at", ">", now)
		.where(madeBy("created_by", makers))
		.orderBy("tenant_id")
		.orderBy("id")
		.execute();
}

/** Cancels the pending invitations that `makers` created, and returns them. */
export async function cancelInvitationsMadeBy(tx: Tx, makers: readonly Maker[], now: Date): Promise<MadeInvitation[]> {
	return tx
		.updateTable("invitations")
		.set({ cancelled_at: now })
		.where("accepted_at", "is", null)
		.where("cancelled_at", "is", null)
		.where("expires_at", ">", now)
		.where(madeBy("created_by", makers))
		.returning(MADE_COLUMNS)
		.execute();
}

/**
 * The number of pending invitations, the number created since `since`, and when the first of those was. Stable until commit only with the
 * tenant locked.
 */
export async function countInvitations(
	tx: ReadTx,
	tenant_id: string,
	times: { now: Date; since: Date },
): Promise<{ waiting: number; made: number; first_made_at: Date | null }> {
	const { now, since } = times;
	return tx
		.selectFrom("invitations")
		.select([
			sql<number>`count(*) filter (where accepted_at is null and cancelled_at is null and expires_at > ${now})`.as("waiting"),
			sql<number>`count(*) filter (where created_at > ${since})`.as("made"),
			sql<Date | null>`min(created_at) filter (where created_at > ${since})`.as("first_made_at"),
		])
		.where("tenant_id", "=", tenant_id)
		.executeTakeFirstOrThrow();
}

export async function deleteInvitationsBefore(tx: Tx, tenant_id: string, before: Date): Promise<void> {
	await tx.deleteFrom("invitations").where("tenant_id", "=", tenant_id).where("created_at", "<", before).execute();
}
