import { sql } from "kysely";
import type { ReadTx } from "../database/transaction.ts";

export interface DatabaseFacts {
	/** The server's version, such as "18.4". */
	readonly version: string;
	readonly size_bytes: number;
	/** Number of the latest change. */
	readonly changes: number;
}

export async function readDatabaseFacts(tx: ReadTx): Promise<DatabaseFacts> {
	const { rows } = await sql<DatabaseFacts>`
		select split_part(current_setting('server_version'), ' ', 1) as version, pg_database_size(current_database()) as size_bytes,
			(select seq from keywright.change_sequence) as changes`.execute(tx);
	const [facts] = rows;
	if (!facts) throw new Error("a query without a table returned no row");
	return facts;
}
