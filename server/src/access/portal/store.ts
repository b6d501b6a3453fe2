import { type SqlBool, sql } from "kysely";
import { asRole } from "../../core/caller.ts";
import type { Actor } from "../../core/context.ts";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import type { Maker } from "../../tenants/team/ending.ts";
import { madeBy } from "../../tenants/team/maker-store.ts";
import type { SignedInByPortal } from "../people/session.ts";
import { asLinkMaker, type LinkMaker } from "../people/sign-in-link-store.ts";
import { type PortalPerson, signedInFromRow } from "./session.ts";

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

/** The tenant and the maker of a pending link; null when it is unknown, used or expired. */
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

/** Redeems a pending link; null when it is unknown, used or expired. Of two concurrent calls one succeeds. */
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

/** Null when there is no such session or it has ended. */
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

/** Locks the live session FOR SHARE, so that it does not end before commit, and returns its id; null when it has ended. */
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

/** A pending link, or the live session that it began. */
export interface PortalSession extends Omit<PortalPerson, "confirmed"> {
	readonly id: string;
	readonly created_at: Date;
	readonly redeemed_at: Date | null;
	/** Expiry of the link, or of the session once it is redeemed. */
	readonly expires_at: Date;
}

/** Guarantee: the role has a check constraint. */
function portalSessionFromRow(row: Omit<PortalSession, "role"> & { role: string }): PortalSession {
	return { ...row, role: asRole(row.role) };
}

const ENDS_AT = sql<Date>`coalesce(session_expires_at, expires_at)`;

/** The pending links and live sessions of a tenant, newest first. */
export async function readPortalSessions(tx: ReadTx, tenant_id: string, now: Date, window: Window): Promise<PortalSession[]> {
	const [created_at, id] = window.after ?? [];
	const rows = await tx
		.selectFrom("portal_sessions")
		.select(["id", "external_user_id", "name", "email", "role", "created_at", "redeemed_at", ENDS_AT.as("expires_at")])
		.where("tenant_id", "=", tenant_id)
		.where(ENDS_AT, ">", now)
		.$if(created_at !== undefined, (query) => query.where(sql<SqlBool>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(portalSessionFromRow);
}

/** A pending link or a live session, as it is ended. */
export interface LivePortalSession {
	readonly tenant_id: string;
	readonly id: string;
	readonly name: string;
	readonly role: string;
	readonly redeemed: boolean;
}

function selectLive(tx: ReadTx, now: Date) {
	return tx
		.selectFrom("portal_sessions")
		.select(["tenant_id", "id", "name", "role", sql<boolean>`redeemed_at is not null`.as("redeemed")])
		.where(ENDS_AT, ">", now)
		.orderBy("tenant_id")
		.orderBy("id");
}

/**
 * Expires the row. A link expires in the past, so that a concurrent redemption that read the clock earlier and waits for the row lock fails
 * too.
 */
async function endLive(tx: Tx, { tenant_id, id, redeemed }: LivePortalSession, now: Date): Promise<void> {
	const end = redeemed ? { session_expires_at: now } : { expires_at: sql<Date>`created_at` };
	await tx.updateTable("portal_sessions").set(end).where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
}

/** Ends a pending link or a live session and returns it; null when there is none with the id. */
export async function endPortalSession(tx: Tx, named: { tenant_id: string; id: string }, now: Date): Promise<LivePortalSession | null> {
	const { tenant_id, id } = named;
	const live = await selectLive(tx, now).where("tenant_id", "=", tenant_id).where("id", "=", id).forUpdate().executeTakeFirst();
	if (!live) return null;
	await endLive(tx, live, now);
	return live;
}

/** The pending links and live sessions that `makers` created, of all tenants in the transaction's scope. */
export async function readPortalSessionsMadeBy(tx: ReadTx, makers: readonly Maker[], now: Date): Promise<LivePortalSession[]> {
	return selectLive(tx, now).where(madeBy("created_by", makers)).execute();
}

/** Ends the pending links and live sessions that `makers` created, and returns them. */
export async function endPortalSessionsMadeBy(tx: Tx, makers: readonly Maker[], now: Date): Promise<LivePortalSession[]> {
	const made = await selectLive(tx, now).where(madeBy("created_by", makers)).forUpdate().execute();
	for (const one of made) await endLive(tx, one, now);
	return made;
}

export async function deletePortalSessionsBefore(tx: RecordTx, before: Date): Promise<void> {
	await tx.deleteFrom("portal_sessions").where("created_at", "<", before).execute();
}
