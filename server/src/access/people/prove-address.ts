import type { NewAuditEntry } from "../../audit/entry.ts";
import { ApiError } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import {
	ACCOUNTS_PER_ADDRESS_MAX,
	type AccountWithPassword,
	insertPerson,
	lockAccounts,
	type PersonAccount,
	setProven,
	setProvenAddress,
	takeAddress,
} from "./store.ts";

/** Audit details of a verified address. */
export type ProofEntries = readonly NewAuditEntry[];

/**
 * Marks the address verified, by a link that was mailed there or handed over by an operator. Other accounts lose the address and their
 * sessions. 409 `conflict` when another account has verified it.
 */
export async function proveAddress(tx: Tx, person: Pick<PersonAccount, "id" | "email">, now: Date): Promise<ProofEntries> {
	const accounts = await lockAccounts(tx, person.email);
	const own = accounts.find(({ id }) => id === person.id);
	if (!own || accounts.some(({ id, proven }) => proven && id !== person.id)) throw accountChanged();
	const taken_from = await takeAddress(tx, person.email, person.id, now);
	if (own.proven && taken_from.length === 0) return [];
	await setProven(tx, person.id, now);
	return [toProofEntry(person, taken_from)];
}

/**
 * Gives the person an address that they have just verified. Other accounts lose it and their sessions. 409 `conflict` when another account
 * has verified it.
 */
export async function moveToAddress(tx: Tx, person: Pick<PersonAccount, "id" | "email">, now: Date): Promise<ProofEntries> {
	const accounts = await lockAccounts(tx, person.email);
	if (accounts.some(({ id, proven }) => proven && id !== person.id)) throw addressTaken();
	const taken_from = await takeAddress(tx, person.email, person.id, now);
	if (!(await setProvenAddress(tx, person, now))) throw addressTaken();
	return [toProofEntry(person, taken_from)];
}

/**
 * Creates an account. With `proven` it takes the address over; otherwise it is one of several with that address. 409 `conflict` for too
 * many.
 */
export async function makeAccount(tx: Tx, person: AccountWithPassword, now: Date): Promise<ProofEntries> {
	const accounts = await lockAccounts(tx, person.email);
	if (accounts.length > ACCOUNTS_PER_ADDRESS_MAX) throw tooManyAccounts();
	const taken_from = person.proven && !accounts.some(({ proven }) => proven) ? await takeAddress(tx, person.email, person.id, now) : [];
	if (!(await insertPerson(tx, { ...person, created_at: now }))) throw accountChanged();
	return person.proven ? [toProofEntry(person, taken_from)] : [];
}

/** Omits the address: the entry may outlive the account. */
function toProofEntry({ id }: Pick<PersonAccount, "id">, taken_from: readonly string[]): NewAuditEntry {
	return { action: "person.address_proved", target: { kind: "person", id }, details: { taken_from } };
}

export function accountChanged(): ApiError {
	return new ApiError("conflict", "The accounts with this address changed while the request ran. Open the link again.");
}

function addressTaken(): ApiError {
	return new ApiError("conflict", "Another account has verified this address. Sign in to that account, or choose another address.");
}

function tooManyAccounts(): ApiError {
	return new ApiError("conflict", "Too many accounts have this address and none has verified it. Ask an operator for a link that verifies it.");
}
