import { type RawBuilder, sql } from "kysely";
import { HOUR_SECONDS } from "../core/time.ts";
import { containing } from "../database/like.ts";
import type { ReadTx } from "../database/transaction.ts";

export type TenantSort = "name" | "created_at" | "keys" | "requests_24h";

/** Filters, order and page of the list. */
export interface OverviewQuery {
	readonly search: string | undefined;
	readonly plan_id: string | undefined;
	readonly status: "active" | "suspended" | undefined;
	readonly sort: TenantSort;
	readonly order: "asc" | "desc";
	readonly limit: number;
	readonly offset: number;
	readonly now: Date;
	/** Requests are counted from here. */
	readonly from: Date;
	/** First day of the quota's month, UTC. */
	readonly month: string;
}

export interface OverviewRow {
	readonly id: string;
	readonly name: string;
	readonly external_id: string | null;
	readonly status: "active" | "suspended";
	readonly created_at: Date;
	readonly plan_id: string;
	readonly plan_name: string;
	readonly has_api: boolean;
	readonly keys: number;
	readonly allowed: number;
	readonly refused: number;
	readonly ever_called: boolean;
	readonly quota_requests: number | null;
	/** Requests that nodes have leased from the month's quota, spent or not. */
	readonly leased: number;
}

/** Only usage by the hour and finer: day rows are older than a report of 24 hours. */

const ORDER: Readonly<Record<TenantSort, RawBuilder<unknown>>> = {
	name: sql`lower(t.name)`,
	created_at: sql`t.created_at`,
	keys: sql`coalesce(k.keys, 0)`,
	requests_24h: sql`coalesce(u.allowed + u.refused, 0)`,
};

function matching({ search, plan_id, status }: OverviewQuery): RawBuilder<boolean> {
	const conditions = [sql<boolean>`t.erased_at is null`];
	if (plan_id !== undefined) conditions.push(sql<boolean>`t.plan_id = ${plan_id}`);
	if (status !== undefined) conditions.push(sql<boolean>`t.status = ${status}`);
	if (search !== undefined) {
		const like = containing(search);
		conditions.push(sql<boolean>`(t.name ilike ${like} or t.id ilike ${like} or t.external_id ilike ${like})`);
	}
	return sql.join(conditions, sql` and `);
}

export async function countTenants(tx: ReadTx, query: OverviewQuery): Promise<number> {
	const { rows } = await sql<{ count: number }>`select count(*)::int as count from keywright.tenants t where ${matching(query)}`.execute(tx);
	return rows[0]?.count ?? 0;
}

/** One page of the list with its figures. Reads the keys and the day's usage of all tenants: for an operator's page, not for the request path. */
export async function readTenantsOverview(tx: ReadTx, query: OverviewQuery): Promise<OverviewRow[]> {
	const direction = query.order === "asc" ? sql`asc` : sql`desc`;
	const { rows } = await sql<OverviewRow>`
		select t.id, t.name, t.external_id, t.status, t.created_at, t.plan_id, p.name as plan_name,
			'm2m_api' = any(p.capabilities) as has_api,
			coalesce(k.keys, 0)::int as keys,
			coalesce(u.allowed, 0)::bigint as allowed,
			coalesce(u.refused, 0)::bigint as refused,
			exists (select 1 from keywright.usage_operations o where o.tenant_id = t.id) as ever_called,
			case when t.limits ? 'quota_requests_per_month' then (t.limits ->> 'quota_requests_per_month')::bigint
				else p.quota_requests_per_month end as quota_requests,
			coalesce(q.leased, 0)::bigint as leased
		from keywright.tenants t
		join keywright.plans p on p.id = t.plan_id
		left join (
			select tenant_id, count(*) as keys from keywright.keys
			where not canary and revoked_at is null and (expires_at is null or expires_at > ${query.now}) group by tenant_id
		) k on k.tenant_id = t.id
		left join (
			select tenant_id, coalesce(sum(requests) filter (where code = 'allowed'), 0) as allowed,
				coalesce(sum(requests) filter (where code <> 'allowed'), 0) as refused
			from keywright.usage_operations where start >= ${query.from} and granularity_seconds <= ${HOUR_SECONDS} group by tenant_id
		) u on u.tenant_id = t.id
		left join keywright.quota_periods q on q.tenant_id = t.id and q.month = ${query.month}
		where ${matching(query)}
		order by ${ORDER[query.sort]} ${direction}, t.id ${direction}
		limit ${query.limit} offset ${query.offset}`.execute(tx);
	return rows;
}
