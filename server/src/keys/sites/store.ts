import { type SqlBool, sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import type { Environment } from "../secrets/format.ts";

/** A live key that is bound to the site. */
export interface BoundKey {
	readonly key_id: string;
	readonly name: string;
	readonly environment: Environment;
	readonly last4: string | null;
	/** How many other sites it is bound to. */
	readonly other_sites: number;
}

/** Guarantee: the column has a check constraint with exactly these values. */
function asEnvironment(environment: string): Environment {
	return environment as Environment;
}

/** Canary keys work at no site. */
const isLive = (now: Date) => sql<SqlBool>`not k.canary and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})`;

/** The live keys that are bound to the site, first those bound to no other site, at most `rows_max`. */
export async function readBoundKeys(tx: ReadTx, site: { tenant_id: string; site_id: string }, now: Date, rows_max: number): Promise<BoundKey[]> {
	const rows = await tx
		.selectFrom("keys as k")
		.select(["k.id as key_id", "k.name", "k.environment"])
		.select(sql<number>`cardinality(k.site_ids) - 1`.as("other_sites"))
		.select(
			sql<
				string | null
			>`(select s.last4 from keywright.secrets s where s.tenant_id = k.tenant_id and s.key_id = k.id order by s.created_at desc limit 1)`.as("last4"),
		)
		.where("k.tenant_id", "=", site.tenant_id)
		.where(sql<SqlBool>`${site.site_id} = any(k.site_ids)`)
		.where(isLive(now))
		.orderBy("other_sites")
		.orderBy("k.name")
		.limit(rows_max)
		.execute();
	return rows.map(({ environment, ...key }) => ({ ...key, environment: asEnvironment(environment) }));
}

export interface SiteKeys {
	/** By site: the live keys that are bound to it. */
	readonly bound: ReadonlyMap<string, number>;
	/** Live keys that are bound to no site and work at all of them. */
	readonly everywhere: number;
}

/** Counts live keys by site. */
export async function countKeysOfSites(tx: ReadTx, tenant_id: string, site_ids: readonly string[], now: Date): Promise<SiteKeys> {
	const { rows } = await sql<{ site_id: string | null; keys: number }>`
		select site_id, count(*)::int as keys
		from keywright.keys k
		left join lateral unnest(k.site_ids) as bound (site_id) on true
		where k.tenant_id = ${tenant_id} and ${isLive(now)} and (k.site_ids is null or site_id = any(${site_ids}::text[]))
		group by site_id
	`.execute(tx);
	const counts = new Map(rows.map(({ site_id, keys }) => [site_id, keys]));
	return { bound: new Map(site_ids.map((site_id) => [site_id, counts.get(site_id) ?? 0])), everywhere: counts.get(null) ?? 0 };
}
