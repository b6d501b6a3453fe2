import type { AuditNote } from "../../audit/entry.ts";
import { ApiError } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import {
	ACCOUNTS_PER_ADDRESS_MAX,
	type AccountWithPassword,
	insertPerson,
	lockAccounts,
	type PersonAccount,
	setProven,
	takeAddress,
} from "./store.ts";

/** Of a change by a person of an address: what was proved of it, for the audit log. */
export type ProofNotes = readonly AuditNote[];

/**
 * Notes that the person has shown to have the address: by a link that was mailed to it, or that an operator handed over. Whatever other account
 * names the address loses it and its sign-ins. 409 `conflict` when another account has proved it.
 */
export async function proveAddress(tx: Tx, person: Pick<PersonAccount, "id" | "email">, now: Date): Promise<ProofNotes> {
	const accounts = await lockAccounts(tx, person.email);
	const own = accounts.find(({ id }) => id === person.id);
	if (!own || accounts.some(({ id, proven }) => proven && id !== person.id)) throw accountChanged();
	const taken_from = await takeAddress(tx, person.email, person.id, now);
	if (own.proven && taken_from.length === 0) return [];
	await setProven(tx, person.id, now);
	return [proofNote(person, taken_from)];
}

/** Makes an account. With `proven` it takes the address over; without, it is one of several that may name it. 409 `conflict` for too many. */
export async function makeAccount(tx: Tx, person: AccountWithPassword, now: Date): Promise<ProofNotes> {
	const accounts = await lockAccounts(tx, person.email);
	if (accounts.length > ACCOUNTS_PER_ADDRESS_MAX) throw tooManyAccounts();
	const taken_from = person.proven && !accounts.some(({ proven }) => proven) ? await takeAddress(tx, person.email, person.id, now) : [];
	if (!(await insertPerson(tx, { ...person, created_at: now }))) throw accountChanged();
	return person.proven ? [proofNote(person, taken_from)] : [];
}

/** Without the address: the entry may outlive the account. */
function proofNote({ id }: Pick<PersonAccount, "id">, taken_from: readonly string[]): AuditNote {
	return { action: "person.address_proved", target: { kind: "person", id }, facts: { taken_from } };
}

export function accountChanged(): ApiError {
	return new ApiError("conflict", "The accounts with this address changed while the request ran. Open the link again.");
}

function tooManyAccounts(): ApiError {
	return new ApiError("conflict", "Too many accounts have this address and none has verified it. Ask an operator for a link that verifies it.");
}
