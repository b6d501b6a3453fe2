import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";

/** Somebody who can sign in. */
export interface PersonAccount {
	readonly id: string;
	readonly name: string;
	readonly email: string;
}

const CREDENTIAL = "credential";

/** By the address in its normal form; null when nobody has it. */
export async function readPersonByEmail(tx: ReadTx, email: string): Promise<PersonAccount | null> {
	return (await tx.selectFrom("people").select(["id", "name", "email"]).where("email", "=", email).executeTakeFirst()) ?? null;
}

/** Whether the person has an account, which then nobody erases until the transaction ends. */
export async function holdPerson(tx: Tx, person_id: string): Promise<boolean> {
	return (await tx.selectFrom("people").select("id").where("id", "=", person_id).forKeyShare().executeTakeFirst()) !== undefined;
}

/** A person with a password, in the rows that the sign-in library reads. False when the address has an account already. */
export async function insertPerson(tx: Tx, person: PersonAccount & { readonly password_hash: string; readonly created_at: Date }): Promise<boolean> {
	const { id, name, email, password_hash, created_at } = person;
	const inserted = await tx
		.insertInto("people")
		.values({ id, name, email, created_at, updated_at: created_at })
		.onConflict((conflict) => conflict.column("email").doNothing())
		.executeTakeFirst();
	if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
	await tx
		.insertInto("sign_in_accounts")
		.values({ id: `${CREDENTIAL}_${id}`, account_id: id, provider_id: CREDENTIAL, person_id: id, password: password_hash })
		.execute();
	return true;
}

/** The password was proved in this session just now; false when the session has ended. */
export async function confirmSession(tx: RecordTx, session_id: string, now: Date): Promise<boolean> {
	const updated = await tx
		.updateTable("sign_in_sessions")
		.set({ confirmed_at: now })
		.where("id", "=", session_id)
		.where("expires_at", ">", now)
		.executeTakeFirst();
	return updated.numUpdatedRows === 1n;
}

/** When the password was last proved in this session of the person, which nobody ends until the transaction does; null when it has ended. */
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

export async function deleteSession(tx: RecordTx, session_id: string): Promise<void> {
	await tx.deleteFrom("sign_in_sessions").where("id", "=", session_id).execute();
}

/** Removes what has ended of sessions and mailed links. */
export async function deleteEnded(tx: RecordTx, now: Date): Promise<void> {
	await tx.deleteFrom("sign_in_sessions").where("expires_at", "<", now).execute();
	await tx.deleteFrom("sign_in_verifications").where("expires_at", "<", now).execute();
}
