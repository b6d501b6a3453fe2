import { sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";

/**
 * Records the first use of the secrets that have not ended by `now`, unless recorded before; returns their kids. Locks each secret until
 * commit, as does a change that withdraws an unused secret. Locked secrets are awaited with `wait`, else skipped: waiting for several can
 * deadlock.
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
