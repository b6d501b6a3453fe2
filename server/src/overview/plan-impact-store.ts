import { type RawBuilder, sql } from "kysely";
import type { CountedOperation } from "../checklist/facts.ts";
import { certainty, daysOf } from "../checklist/traffic-store.ts";
import type { ReadTx } from "../database/transaction.ts";
import type { Plan } from "../plans/plan.ts";

const TENANTS_NAMED_MAX = 10;

/** The tenants that a change affects: one, or all that have a plan. */
export type Affected = { readonly tenant_id: string } | { readonly plan_id: string };

/** A change of the plan of `affected`, at `now`; `month`: first day of the quota's month, UTC. */
export interface PlanChange {
	readonly affected: Affected;
	readonly before: Plan;
	readonly after: Plan;
	readonly now: Date;
	readonly month: string;
}

/** Limits whose use can be above a new maximum. */
const COUNTED = ["api_keys", "sites", "documents", "storage_bytes", "requests"] as const;
export type Counted = (typeof COUNTED)[number];

export interface AffectedCounts {
	readonly tenants: number;
	readonly keys: number;
	/** How many tenants are above a maximum that the change lowers. */
	readonly over: Readonly<Record<Counted, number>>;
}

export interface LostPermission {
	readonly permission: string;
	readonly capability: string;
	readonly keys: number;
}

export interface LosingTenants {
	/** Live keys that lose a permission, and their tenants. */
	readonly keys: number;
	readonly tenants: number;
	/** The tenants with the most of these keys. */
	readonly most: { readonly id: string; readonly name: string; readonly keys: number }[];
}

function isAffected(affected: Affected): RawBuilder<boolean> {
	return "tenant_id" in affected
		? sql<boolean>`t.erased_at is null and t.id = ${affected.tenant_id}`
		: sql<boolean>`t.erased_at is null and t.plan_id = ${affected.plan_id}`;
}

/** Canary keys have no rights and no place in a plan. */
function isLive(now: Date): RawBuilder<boolean> {
	return sql<boolean>`not k.canary and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})`;
}

function getMaximum(plan: Plan, limit: Counted): number | null {
	return limit === "requests" ? plan.quota_requests_per_month : plan.limits[limit];
}

/** Counts tenants that are above the new maximum and were not above the old one. A limit of the tenant's own does not change. */
function countOver({ before, after }: PlanChange, limit: Counted): RawBuilder<unknown> {
	const own = limit === "requests" ? "quota_requests_per_month" : limit;
	const used = sql.ref(`use.${limit}`);
	const [was, will] = [getMaximum(before, limit), getMaximum(after, limit)];
	const newly = sql`${used} > ${will}::bigint and (${was}::bigint is null or ${used} <= ${was}::bigint)`;
	return sql`${limit}::text, count(*) filter (where not use.own ? ${own} and ${newly})`;
}

/** Scans the keys of the affected tenants: for an operator's question, not for the request path. */
export async function countAffected(tx: ReadTx, change: PlanChange): Promise<AffectedCounts> {
	const { affected, now, month } = change;
	const { rows } = await sql<AffectedCounts>`
		select count(*)::int as tenants, coalesce(sum(use.api_keys), 0)::int as keys,
			jsonb_build_object(${sql.join(COUNTED.map((limit) => countOver(change, limit)))}) as over
		from (
			select coalesce(t.limits, '{}'::jsonb) as own,
				(select count(*) from keywright.keys k where k.tenant_id = t.id and ${isLive(now)}) as api_keys,
				(select count(*) from keywright.sites s where s.tenant_id = t.id) as sites,
				coalesce(d.documents, 0) as documents, coalesce(d.storage_bytes, 0) as storage_bytes, coalesce(q.leased, 0) as requests
			from keywright.tenants t
			left join keywright.tenant_storage d on d.tenant_id = t.id
			left join keywright.quota_periods q on q.tenant_id = t.id and q.month = ${month}
			where ${isAffected(affected)}
		) use`.execute(tx);
	const [counts] = rows;
	if (!counts) throw new Error("an aggregate without groups returned no row");
	return counts;
}

/** The permissions of the lost capabilities that live keys of the affected tenants have, with the number of these keys. */
export async function readLostPermissions(tx: ReadTx, { affected, now }: PlanChange, lost: readonly string[]): Promise<LostPermission[]> {
	const { rows } = await sql<LostPermission>`
		select c.name as permission, c.capability, count(*)::int as keys
		from keywright.permissions c
		join keywright.keys k on c.name = any(k.permissions)
		join keywright.tenants t on t.id = k.tenant_id
		where c.capability = any(${lost}::text[]) and ${isLive(now)} and ${isAffected(affected)}
		group by c.name, c.capability
		order by c.name`.execute(tx);
	return rows;
}

/** The tenants whose keys lose a permission. */
export async function readLosingTenants(tx: ReadTx, { affected, now }: PlanChange, lost: readonly string[]): Promise<LosingTenants> {
	const { rows } = await sql<{ id: string; name: string; keys: number; all_keys: number; tenants: number }>`
		select t.id, t.name, count(*)::int as keys, sum(count(*)) over ()::int as all_keys, count(*) over ()::int as tenants
		from keywright.keys k
		join keywright.tenants t on t.id = k.tenant_id
		where ${isLive(now)} and ${isAffected(affected)}
			and k.permissions && (select coalesce(array_agg(name), '{}') from keywright.permissions where capability = any(${lost}::text[]))
		group by t.id, t.name
		order by keys desc, t.name, t.id
		limit ${TENANTS_NAMED_MAX}`.execute(tx);
	return { keys: rows[0]?.all_keys ?? 0, tenants: rows[0]?.tenants ?? 0, most: rows.map(({ id, name, keys }) => ({ id, name, keys })) };
}

/** A live key of an affected tenant, with what its allowed requests of these days did, in groups. */
export interface AffectedUse {
	readonly key_id: string;
	readonly name: string;
	readonly environment: string;
	readonly permissions: readonly string[];
	readonly uses: readonly (CountedOperation & { readonly overflowed: boolean; readonly requests: number })[];
}

/** What the live keys of the affected tenants did in these days of UTC, both inclusive. `rules_changed_on`: as `Needs` has it. */
export async function readAffectedUses(
	tx: ReadTx,
	{ affected, now }: PlanChange,
	{ from_day, today, rules_changed_on }: { readonly from_day: string; readonly today: string; readonly rules_changed_on: string | null },
): Promise<AffectedUse[]> {
	const { rows } = await sql<AffectedUse>`
		with used as materialized (
			select u.tenant_id, u.key_id, operation, overflowed, ${certainty(rules_changed_on)}, sum(requests)::bigint as requests
			from keywright.usage_by_source as u join keywright.tenants t on t.id = u.tenant_id and ${isAffected(affected)}
			where day = any (${daysOf(from_day, today)}) and code = 'allowed'
			group by u.tenant_id, u.key_id, operation, overflowed, names_all, rules_hold
		)
		select k.id as key_id, k.name, k.environment, k.permissions, jsonb_agg(to_jsonb(used) - 'tenant_id' - 'key_id') as uses
		from used join keywright.keys k on k.tenant_id = used.tenant_id and k.id = used.key_id
		where ${isLive(now)}
		group by k.tenant_id, k.id, k.name, k.environment, k.permissions
	`.execute(tx);
	return rows;
}

/** For each plan that a tenant has: its tenants, and their live keys. */
export async function readPlanUse(tx: ReadTx, now: Date): Promise<{ plan_id: string; tenants: number; keys: number }[]> {
	const { rows } = await sql<{ plan_id: string; tenants: number; keys: number }>`
		select t.plan_id, count(*)::int as tenants, coalesce(sum(k.keys), 0)::int as keys
		from keywright.tenants t
		left join (select tenant_id, count(*) as keys from keywright.keys k where ${isLive(now)} group by tenant_id) k on k.tenant_id = t.id
		where t.erased_at is null
		group by t.plan_id
		order by t.plan_id`.execute(tx);
	return rows;
}
