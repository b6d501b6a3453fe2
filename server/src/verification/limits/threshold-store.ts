import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import type { BudgetPeriod } from "../../keys/budgets/budget.ts";

/** A budget that has reached a threshold in this period for which no event was sent. */
export interface ReachedBudget {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly key_name: string;
	readonly environment: string;
	readonly name: string;
	readonly per: BudgetPeriod;
	readonly unit: string;
	readonly amount: number;
	/** The first day of the period. */
	readonly start: string;
	readonly used: number;
	/** The highest threshold for which an event was sent, in percent; 0 for none. */
	readonly told_percent: number;
}

/** Periods that begin on one of `starts`, of budgets that a live key has, that have reached a threshold for which no event was sent. Of all tenants. */
const REACHED = (starts: readonly string[], rows_max: number) => sql<ReachedBudget>`
	select p.tenant_id, p.key_id, k.name as key_name, k.environment, p.name, p.per, b.unit, b.amount, p.start::text as start, p.leased as used, p.told_percent
	from keywright.budget_periods as p
	join keywright.keys as k on k.tenant_id = p.tenant_id and k.id = p.key_id
	cross join lateral jsonb_to_recordset(k.budgets) as b (name text, unit text, amount bigint, per text)
	where p.near and p.told_percent < 100 and p.per in ('day', 'week', 'month', 'total') and p.start = any (${starts}::date[])
		and b.name = p.name and b.per = p.per and k.revoked_at is null
		and p.leased >= case when p.told_percent = 0 then b.amount - b.amount / 5 else b.amount end
	limit ${rows_max}
`;

export async function isAnyReached(tx: ReadTx, starts: readonly string[]): Promise<boolean> {
	return (await REACHED(starts, 1).execute(tx)).rows.length > 0;
}

/** Locks them until commit; one that another node has locked is left to it. */
export async function lockReached(tx: RecordTx, starts: readonly string[], rows_max: number): Promise<ReachedBudget[]> {
	return (await sql<ReachedBudget>`${REACHED(starts, rows_max)} for no key update of p skip locked`.execute(tx)).rows;
}

/** The row of a budget's period, and the threshold for which an event was sent. */
export type Announced = Pick<ReachedBudget, "tenant_id" | "key_id" | "name" | "per" | "start" | "told_percent">;

export async function setAnnounced(tx: RecordTx, sent: readonly Announced[]): Promise<void> {
	await sql`
		update keywright.budget_periods as p set told_percent = t.told_percent
		from jsonb_to_recordset(${JSON.stringify(sent)}::jsonb) as t (tenant_id text, key_id text, name text, per text, start date, told_percent smallint)
		where (p.tenant_id, p.key_id, p.name, p.per, p.start) = (t.tenant_id, t.key_id, t.name, t.per, t.start)
	`.execute(tx);
}

/** Deletes up to `rows_max` periods that began before `before` and have ended; returns how many. */
export async function deleteEnded(tx: RecordTx, before: string, rows_max: number): Promise<number> {
	const { numAffectedRows = 0n } = await sql`
		delete from keywright.budget_periods where ctid = any (array(
			select ctid from keywright.budget_periods where amount >= 1 and per in ('day', 'week', 'month') and start < ${before}::date limit ${rows_max}
		))
	`.execute(tx);
	return Number(numAffectedRows);
}
