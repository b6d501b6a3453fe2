import { assert } from "../core/error.ts";
import type { RecordTx, Tx } from "../database/transaction.ts";

/**
 * Asks again, inside the transaction of a change, whether its caller may still make it: a body may arrive long after its head was let through.
 * Locks what the answer rests on until the commit, and throws what the gate would answer now.
 */
export type Reauthorize = (tx: Tx) => Promise<void>;

interface Pending {
	readonly ask: () => Promise<void>;
	asked: boolean;
}

/** By transaction, so that a lock does not need the context of the change that takes it. */
const pending = new WeakMap<object, Pending>();

/** Guarantee: `change` alone calls it, once for each of its transactions. */
export function expectReauthorization(tx: Tx, ask: Reauthorize): void {
	pending.set(tx, { ask: () => ask(tx), asked: false });
}

/**
 * Asks again, the first time that it is called in a transaction. Locks of tenants call it once they have their row; a change that locks no
 * tenant calls it before anything else. The order of locks is tenant, membership or operator, session, key: removing a person takes them so too.
 */
export async function reauthorize(tx: Tx | RecordTx): Promise<void> {
	const entry = pending.get(tx);
	if (entry === undefined || entry.asked) return;
	entry.asked = true;
	await entry.ask();
}

/** Whatever the caller is, the transaction may be committed only if they were asked again. */
export function assertReauthorized(tx: Tx): void {
	assert(pending.get(tx)?.asked !== false, "a change did not ask again whether its caller may make it");
}
