import { sql } from "kysely";
import type { RecordTx, Tx } from "../database/transaction.ts";

/** The rules of alerts that learn of occurrences from what other modules write down (alerts/rule.ts). */
export const NEWS_RULES = ["failures_jump", "dead_key_presented", "new_source", "key_exposed", "canary_used"] as const;
export type NewsRule = (typeof NEWS_RULES)[number];

/** Something that an alert may be about, written in the transaction of the fact itself. `details` contain no secret. */
export interface News {
	readonly tenant_id: string;
	readonly rule: NewsRule;
	/** Null: of the tenant as a whole. */
	readonly key_id: string | null;
	readonly requests: number;
	readonly details: Readonly<Record<string, string | number | null>>;
}

export async function insertNews(tx: Tx | RecordTx, news: readonly News[]): Promise<void> {
	if (news.length === 0) return;
	await tx
		.insertInto("alert_news")
		.values(news.map(({ details, ...row }) => ({ ...row, details: JSON.stringify(details) })))
		.execute();
}

/** Removes and returns up to `rows_max` news of `rule`, oldest first. */
export async function takeNews(tx: RecordTx, rule: NewsRule, rows_max: number): Promise<News[]> {
	const { rows } = await sql<News>`
		with taken as (
			delete from keywright.alert_news where id = any (array(
				select id from keywright.alert_news where rule = ${rule} order by id limit ${rows_max}
			)) returning *
		)
		select tenant_id, rule, key_id, requests, details from taken order by id
	`.execute(tx);
	return rows;
}
