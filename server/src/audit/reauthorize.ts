import { assert } from "../core/error.ts";
import type { RecordTx, Tx } from "../database/transaction.ts";

/**
 * Authorises the caller again, within the transaction of the change: a body may arrive long after its headers were authorised.
 * Locks the rows of that decision until commit, and throws the error that the gate would now return.
 */
export type Reauthorize = (tx: Tx) => Promise<void>;

interface Pending {
	readonly run: () => Promise<void>;
	done: boolean;
}

/** Keyed by transaction, so that a lock function does not need the context of its change. */
const pending = new WeakMap<object, Pending>();

/** Guarantee: `change` alone calls it, once for each of its transactions. */
export function expectReauthorization(tx: Tx, run: Reauthorize): void {
	pending.set(tx, { run: () => run(tx), done: false });
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

/** Whatever the caller is, a transaction must not be committed without reauthorisation. */
export function assertReauthorized(tx: Tx): void {
	assert(pending.get(tx)?.done !== false, "a change did not reauthorise its caller");
}
