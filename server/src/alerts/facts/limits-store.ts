import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import type { Fact } from "../alert.ts";

/** A period that ended less than this ago still raises an alert: what was used up shortly before midnight is looked at after it. */
const GRACE_SECONDS = 60;
/** From here on the rows of which `budget_periods.near` is true are enough. */
const NEAR_PERCENT = 80;

/** Budgets of live keys that are used up to `percent` or more in their current period; one that is used up is a subject of its own. By the index `budget_periods_near`, or `budget_periods_of` for a threshold below 80 percent. */
export async function readBudgetsNear(tx: ReadTx, now: Date, percent: number): Promise<Fact[]> {
	const { rows } = await sql<{
		tenant_id: string;
		key_id: string;
		key: string;
		name: string;
		unit: string;
		start: string;
		used: number;
		max: number;
	}>`
		with starts as materialized (
			select distinct date_trunc(per, (${now}::timestamptz - grace) at time zone 'UTC')::date as start, per
			from unnest(array['day', 'week', 'month']) as p (per), unnest(array[interval '0', make_interval(secs => ${GRACE_SECONDS})]) as g (grace)
			union all select date '1970-01-01', 'total'
		), periods as materialized (
			select tenant_id, key_id, name, per, start, leased from starts join keywright.budget_periods using (per, start)
			where ${percent >= NEAR_PERCENT ? sql`near` : sql`amount >= 1`}
		)
		select p.tenant_id, p.key_id, k.name as key, p.name, b.unit, p.start::text as start, p.leased as used, b.amount as max
		from periods as p join keywright.keys as k on k.tenant_id = p.tenant_id and k.id = p.key_id
		cross join lateral jsonb_to_recordset(k.budgets) as b (name text, unit text, amount bigint, per text)
		where b.name = p.name and b.per = p.per and not k.canary and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})
			and p.leased >= b.amount::numeric * ${percent}::bigint / 100
	`.execute(tx);
	return rows.map(({ tenant_id, key_id, key, name, unit, start, used, max }) => ({
		...{ tenant_id, rule: "limit_near", subject: JSON.stringify([key_id, name, start, used >= max]), key_id, count: 1 },
		value: used >= max ? 100 : (used * 100) / max,
		evidence: { name: "budget", key, budget: name, unit, used, max },
	}));
}

/** Limits of tenants that are used up to `percent` or more; the value is how far. A limit of one is used up by design. */
export async function readLimitsNear(tx: ReadTx, now: Date, percent: number): Promise<Fact[]> {
	const { rows } = await sql<{ tenant_id: string; name: string; used: number; max: number }>`
		with wanted as (
			select t.id as tenant_id, p.limits || coalesce(t.limits, '{}') as limits,
				case when t.limits ? 'quota_requests_per_month' then (t.limits ->> 'quota_requests_per_month')::bigint
					else p.quota_requests_per_month end as quota
			from keywright.tenants as t join keywright.plans as p on p.id = t.plan_id where t.erased_at is null
		), used as (
			select tenant_id, 'api_keys' as name, count(*) as used from keywright.keys
			where not canary and revoked_at is null and (expires_at is null or expires_at > ${now}) group by tenant_id
			union all
			select tenant_id, 'sites', count(*) from keywright.sites group by tenant_id
			union all
			select tenant_id, 'documents', documents from keywright.tenant_storage
			union all
			select tenant_id, 'storage_bytes', storage_bytes from keywright.tenant_storage
			union all
			select tenant_id, 'quota', leased from keywright.quota_periods where month = ${`${now.toISOString().slice(0, 7)}-01`}::date
		)
		select tenant_id, name, used, max from (
			select w.tenant_id, u.name, u.used, case when u.name = 'quota' then w.quota else (w.limits ->> u.name)::bigint end as max
			from wanted as w join used as u on u.tenant_id = w.tenant_id
		) as of_limit
		where max > 1 and used * 100 >= max * ${percent}::bigint
	`.execute(tx);
	return rows.map(({ tenant_id, name, used, max }) => ({
		...{ tenant_id, rule: "limit_near", subject: name, key_id: null, count: 1 },
		value: (used * 100) / max,
		evidence: { name, used, max },
	}));
}
