import pg from "pg";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";
import { deleteAttemptsBefore } from "./attempt-store.ts";

/** An account that can sign in. */
export interface PersonAccount {
	readonly id: string;
	readonly name: string;
	readonly email: string;
	/** Whether the person has verified the address; at most one account per address has. */
	readonly proven: boolean;
}

export interface AccountWithPassword extends PersonAccount {
	readonly password_hash: string | null;
}

const CREDENTIAL = "credential";
const UNIQUE_VIOLATION = "23505";
const SESSIONS_LISTED_MAX = 100;
/** Unverified accounts of one address: more than people create, and few enough to read at each sign-in. */
export const ACCOUNTS_PER_ADDRESS_MAX = 50;

function selectAccounts(tx: ReadTx, email: string) {
	return tx
		.selectFrom("people as p")
		.leftJoin("sign_in_accounts as a", (join) => join.onRef("a.person_id", "=", "p.id").on("a.provider_id", "=", CREDENTIAL))
		.select(["p.id", "p.name", "p.email_verified as proven", "a.password as password_hash", "p.created_at"])
		.where("p.email", "=", email)
		.orderBy("p.email_verified", "desc")
		.orderBy("p.created_at")
		.orderBy("p.id")
		.limit(ACCOUNTS_PER_ADDRESS_MAX + 1);
}

/** The accounts with a normalized address: the verified one first, then the oldest. */
export async function readAccounts(tx: ReadTx, email: string): Promise<AccountWithPassword[]> {
	return (await selectAccounts(tx, email).execute()).map(({ created_at: _made, ...account }) => ({ ...account, email }));
}

/** One account with its password; null when it was deleted or another account has verified its address. */
export async function readAccount(tx: ReadTx, person_id: string): Promise<AccountWithPassword | null> {
	const row = await tx
		.selectFrom("people as p")
		.leftJoin("sign_in_accounts as a", (join) => join.onRef("a.person_id", "=", "p.id").on("a.provider_id", "=", CREDENTIAL))
		.select(["p.id", "p.name", "p.email", "p.email_verified as proven", "a.password as password_hash"])
		.where("p.id", "=", person_id)
		.executeTakeFirst();
	return row && row.email !== null ? { ...row, email: row.email } : null;
}

/** The account that has verified the address; null when none has. */
export async function readProvenAccount(tx: ReadTx, email: string): Promise<PersonAccount | null> {
	const [first] = await readAccounts(tx, email);
	return first?.proven ? first : null;
}

/** Locks the accounts of an address FOR UPDATE, in the order of their ids to avoid deadlocks, and returns them as they are then. */
export async function lockAccounts(tx: Tx, email: string): Promise<AccountWithPassword[]> {
	await tx.selectFrom("people").select("id").where("email", "=", email).orderBy("id").forUpdate().execute();
	return readAccounts(tx, email);
}

/** Whether the account still exists with this address. Locks it FOR SHARE, which blocks changes until commit. */
export async function readAccountForShare(tx: Tx, person_id: string, email: string): Promise<boolean> {
	const query = tx.selectFrom("people").select("id").where("id", "=", person_id).where("email", "=", email);
	return (await query.forShare().executeTakeFirst()) !== undefined;
}

/** Inserts a person with a password into the sign-in library's tables. False when another account has just verified the address. */
export async function insertPerson(tx: Tx, person: AccountWithPassword & { readonly created_at: Date }): Promise<boolean> {
	const { id, name, email, proven, password_hash, created_at } = person;
	const inserted = await tx
		.insertInto("people")
		.values({ id, name, email, email_verified: proven, created_at, updated_at: created_at })
		.onConflict((conflict) => conflict.column("email").where("email_verified", "=", true).doNothing())
		.executeTakeFirst();
	if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
	await tx
		.insertInto("sign_in_accounts")
		.values({ id: `${CREDENTIAL}_${id}`, account_id: id, provider_id: CREDENTIAL, person_id: id, password: password_hash })
		.execute();
	return true;
}

/** Removes the address from all unverified accounts but `keeper_id`, and ends their sessions. Returns their ids. */
export async function takeAddress(tx: Tx, email: string, keeper_id: string, now: Date): Promise<string[]> {
	const rows = await tx
		.updateTable("people")
		.set({ email: null, updated_at: now })
		.where("email", "=", email)
		.where("email_verified", "=", false)
		.where("id", "!=", keeper_id)
		.returning("id")
		.execute();
	const person_ids = rows.map((row) => row.id);
	if (person_ids.length > 0) await endSignIns(tx, person_ids);
	return person_ids;
}

export async function setProven(tx: Tx, person_id: string, now: Date): Promise<void> {
	await tx.updateTable("people").set({ email_verified: true, updated_at: now }).where("id", "=", person_id).execute();
}

export async function setName(tx: Tx, person_id: string, name: string, now: Date): Promise<void> {
	await tx.updateTable("people").set({ name, updated_at: now }).where("id", "=", person_id).execute();
}

/** False when another account has verified the address in the meantime. */
export async function setProvenAddress(tx: Tx, { id, email }: Pick<PersonAccount, "id" | "email">, now: Date): Promise<boolean> {
	try {
		await tx.updateTable("people").set({ email, email_verified: true, updated_at: now }).where("id", "=", id).execute();
		return true;
	} catch (error) {
		if (error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION) return false;
		throw error;
	}
}

export async function setPassword(tx: Tx, person_id: string, password_hash: string, now: Date): Promise<void> {
	await tx
		.updateTable("sign_in_accounts")
		.set({ password: password_hash, updated_at: now })
		.where("person_id", "=", person_id)
		.where("provider_id", "=", CREDENTIAL)
		.execute();
}

/** Ends all sessions of these people, and deletes their password and sign-in links. */
export async function endSignIns(tx: Tx, person_ids: readonly string[]): Promise<void> {
	await tx.deleteFrom("sign_in_sessions").where("person_id", "in", person_ids).execute();
	await tx.deleteFrom("sign_in_links").where("person_id", "in", person_ids).execute();
}

/** Records that the password was entered in this session; false when the session has ended. */
export async function confirmSession(tx: RecordTx, session_id: string, now: Date): Promise<boolean> {
	const updated = await tx
		.updateTable("sign_in_sessions")
		.set({ confirmed_at: now })
		.where("id", "=", session_id)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return updated.numUpdatedRows === 1n;
}

/**
 * Locks the session FOR SHARE, so that it does not end before commit, and returns when its password was last entered; null when it has
 * ended.
 */
export async function lockSession(
	tx: Tx | RecordTx,
	session: { session_id: string; person_id: string },
	now: Date,
): Promise<{ confirmed_at: Date } | null> {
	const row = await tx
		.selectFrom("sign_in_sessions")
		.select("confirmed_at")
		.where("id", "=", session.session_id)
		.where("person_id", "=", session.person_id)
		.where("expires_at", ">", now)
		.forShare()
		.executeTakeFirst();
	return row ?? null;
}

export interface SessionRow {
	readonly id: string;
	readonly user_agent: string | null;
	readonly created_at: Date;
	readonly expires_at: Date;
}

/** The person's sessions that have not ended, the latest first, at most 100. */
export async function readSessions(tx: ReadTx, person_id: string, now: Date): Promise<SessionRow[]> {
	return tx
		.selectFrom("sign_in_sessions")
		.select(["id", "user_agent", "created_at", "expires_at"])
		.where("person_id", "=", person_id)
		.where("expires_at", ">", now)
		.orderBy("created_at", "desc")
		.limit(SESSIONS_LISTED_MAX)
		.execute();
}

/** Deletes the person's sessions other than `session_id`, or one of them. Returns their number. */
export async function deleteOtherSessions(tx: Tx, own: { person_id: string; session_id: string }, only?: string): Promise<number> {
	const deleted = await tx
		.deleteFrom("sign_in_sessions")
		.where("person_id", "=", own.person_id)
		.where("id", "<>", own.session_id)
		.$if(only !== undefined, (query) => query.where("id", "=", only ?? ""))
		.executeTakeFirst();
	return Number(deleted.numDeletedRows);
}

export async function deleteSession(tx: RecordTx, session_id: string): Promise<void> {
	await tx.deleteFrom("sign_in_sessions").where("id", "=", session_id).execute();
}

/** Deletes expired sessions, links, operator invitations and attempt counters. */
export async function deleteEnded(tx: RecordTx, now: Date): Promise<void> {
	await tx.deleteFrom("sign_in_sessions").where("expires_at", "<", now).execute();
	await tx.deleteFrom("sign_in_links").where("expires_at", "<", now).execute();
	await tx.deleteFrom("operator_invitations").where("expires_at", "<", now).execute();
	await deleteAttemptsBefore(tx, now);
}
