import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Budget } from "./budget.ts";

/**
 * Alerts find periods by the amounts stored with them, which a lease would lower only with the next request; a raised amount is left to that lease. Rows
 * are locked in the order of leases.
 */
export async function lowerPeriods(tx: Tx, tenant_id: string, key_id: string, budgets: readonly Budget[]): Promise<void> {
	await sql`
		with lowered as (
			select kept.name, kept.per, kept.start, b.amount from keywright.budget_periods as kept
			join jsonb_to_recordset(${JSON.stringify(budgets)}::jsonb) as b (name text, per text, amount bigint) using (name, per)
			where kept.tenant_id = ${tenant_id} and kept.key_id = ${key_id} and kept.amount > b.amount
			order by kept.name collate "C", kept.per collate "C", kept.start for update of kept
		)
		update keywright.budget_periods as kept set amount = lowered.amount from lowered
		where (kept.tenant_id, kept.key_id, kept.name, kept.per, kept.start) = (${tenant_id}, ${key_id}, lowered.name, lowered.per, lowered.start)
	`.execute(tx);
}
