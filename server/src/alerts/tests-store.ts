import { sql } from "kysely";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import type { Acknowledger } from "./alert.ts";
import type { RuleName } from "./rule.ts";

/** The latest test of a rule. */
export interface AlertTest {
	readonly tenant_id: string;
	readonly rule: RuleName;
	/** What its event has as `alert_id`. */
	readonly id: string;
	readonly tested_at: Date;
	readonly tested_by: Acknowledger;
	/** When the first mail or delivery was accepted, as far as it was written down. */
	readonly delivered_at: Date | null;
}

/** Guarantee: `putTest` wrote the columns from values of these types. */
function asTest(row: { tested_by: unknown; rule: string; tenant_id: string; id: string; tested_at: Date; delivered_at: Date | null }): AlertTest {
	return row as AlertTest;
}

/** Replaces the rule's test before this one. */
export async function putTest(tx: Tx, { tenant_id, rule, id, tested_at, tested_by }: Omit<AlertTest, "delivered_at">): Promise<void> {
	const row = { id, tested_at, tested_by: JSON.stringify(tested_by), delivered_at: null };
	await tx
		.insertInto("alert_tests")
		.values({ tenant_id, rule, ...row })
		.onConflict((conflict) => conflict.columns(["tenant_id", "rule"]).doUpdateSet(row))
		.execute();
}

/** The latest test of each rule, the latest first. */
export async function readTests(tx: ReadTx, tenant_id: string): Promise<AlertTest[]> {
	const rows = await tx
		.selectFrom("alert_tests")
		.selectAll()
		.where("tenant_id", "=", tenant_id)
		.orderBy("tested_at", "desc")
		.orderBy("rule")
		.execute();
	return rows.map(asTest);
}

/** Writes down when tests were delivered: their mails and deliveries are deleted earlier. */
export async function storeDeliveredTests(tx: RecordTx): Promise<void> {
	await sql`
		update keywright.alert_tests as t set delivered_at = found.at from (
			select o.tenant_id, o.alert_id, least(
				(select min(m.sent_at) from keywright.mails as m where m.tenant_id = o.tenant_id and m.event_id = o.id),
				(select min(d.at) from keywright.webhook_deliveries as d where d.tenant_id = o.tenant_id and d.event_id = o.id and d.status = 'delivered')
			) as at
			from keywright.alert_tests as u join keywright.outbox as o on o.tenant_id = u.tenant_id and o.alert_id = u.id
			where u.delivered_at is null
		) as found
		where t.tenant_id = found.tenant_id and t.id = found.alert_id and t.delivered_at is null and found.at is not null
	`.execute(tx);
}
