import { ALL_TENANTS } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import { asRecord, inTransaction, type RecordTx, WRITES_IDLE_MS } from "../database/transaction.ts";

/** The transaction wrapper for bookkeeping (usage, failures, leases, deliveries, reservations): never for keys, secrets, members or plans. */
export function record<T>(context: { readonly database: Database }, run: (tx: RecordTx) => Promise<T>): Promise<T> {
	return inTransaction(context.database, ALL_TENANTS, (transaction) => run(asRecord(transaction)), WRITES_IDLE_MS);
}
