import { sql } from "kysely";
import { asRole, type Role } from "../../core/caller.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";

/** A pending invitation, as the bearer of its link may see it. */
export interface WaitingInvitation {
	readonly tenant_id: string;
	readonly tenant_name: string;
	readonly id: string;
	/** Null: the bearer of the link enters an address. */
	readonly email: string | null;
	readonly role: Role;
	readonly invited_by: string;
	readonly made_by: { readonly kind: string; readonly id?: string };
	readonly expires_at: Date;
	/** The new member becomes an operator too. */
	readonly makes_operator: boolean;
	/** Whether this link verifies the address: it was mailed there or comes from an operator. */
	readonly proves: boolean;
}

/** Guarantee: the column holds an `Actor`, and every actor has a name and a kind. */
function asMaker(actor: unknown): { name: string; kind: string; id?: string } {
	return actor as { name: string; kind: string; id?: string };
}

/** Null when the token is unknown, used, cancelled or expired, or the tenant is erased; callers cannot distinguish these. */
export async function readWaitingInvitation(tx: ReadTx, token_digest: Buffer, now: Date): Promise<WaitingInvitation | null> {
	const row = await tx
		.selectFrom("invitations as i")
		.innerJoin("tenants as t", "t.id", "i.tenant_id")
		.select(["i.tenant_id", "t.name as tenant_name", "i.id", "i.email", "i.role", "i.created_by", "i.expires_at", "i.makes_operator"])
		.select((select) => select.or([select("i.link_proves", "=", true), select("i.mail_token_digest", "=", token_digest)]).as("proves"))
		.where((where) => where.or([where("i.token_digest", "=", token_digest), where("i.mail_token_digest", "=", token_digest)]))
		.where("i.accepted_at", "is", null)
		.where("i.cancelled_at", "is", null)
		.where("i.expires_at", ">", now)
		.where("t.erased_at", "is", null)
		.executeTakeFirst();
	if (!row) return null;
	const { created_by, role, proves, ...rest } = row;
	const made_by = asMaker(created_by);
	return { ...rest, role: asRole(role), invited_by: made_by.name, made_by, proves: proves === true };
}

/** Marks the invitation accepted; false when it is no longer pending. Of two concurrent calls one succeeds. */
export async function acceptWaitingInvitation(tx: Tx, tenant_id: string, id: string, now: Date): Promise<boolean> {
	const updated = await tx
		.updateTable("invitations")
		.set({ accepted_at: now })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.where("accepted_at", "is", null)
		.where("cancelled_at", "is", null)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return updated.numUpdatedRows === 1n;
}

/** False when the person is already a member. */
export async function insertMember(
	tx: Tx,
	member: { tenant_id: string; id: string; person_id: string; role: Role; joined_at: Date },
): Promise<boolean> {
	const inserted = await tx
		.insertInto("members")
		.values(member)
		.onConflict((conflict) => conflict.columns(["tenant_id", "person_id"]).doNothing())
		.executeTakeFirst();
	return inserted.numInsertedOrUpdatedRows === 1n;
}

/** Cancels the pending invitations that `maker`, a part of the system, created. */
export async function cancelInvitationsOfSystem(tx: Tx, tenant_id: string, maker: string, now: Date): Promise<void> {
	await tx
		.updateTable("invitations")
		.set({ cancelled_at: now })
		.where("tenant_id", "=", tenant_id)
		.where("accepted_at", "is", null)
		.where("cancelled_at", "is", null)
		.where(sql<boolean>`created_by ->> 'kind' = 'system' and created_by ->> 'name' = ${maker}`)
		.execute();
}
