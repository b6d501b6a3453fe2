import { sql } from "kysely";
import type { ReadTx } from "../database/transaction.ts";
import type { CheckFacts, Neighbour, SourceFacts, UseFacts } from "./facts.ts";

/** The operation by which clients check their connection (m2m/limits). */
const CHECK = "GET /api/v1/m2m/tenants/:tenant_id/limits";
const CHECK_DAYS = 7;

export interface TrafficWanted {
	readonly tenant_id: string;
	/** Null: all live keys. */
	readonly key_id: string | null;
	/** Both inclusive, as dates of UTC. */
	readonly from_day: string;
	readonly today: string;
	/** As Needs has it. */
	readonly rules_changed_on: string | null;
}

/** The days as constants, so that the primary key, which begins with tenant, day and key, is used for one key as well. */
export const daysOf = (from_day: string, today: string) =>
	sql`array(select day::date from generate_series(${from_day}::date, ${today}::date, interval '1 day') as day)`;
/** What decides how much an operation of the row says. */
export const certainty = (rules_changed_on: string | null) =>
	sql`day >= (select since from keywright.complete_operations) as names_all, coalesce(day > ${rules_changed_on}::date, true) as rules_hold`;
const ofKey = (key_id: string | null) => (key_id === null ? sql`` : sql`and key_id = ${key_id}`);

/** For grouping the rows of a month of 10,000 keys in memory: by the default they are sorted on disk, which takes three times as long. */
const GROUPING_MEMORY = "64MB";

/** Gives the queries of this transaction the memory to group the traffic of many keys. */
export async function allowGrouping(tx: ReadTx): Promise<void> {
	await sql`select set_config('work_mem', ${GROUPING_MEMORY}, true)`.execute(tx);
}

/** Allowed requests by key and by what they did; `overflowed` where some are counted only together. */
export async function readUses(
	tx: ReadTx,
	{ tenant_id, key_id, from_day, today, rules_changed_on }: TrafficWanted,
): Promise<(UseFacts & { key_id: string; overflowed: boolean })[]> {
	const { rows } = await sql<UseFacts & { key_id: string; overflowed: boolean }>`
		select key_id, operation, site_id, overflowed, ${certainty(rules_changed_on)}, sum(requests)::bigint as requests
		from keywright.usage_by_source
		where tenant_id = ${tenant_id} and day = any (${daysOf(from_day, today)}) and code = 'allowed' ${ofKey(key_id)}
		group by key_id, operation, site_id, overflowed, names_all, rules_hold
	`.execute(tx);
	return rows;
}

/** Successful connectivity checks of the last seven days, by key. */
export async function readChecks(tx: ReadTx, { tenant_id, key_id, today }: TrafficWanted): Promise<(CheckFacts & { key_id: string })[]> {
	const { rows } = await sql<CheckFacts & { key_id: string }>`
		select key_id, count(distinct day)::int as days, count(distinct source_id)::int as sources,
			coalesce(sum(requests) filter (where day >= ${today}::date - 1), 0)::bigint as recent
		from keywright.usage_by_source
		where tenant_id = ${tenant_id} and day > ${today}::date - ${CHECK_DAYS}::integer and day <= ${today}::date ${ofKey(key_id)}
			and operation = ${CHECK} and code = 'allowed'
		group by key_id
	`.execute(tx);
	return rows;
}

/** Where live keys of the tenant were used from since then, with each key: programs are compared across keys. At most 64 of a key. */
export async function readSourceFacts(tx: ReadTx, tenant_id: string, times: { now: Date; since: Date }): Promise<(SourceFacts & Neighbour)[]> {
	const { rows } = await sql<SourceFacts & Neighbour>`
		select k.id as key_id, k.name, k.environment, seen.source_id, seen.network, seen.agent, seen.client, seen.last_seen_at
		from keywright.keys as k
		join keywright.key_sources as seen on seen.tenant_id = k.tenant_id and seen.key_id = k.id
		where k.tenant_id = ${tenant_id} and not k.canary and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${times.now})
			and seen.last_seen_at >= ${times.since} and seen.requests > 0
		order by k.id, seen.last_seen_at desc, seen.source_id
	`.execute(tx);
	return rows;
}
