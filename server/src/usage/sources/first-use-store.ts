import { sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";

/**
 * Records the first use of those secrets among `kids` that have not ended by `now`, and returns their kids; where one is recorded already nothing is
 * written. Locks each secret until commit, as a change does that takes an unused secret back. Secrets that another transaction has locked are
 * awaited with `wait`, else left out: who awaits several at once could be awaited by one of them.
 */
export async function recordFirstUses(tx: RecordTx, kids: readonly string[], now: Date, wait: boolean): Promise<string[]> {
	const { rows } = await sql<{ kid: string }>`
		with living as (
			select kid, tenant_id from keywright.secrets
			where kid = any(${kids}::text[]) and retired_at is null and (retires_at is null or retires_at > ${now})
			order by kid collate "C" for no key update ${wait ? sql`` : sql`skip locked`}
		), recorded as (
			insert into keywright.secret_activity (kid, tenant_id, first_used_at, last_used_at)
			select kid, tenant_id, ${now}, ${now} from living order by kid collate "C"
			on conflict (kid) do nothing
		)
		select kid from living
	`.execute(tx);
	return rows.map((row) => row.kid);
}
