import { type ReadTx, read } from "../database/transaction.ts";
import type { Budget } from "../keys/budgets/budget.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";
import type { Allowance } from "../verification/limits/allowance.ts";
import type { Ledger } from "../verification/limits/ledger.ts";
import { formatRefill } from "../verification/limits/period.ts";
import { readLeasedBudgets } from "../verification/limits/store.ts";

/** A budget and what is used of it. */
export interface BudgetUse extends Budget {
	/** In the current period. What other nodes have leased counts as used until they return it. */
	readonly used: number;
	/** Null for a budget that never refills. */
	readonly resets_at: string | null;
}

/** What is used of the budgets among a key's allowances. No query without one. */
export async function readBudgetUse(tx: ReadTx, allowances: readonly Allowance[], ledger: Ledger, now: number): Promise<BudgetUse[]> {
	const budgets = allowances.flatMap(({ budget, ...allowance }) => (budget === null ? [] : [{ ...allowance, ...budget }]));
	const [first] = budgets;
	if (first === undefined) return [];
	const starts = budgets.map(({ per }) => ledger.spanAt(per, now).start);
	const leases = await readLeasedBudgets(tx, first.tenant_id, first.key_id, starts);
	return budgets.map(({ id, name, unit, amount, per }) => {
		const span = ledger.spanAt(per, now);
		const lease = leases.find((row) => row.name === name && row.per === per && row.start === span.start);
		const used = Math.max(0, (lease?.leased ?? 0) - ledger.unspent(id, span.start));
		return { name, unit, amount, per, used, resets_at: formatRefill(span) };
	});
}

/** Context of a key that reads its own budgets. */
export interface OwnBudgetsContext extends KeyedContext {
	readonly ledger: Ledger;
}

/** The budgets of the key that asks. */
export async function ownBudgets(context: OwnBudgetsContext): Promise<BudgetUse[]> {
	const { grant, ledger, clock } = context;
	if (grant.allowances === grant.tenant.allowances) return [];
	return read(context, (tx) => readBudgetUse(tx, grant.allowances, ledger, clock.now()));
}
