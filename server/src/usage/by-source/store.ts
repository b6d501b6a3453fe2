import { sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";
import { line, linesOf, NO_CLIENT, named, type Picked, sourcesIn, targetsIn } from "../flush-text-store.ts";
import { OTHER_SOURCES } from "../sources/source.ts";

/** Rows of one key and day that name site, operation and source. With one row a code for all others there are at most 200. */
export const ROWS_APART_MAX = 180;
const NONE = "";

/** Requests of the picked flushes by what was done from where, as the common table expression `facts`. */
function usesIn(picked: Picked) {
	return sql`
		fact as (
			select node_id, flush_number, fact.tenant_id, key_id, day::bigint as day, code, requests::bigint as requests, place::bigint as place, target::bigint as target
			from keywright.usage_flushes cross join lateral ${linesOf("uses")} as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}, ${line(6)}, ${line(7)})
				as fact (tenant_id, key_id, day, code, requests, place, target)
			where ${picked}
		), ${sourcesIn(picked)}, sourced as materialized (${named("fact", "source")}),
		${targetsIn(picked)}, facts as materialized (${named("sourced", "target")})`;
}

/**
 * Adds the requests of the picked flushes by what was done from where. Call it after the keys' sources are aggregated. Skips erased tenants and
 * deleted keys. Counts what does not fit into the rows of its key and day by code alone, so that sums stay exact.
 */
export async function aggregateBySource(tx: RecordTx, picked: Picked): Promise<void> {
	const { id, network, agent } = OTHER_SOURCES;
	await sql`
		with ${usesIn(picked)}, merged as (
			select tenant_id, day, key_id, site_id, operation, source_id, code, min(network) as network, min(agent) as agent, min(client) as client,
				sum(requests) as requests
			from facts where source_id is not null group by 1, 2, 3, 4, 5, 6, 7
		), located as (
			select merged.tenant_id, merged.key_id, date '1970-01-01' + merged.day::integer as day, code, merged.requests, operation is null as overflowed,
				coalesce(site_id, ${NONE}) as site_id, coalesce(operation, ${NONE}) as operation,
				case when operation is null then ${NONE} when known.source_id is null then ${id} else merged.source_id end as source_id,
				case when operation is null then ${NONE} when known.source_id is null then ${network} else merged.network end as network,
				case when operation is null then ${NONE} when known.source_id is null then ${agent} else merged.agent end as agent,
				case when known.source_id is not null and operation is not null then nullif(merged.client, ${NO_CLIENT}) end as client
			from merged
			join keywright.keys on keys.tenant_id = merged.tenant_id and keys.id = merged.key_id
			join keywright.tenants on tenants.id = merged.tenant_id and tenants.erased_at is null
			left join keywright.key_sources as known
				on known.tenant_id = merged.tenant_id and known.key_id = merged.key_id and known.source_id = merged.source_id
		), summed as (
			select tenant_id, day, key_id, site_id, operation, source_id, code, overflowed, min(network) as network, min(agent) as agent,
				min(client) as client, sum(requests)::bigint as requests
			from located group by 1, 2, 3, 4, 5, 6, 7, 8
		), compared as (
			select summed.*, summed.overflowed or kept.code is not null as placed
			from summed left join keywright.usage_by_source as kept
				using (tenant_id, day, key_id, site_id, operation, source_id, code)
		), counted as (
			select *, case when placed then 0 else row_number() over (
				partition by tenant_id, day, key_id, placed
				order by requests desc, site_id collate "C", operation collate "C", source_id collate "C", code collate "C"
			) + (
				select count(*) from keywright.usage_by_source as kept
				where kept.tenant_id = compared.tenant_id and kept.day = compared.day and kept.key_id = compared.key_id and not kept.overflowed
			) end > ${ROWS_APART_MAX} or overflowed as over
			from compared
		), stored as (
			select tenant_id, day, key_id, code, over, requests,
				case when over then ${NONE} else site_id end as site_id, case when over then ${NONE} else operation end as operation,
				case when over then ${NONE} else source_id end as source_id, case when over then ${NONE} else network end as network,
				case when over then ${NONE} else agent end as agent, case when over then null else client end as client
			from counted
		)
		insert into keywright.usage_by_source as kept
			(tenant_id, day, key_id, site_id, operation, source_id, network, agent, client, code, overflowed, requests)
		select tenant_id, day, key_id, site_id, operation, source_id, min(network), min(agent), min(client), code, over, sum(requests)::bigint
		from stored group by tenant_id, day, key_id, site_id, operation, source_id, code, over
		order by tenant_id collate "C", day, key_id collate "C", site_id collate "C", operation collate "C", source_id collate "C", code collate "C"
		on conflict (tenant_id, day, key_id, site_id, operation, source_id, code) do update set requests = kept.requests + excluded.requests
	`.execute(tx);
}

/** Deletes up to `rows_max` rows of days before that of `before`; returns how many. */
export async function deleteUsageBySource(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.usage_by_source where ctid = any (array(
			select ctid from keywright.usage_by_source where day < (${before}::timestamptz at time zone 'UTC')::date limit ${rows_max}
		))
	`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n);
}
