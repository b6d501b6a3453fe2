import type { DatabaseContext } from "./database.ts";
import { inTransaction, type ReadTx } from "./transaction.ts";

/** Reads within the context's scope, in one transaction. */
export function read<T>(context: Pick<DatabaseContext, "database" | "scope">, run: (tx: ReadTx) => Promise<T>): Promise<T> {
	return inTransaction(context.database, context.scope, run);
}
