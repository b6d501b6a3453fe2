import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import { certainty, daysOf, type TrafficWanted } from "../traffic-store.ts";
import type { ReplayedRequests } from "./replay.ts";

/** Where the requests of a row came from. */
export interface SeenSource {
	/** Given by a person. */
	readonly source_name: string | null;
	readonly agent: string;
	readonly client: string | null;
}

/** What a key did in these days, from where, and what was refused: at most 200 rows a day. */
export async function readRequests(
	tx: ReadTx,
	{ tenant_id, key_id, from_day, today, rules_changed_on }: TrafficWanted & { readonly key_id: string },
): Promise<(ReplayedRequests & SeenSource)[]> {
	const { rows } = await sql<ReplayedRequests & SeenSource>`
		select day::text as day, operation, site_id, used.source_id, network, agent, client, code, overflowed, requests,
			${certainty(rules_changed_on)}, names.name as source_name
		from keywright.usage_by_source as used
		left join keywright.source_names as names on names.tenant_id = used.tenant_id and names.source_id = used.source_id
		where used.tenant_id = ${tenant_id} and day = any (${daysOf(from_day, today)}) and key_id = ${key_id}
		order by day, operation, site_id, used.source_id, code
	`.execute(tx);
	return rows;
}
