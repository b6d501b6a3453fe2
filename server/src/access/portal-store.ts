import { sql } from "kysely";
import type { Actor } from "../core/context.ts";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import type { Maker } from "../tenants/ending.ts";
import { madeBy } from "../tenants/maker-store.ts";
import { type PortalPerson, signedInFromRow } from "./portal-session.ts";
import { asLinkMaker, type LinkMaker } from "./sign-in-link-store.ts";
import type { SignedInByPortal } from "./signed-in.ts";

const PERSON_COLUMNS = ["tenant_id", "id", "external_user_id", "name", "email", "role", "confirmed"] as const;

export interface PortalLinkRow extends PortalPerson {
	readonly created_by: Actor;
	readonly tenant_id: string;
	readonly id: string;
	readonly token_digest: Buffer;
	readonly created_at: Date;
	readonly expires_at: Date;
}

export async function insertPortalLink(tx: Tx, row: PortalLinkRow): Promise<void> {
	await tx
		.insertInto("portal_sessions")
		.values({ ...row, created_by: JSON.stringify(row.created_by) })
		.execute();
}

/** Which tenant a link that still waits leads into, and who made it; null when it is unknown, used or too old. */
export async function readPortalLink(
	tx: ReadTx,
	token_digest: Buffer,
	now: Date,
): Promise<{ tenant_id: string; created_by: LinkMaker | null } | null> {
	const row = await tx
		.selectFrom("portal_sessions")
		.select(["tenant_id", "created_by"])
		.where("token_digest", "=", token_digest)
		.where("redeemed_at", "is", null)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return row ? { tenant_id: row.tenant_id, created_by: asLinkMaker(row.created_by) } : null;
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

export async function endPortalSession(tx: Tx, tenant_id: string, id: string, now: Date): Promise<void> {
	await tx.updateTable("portal_sessions").set({ session_expires_at: now }).where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
}

/** A link that waits, or the session that began with one and lives. */
export interface MadePortalSession {
	readonly tenant_id: string;
	readonly id: string;
	readonly name: string;
	readonly role: string;
	readonly redeemed: boolean;
}

function selectMadeBy(tx: ReadTx, makers: readonly Maker[], now: Date) {
	return tx
		.selectFrom("portal_sessions")
		.select(["tenant_id", "id", "name", "role", sql<boolean>`redeemed_at is not null`.as("redeemed")])
		.where((where) => where.or([where("session_expires_at", ">", now), where.and([where("redeemed_at", "is", null), where("expires_at", ">", now)])]))
		.where(madeBy("created_by", makers))
		.orderBy("tenant_id")
		.orderBy("id");
}

/** Those of the links that these people made; of all tenants that the transaction may see. */
export async function readPortalSessionsMadeBy(tx: ReadTx, makers: readonly Maker[], now: Date): Promise<MadePortalSession[]> {
	return selectMadeBy(tx, makers, now).execute();
}

/** Ends the same, and returns them. */
export async function endPortalSessionsMadeBy(tx: Tx, makers: readonly Maker[], now: Date): Promise<MadePortalSession[]> {
	const made = await selectMadeBy(tx, makers, now).forUpdate().execute();
	for (const { tenant_id, id, redeemed } of made) {
		const ended = redeemed ? { session_expires_at: now } : { expires_at: now };
		await tx.updateTable("portal_sessions").set(ended).where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
	}
	return made;
}

export async function deletePortalSessionsBefore(tx: RecordTx, before: Date): Promise<void> {
	await tx.deleteFrom("portal_sessions").where("created_at", "<", before).execute();
}
