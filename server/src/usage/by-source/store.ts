import { sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";
import { line, NO_CLIENT, type Picked } from "../flush-text-store.ts";
import { OTHER_SOURCES } from "../sources/source.ts";

/** Rows of one key and day that name site, operation and source. With one row a code for all others there are at most 200. */
export const ROWS_APART_MAX = 180;
const DAY_MINUTES = 1_440;
const NONE = "";

/**
 * Facts of the picked flushes by what was done: those of keys whose requests all did the same, and the uses of the others. Flushes of earlier
 * versions, without sites, have none.
 */
function factsIn(picked: Picked) {
	return sql`
		facts as (
			select node_id, flush_number, fact.tenant_id, fact.key_id, minute::bigint / ${DAY_MINUTES} as day, code, requests::bigint as requests,
				place::bigint as place, target::integer as target
			from keywright.usage_flushes cross join lateral (select string_to_array(keys, E'\n') as lines) as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(4)}, ${line(5)}, ${line(6)}, ${line(9)}, ${line(11)})
				as fact (tenant_id, key_id, minute, code, requests, place, target)
			where ${picked} and target <> '0'
			union all
			select node_id, flush_number, fact.tenant_id, fact.key_id, day::bigint, code, requests::bigint, place::bigint, target::integer
			from keywright.usage_flushes cross join lateral (select string_to_array(uses, E'\n') as lines) as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}, ${line(5)}, ${line(6)}, ${line(7)})
				as fact (tenant_id, key_id, day, code, requests, place, target)
			where ${picked}
		), sources as (
			select node_id, flush_number, source.*
			from keywright.usage_flushes cross join lateral (select string_to_array(sources, E'\n') as lines) as read
			cross join lateral unnest(${line(1)}, ${line(2)}, ${line(3)}, ${line(4)}) with ordinality as source (source_id, network, agent, client, place)
			where ${picked}
		), targets as (
			select node_id, flush_number, done.*
			from keywright.usage_flushes cross join lateral (
				select string_to_array(success_operations, '|') as names, string_to_array(success_sites, '|') as at_sites
			) as read cross join lateral unnest(names[2:], at_sites[2:]) with ordinality as done (operation, site_id, place)
			where ${picked}
		)`;
}

/**
 * Adds the requests of the picked flushes by what was done from where. Call it after the keys' sources are aggregated. Skips erased tenants and
 * deleted keys. Counts what does not fit into the rows of its key and day by code alone, so that sums stay exact.
 */
export async function aggregateBySource(tx: RecordTx, picked: Picked): Promise<void> {
	const { id, network, agent } = OTHER_SOURCES;
	await sql`
		with ${factsIn(picked)}, located as (
			select facts.tenant_id, facts.key_id, date '1970-01-01' + facts.day::integer as day, code, facts.requests, targets.place is null as overflowed,
				coalesce(targets.site_id, ${NONE}) as site_id, coalesce(targets.operation, ${NONE}) as operation,
				case when targets.place is null then ${NONE} when known.source_id is null then ${id} else sources.source_id end as source_id,
				case when targets.place is null then ${NONE} when known.source_id is null then ${network} else sources.network end as network,
				case when targets.place is null then ${NONE} when known.source_id is null then ${agent} else sources.agent end as agent,
				case when known.source_id is not null and targets.place is not null then nullif(sources.client, ${NO_CLIENT}) end as client
			from facts
			join sources on (sources.node_id, sources.flush_number, sources.place) = (facts.node_id, facts.flush_number, facts.place)
			left join targets on (targets.node_id, targets.flush_number, targets.place) = (facts.node_id, facts.flush_number, facts.target)
			join keywright.keys on keys.tenant_id = facts.tenant_id and keys.id = facts.key_id
			join keywright.tenants on tenants.id = facts.tenant_id and tenants.erased_at is null
			left join keywright.key_sources as known
				on known.tenant_id = facts.tenant_id and known.key_id = facts.key_id and known.source_id = sources.source_id
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
		), told as (
			select tenant_id, day, key_id, code, over, requests,
				case when over then ${NONE} else site_id end as site_id, case when over then ${NONE} else operation end as operation,
				case when over then ${NONE} else source_id end as source_id, case when over then ${NONE} else network end as network,
				case when over then ${NONE} else agent end as agent, case when over then null else client end as client
			from counted
		)
		insert into keywright.usage_by_source as kept
			(tenant_id, day, key_id, site_id, operation, source_id, network, agent, client, code, overflowed, requests)
		select tenant_id, day, key_id, site_id, operation, source_id, min(network), min(agent), min(client), code, over, sum(requests)::bigint
		from told group by tenant_id, day, key_id, site_id, operation, source_id, code, over
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
