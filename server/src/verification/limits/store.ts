import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import type { Allowance } from "./allowance.ts";

/** Locks the row of the allowance's period until commit, and makes it if there is none. Returns what nodes have leased of it. */
async function lockPeriod(tx: RecordTx, { tenant_id, per, amount, budget }: Allowance, start: string): Promise<number> {
	if (budget === null) {
		const row = await tx
			.insertInto("quota_periods")
			.values({ tenant_id, month: start, leased: 0 })
			.onConflict((conflict) => conflict.columns(["tenant_id", "month"]).doUpdateSet({ leased: (old) => old.ref("quota_periods.leased") }))
			.returning("leased")
			.executeTakeFirstOrThrow();
		return row.leased;
	}
	const { key_id, name } = budget;
	const of_period = { tenant_id, key_id, name, per, start };
	// Read first: a refused request writes nothing.
	const known = await tx.selectFrom("budget_periods").select(["leased", "amount"]).where(isPeriod(of_period)).forUpdate().executeTakeFirst();
	if (known?.amount === amount) return known.leased;
	// A raised total is the only way in which it refills, so its thresholds are announced anew.
	const told_percent = sql<number>`case when budget_periods.per = 'total' and excluded.amount > budget_periods.amount then 0 else budget_periods.told_percent end`;
	const row = await tx
		.insertInto("budget_periods")
		.values({ ...of_period, leased: 0, amount })
		.onConflict((conflict) => conflict.columns(["tenant_id", "key_id", "name", "per", "start"]).doUpdateSet({ amount, told_percent }))
		.returning("leased")
		.executeTakeFirstOrThrow();
	return row.leased;
}

interface Period {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly name: string;
	readonly per: string;
	readonly start: string;
}

function isPeriod({ tenant_id, key_id, name, per, start }: Period) {
	return sql<boolean>`(tenant_id, key_id, name, per, start) = (${tenant_id}, ${key_id}, ${name}, ${per}, ${start}::date)`;
}

/** Adds `units`, which may be negative, to what nodes have leased of the allowance's period. */
async function addLeased(tx: RecordTx, { tenant_id, per, budget }: Allowance, start: string, units: number): Promise<void> {
	const leased = sql<number>`greatest(0, leased + ${units}::bigint)`;
	if (budget === null) {
		await tx.updateTable("quota_periods").set({ leased }).where("tenant_id", "=", tenant_id).where("month", "=", start).execute();
		return;
	}
	await tx
		.updateTable("budget_periods")
		.set({ leased })
		.where(isPeriod({ tenant_id, key_id: budget.key_id, name: budget.name, per, start }))
		.execute();
}

/** Leases `sizeOf(left)` units of the period that begins on `start`, at most what is left; returns how many, and what is left then. */
export async function leaseBlock(
	tx: RecordTx,
	allowance: Allowance,
	start: string,
	sizeOf: (left: number) => number,
): Promise<{ granted: number; left: number }> {
	const left = Math.max(0, allowance.amount - (await lockPeriod(tx, allowance, start)));
	const granted = Math.min(left, sizeOf(left));
	if (granted > 0) await addLeased(tx, allowance, start, granted);
	return { granted, left: left - granted };
}

/** Returns leased units that a node has not spent. */
export async function returnBlock(tx: RecordTx, allowance: Allowance, start: string, units: number): Promise<void> {
	await addLeased(tx, allowance, start, -units);
}

export async function readLeasedQuota(tx: ReadTx, tenant_id: string, month: string): Promise<number> {
	const row = await tx.selectFrom("quota_periods").select("leased").where("tenant_id", "=", tenant_id).where("month", "=", month).executeTakeFirst();
	return row?.leased ?? 0;
}

/** What nodes have leased of a budget's period. */
export interface BudgetLease {
	readonly name: string;
	readonly per: string;
	/** The first day of the period. */
	readonly start: string;
	readonly leased: number;
}

/** What is leased of a key's budgets, in the periods that begin on one of `starts`. */
export async function readLeasedBudgets(tx: ReadTx, tenant_id: string, key_id: string, starts: readonly string[]): Promise<BudgetLease[]> {
	return tx
		.selectFrom("budget_periods")
		.select(["name", "per", "leased", sql<string>`start::text`.as("start")])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", key_id)
		.where("start", "=", sql<string>`any(${starts}::date[])`)
		.execute();
}
