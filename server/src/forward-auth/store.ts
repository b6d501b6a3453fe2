import type { ReadTx, Tx } from "../database/transaction.ts";
import type { ForwardAuthRule } from "./rule.ts";

export interface StoredRules {
	readonly rules: readonly ForwardAuthRule[];
	/** Null when they were never set. */
	readonly updated_at: Date | null;
}

const NO_RULES: StoredRules = { rules: [], updated_at: null };

/** Rules that an earlier version stored have no budgets. */
type StoredRule = Omit<ForwardAuthRule, "budgets"> & Partial<Pick<ForwardAuthRule, "budgets">>;

/** Guarantee: only `saveRules` writes the column, with validated rules. */
function rulesFromRow(row: { rules: unknown; updated_at: Date }): StoredRules {
	const rules = row.rules as StoredRule[];
	return { rules: rules.map(({ budgets = {}, ...rule }) => ({ ...rule, budgets })), updated_at: row.updated_at };
}

export async function readRules(tx: ReadTx): Promise<StoredRules> {
	const row = await tx.selectFrom("forward_auth_rules").select(["rules", "updated_at"]).executeTakeFirst();
	return row ? rulesFromRow(row) : NO_RULES;
}

/** Reads the rules under a lock that blocks other changes until commit. */
export async function lockRules(tx: Tx): Promise<StoredRules> {
	const { numInsertedOrUpdatedRows } = await tx
		.insertInto("forward_auth_rules")
		.values({ rules: "[]" })
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirstOrThrow();
	const row = await tx.selectFrom("forward_auth_rules").select(["rules", "updated_at"]).forUpdate().executeTakeFirstOrThrow();
	return numInsertedOrUpdatedRows === 1n ? NO_RULES : rulesFromRow(row);
}

/** Replaces the rules. Call `lockRules` first. */
export async function saveRules(tx: Tx, rules: readonly ForwardAuthRule[], updated_at: Date): Promise<void> {
	await tx
		.updateTable("forward_auth_rules")
		.set({ rules: JSON.stringify(rules), updated_at })
		.execute();
}
