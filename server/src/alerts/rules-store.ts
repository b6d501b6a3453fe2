import { sql } from "kysely";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import { getKind, RULE_NAMES, type Rule, type RuleName } from "./rule.ts";

/** Guarantee: the column was written from the name of a rule. */
function asRule(row: { rule: string; enabled: boolean; threshold: number | null; recipients: string[] }): Rule {
	return { rule: row.rule as RuleName, enabled: row.enabled, threshold: row.threshold, to: row.recipients };
}

/** The rules of a tenant that have been changed. */
export async function readRules(tx: ReadTx, tenant_id: string): Promise<Rule[]> {
	const rows = await tx.selectFrom("alert_rules").select(["rule", "enabled", "threshold", "recipients"]).where("tenant_id", "=", tenant_id).execute();
	return rows.map(asRule);
}

/** The same for several tenants, by tenant and rule. */
export async function readRulesOf(tx: ReadTx, tenant_ids: readonly string[]): Promise<(tenant_id: string, rule: RuleName) => Rule | null> {
	if (tenant_ids.length === 0) return () => null;
	const rows = await tx.selectFrom("alert_rules").selectAll().where("tenant_id", "in", tenant_ids).execute();
	const known = new Map(rows.map((row) => [`${row.tenant_id} ${row.rule}`, asRule(row)]));
	return (tenant_id, rule) => known.get(`${tenant_id} ${rule}`) ?? null;
}

export async function putRuleRow(tx: Tx, tenant_id: string, { rule, enabled, threshold, to }: Rule): Promise<void> {
	const row = { enabled, threshold, recipients: [...to] };
	await tx
		.insertInto("alert_rules")
		.values({ tenant_id, rule, ...row })
		.onConflict((conflict) => conflict.columns(["tenant_id", "rule"]).doUpdateSet(row))
		.execute();
}

/** Lets the evaluator look at a rule as soon as possible, and at its open alerts in this tenant. */
export async function makeRuleDue(tx: Tx, tenant_id: string, rule: RuleName): Promise<void> {
	await tx.deleteFrom("alert_progress").where("rule", "=", rule).execute();
	await tx
		.updateTable("alerts")
		.set({ due_at: sql<Date>`clock_timestamp()` })
		.where("tenant_id", "=", tenant_id)
		.where("rule", "=", rule)
		.where("status", "<>", "resolved")
		.execute();
}

/** The threshold that reaches farthest of all tenants: what none of them would be alerted to need not be read. */
export async function readFarthest(tx: ReadTx, rule: RuleName): Promise<number> {
	const { threshold } = getKind(rule);
	if (threshold === null) return 0;
	const { rows } = await sql<{ least: number | null; most: number | null }>`
		select min(threshold) as least, max(threshold) as most from keywright.alert_rules where rule = ${rule} and enabled
	`.execute(tx);
	const [{ least, most } = { least: null, most: null }] = rows;
	return threshold.reached === "at_most" ? Math.max(threshold.default, most ?? 0) : Math.min(threshold.default, least ?? threshold.default);
}

/** The rules with an `every_ms` that were not evaluated since then. */
export async function readDueRules(tx: ReadTx, now: Date): Promise<RuleName[]> {
	const rows = await tx.selectFrom("alert_progress").select(["rule", "evaluated_at"]).execute();
	const evaluated = new Map(rows.map(({ rule, evaluated_at }) => [rule, evaluated_at.getTime()]));
	return RULE_NAMES.filter((rule) => {
		const { every_ms } = getKind(rule).how;
		return every_ms !== null && now.getTime() - (evaluated.get(rule) ?? 0) >= every_ms;
	});
}

export async function storeEvaluated(tx: RecordTx, rule: RuleName, evaluated_at: Date): Promise<void> {
	await tx
		.insertInto("alert_progress")
		.values({ rule, evaluated_at })
		.onConflict((conflict) => conflict.column("rule").doUpdateSet({ evaluated_at }))
		.execute();
}
