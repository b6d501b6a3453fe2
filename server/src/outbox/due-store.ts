import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { inStatement } from "../database/transaction.ts";

/** Whether anything waits to be sent at `now`, over all tenants: to webhooks, and by mail. */
export interface WorkDue {
	readonly webhooks: boolean;
	readonly mails: boolean;
}

/** One statement without a transaction, because idle nodes run it all the time. The database function `work_due` reads four indexes. */
export async function readWorkDue(database: Database, now: number): Promise<WorkDue> {
	return inStatement(database, async (queries) => {
		const { rows } = await sql<WorkDue>`select webhooks, mails from keywright.work_due(${new Date(now)}::timestamptz)`.execute(queries);
		const [due] = rows;
		if (!due) throw new Error("work_due returned no row");
		return due;
	});
}
