import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";

/** How many allowed requests the key made since each of some instants. What is folded into hours or days counts from the hour or day that it began in. */
export async function countRequests(tx: ReadTx, key: { tenant_id: string; key_id: string }, since: readonly Date[]): Promise<number[]> {
	const { rows } = await sql<{ requests: number }>`
		select coalesce(sum(used.requests), 0)::bigint as requests
		from unnest(${since.map((time) => time.toISOString())}::timestamptz[]) with ordinality as wanted (since, place)
		left join keywright.usage_keys as used on used.tenant_id = ${key.tenant_id} and used.key_id = ${key.key_id} and used.code = 'allowed'
			and used.start + make_interval(secs => used.granularity_seconds) > wanted.since
		group by wanted.place order by wanted.place
	`.execute(tx);
	return rows.map((row) => row.requests);
}
