import { sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";
import { CODES_OF_ENDED_SECRETS, CODES_OF_LIMITS } from "../code.ts";
import { hasRefusals, line, linesOf, type Picked } from "../flush-text-store.ts";

/**
 * Writes down refusals for the rules of alerts: those of ended secrets by key, and failures by tenant, with the key if it is only one. Batches
 * without a refusal are not parsed.
 */
export async function reportRefusals(tx: RecordTx, picked: Picked): Promise<void> {
	await sql`
		with refused as (
			select fact.tenant_id, fact.key_id, code = any (${CODES_OF_ENDED_SECRETS}::text[]) as ended, sum(requests::bigint)::bigint as requests
			from keywright.usage_flushes cross join lateral ${linesOf("keys")} as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(5)}, ${line(6)}) as fact (tenant_id, key_id, code, requests)
			where ${picked} and ${hasRefusals}
				and code <> 'allowed' and code <> all (${CODES_OF_LIMITS}::text[])
			group by fact.tenant_id, fact.key_id, ended
		)
		insert into keywright.alert_news (tenant_id, rule, key_id, requests)
		select tenant_id, 'dead_key_presented', key_id, requests from refused where ended
		union all
		select tenant_id, 'failures_jump', case when count(*) = 1 then min(key_id) end, sum(requests)::bigint from refused where not ended group by tenant_id
	`.execute(tx);
}
