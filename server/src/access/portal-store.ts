import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import { type PortalPerson, signedInFromRow } from "./portal-session.ts";
import type { SignedInByPortal } from "./signed-in.ts";

const PERSON_COLUMNS = ["tenant_id", "id", "external_user_id", "name", "email", "role"] as const;

export interface PortalLinkRow extends PortalPerson {
	readonly tenant_id: string;
	readonly id: string;
	readonly token_digest: Buffer;
	readonly created_at: Date;
	readonly expires_at: Date;
}

export async function insertPortalLink(tx: Tx, row: PortalLinkRow): Promise<void> {
	await tx.insertInto("portal_sessions").values(row).execute();
}

/** Which tenant a link that still waits leads into; null when it is unknown, used or too old. */
export async function readPortalLinkTenant(tx: ReadTx, token_digest: Buffer, now: Date): Promise<string | null> {
	const row = await tx
		.selectFrom("portal_sessions")
		.select("tenant_id")
		.where("token_digest", "=", token_digest)
		.where("redeemed_at", "is", null)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return row?.tenant_id ?? null;
}

/** Makes a session of a link that still waits; null when it is unknown, used or too old. Of two at once, one. */
export async function redeemPortalLink(
	tx: Tx,
	session: { token_digest: Buffer; session_digest: Buffer; now: Date; session_expires_at: Date },
): Promise<SignedInByPortal | null> {
	const { token_digest, session_digest, now, session_expires_at } = session;
	const row = await tx
		.updateTable("portal_sessions")
		.set({ redeemed_at: now, session_digest, session_expires_at })
		.where("token_digest", "=", token_digest)
		.where("redeemed_at", "is", null)
		.where("expires_at", ">", now)
		.returning(PERSON_COLUMNS)
		.executeTakeFirst();
	return row ? signedInFromRow({ ...row, session_expires_at }) : null;
}

/** Null when there is no such session, or none any more. */
export async function readPortalSession(tx: ReadTx, session_digest: Buffer, now: Date): Promise<SignedInByPortal | null> {
	const row = await tx
		.selectFrom("portal_sessions")
		.select([...PERSON_COLUMNS, "session_expires_at"])
		.where("session_digest", "=", session_digest)
		.where("session_expires_at", ">", now)
		.executeTakeFirst();
	const { session_expires_at } = row ?? {};
	return row && session_expires_at ? signedInFromRow({ ...row, session_expires_at }) : null;
}

/** The session's id while it lives, which nobody ends until the transaction does; null when it has ended. */
export async function lockPortalSession(tx: Tx, session: { tenant_id: string; id: string }, now: Date): Promise<string | null> {
	const row = await tx
		.selectFrom("portal_sessions")
		.select("id")
		.where("tenant_id", "=", session.tenant_id)
		.where("id", "=", session.id)
		.where("session_expires_at", ">", now)
		.forShare()
		.executeTakeFirst();
	return row?.id ?? null;
}

export async function endPortalSession(tx: RecordTx, tenant_id: string, id: string, now: Date): Promise<void> {
	await tx.updateTable("portal_sessions").set({ session_expires_at: now }).where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
}

export async function deletePortalSessionsBefore(tx: RecordTx, before: Date): Promise<void> {
	await tx.deleteFrom("portal_sessions").where("created_at", "<", before).execute();
}
