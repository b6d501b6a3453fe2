import { assert } from "../core/error.ts";
import type { RecordTx, Tx } from "../database/transaction.ts";

/**
 * Authorises the caller again, within the transaction of the change: a body may arrive long after its headers were authorised.
 * Locks the rows of that decision until commit, and throws the error that the gate would now return.
 */
export type Reauthorize = (tx: Tx, needs?: Needs) => Promise<void>;

/** What a change needs beyond its route. */
interface Needs {
	/** A person must have entered the password within the last hour. */
	readonly confirmation: true;
}

interface Pending {
	readonly run: (needs?: Needs) => Promise<void>;
	done: boolean;
}

/** Keyed by transaction, so that a lock function does not need the context of its change. */
const pending = new WeakMap<object, Pending>();

/** Guarantee: `change` alone calls it, once for each of its transactions. */
export function expectReauthorization(tx: Tx, run: Reauthorize): void {
	pending.set(tx, { run: (needs) => run(tx, needs), done: false });
}

/**
 * Reauthorises on the first call in a transaction. Lock functions of tenants call it once they have locked the row; a change that locks no
 * tenant calls it first. The global lock order is tenant, membership or operator, session, key.
 */
export async function reauthorize(tx: Tx | RecordTx): Promise<void> {
	const entry = pending.get(tx);
	if (entry === undefined || entry.done) return;
	entry.done = true;
	await entry.run();
}

/**
 * The same for a change that gives access to a secret, depending on its input: 403 `confirmation_needed` if a person has not entered the password for an
 * hour. Call it after `reauthorize`, whose rows are still locked.
 */
export async function reauthorizeConfirmed(tx: Tx): Promise<void> {
	await pending.get(tx)?.run({ confirmation: true });
}

/** Whatever the caller is, a transaction must not be committed without reauthorisation. */
export function assertReauthorized(tx: Tx): void {
	assert(pending.get(tx)?.done !== false, "a change did not reauthorise its caller");
}
