import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import type { CapabilityUse, PermissionUse } from "./use.ts";

const TENANTS_NAMED_MAX = 10;

/** The plans that include the capability, sorted by name. */
async function plansWith(tx: ReadTx, capability: string): Promise<{ id: string; name: string }[]> {
	return tx.selectFrom("plans").select(["id", "name"]).where(sql<boolean>`${capability} = any(capabilities)`).orderBy("name").orderBy("id").execute();
}

async function countRules(tx: ReadTx, fits: ReturnType<typeof sql<boolean>>): Promise<number> {
	const { rows } = await sql<{ count: number }>`
		select count(*)::int as count from keywright.forward_auth_rules f, jsonb_array_elements(f.rules) rule where ${fits}
	`.execute(tx);
	return rows[0]?.count ?? 0;
}

/** Scans every key: for an operator's question, not for the request path. */
export async function readPermissionUse(tx: ReadTx, permission: { name: string; capability: string }, now: Date): Promise<PermissionUse> {
	const { name } = permission;
	const { rows } = await sql<{ id: string; name: string; keys: number; all_keys: number; tenants: number }>`
		select t.id, t.name, k.keys, k.all_keys, k.tenants
		from (
			select tenant_id, count(*)::int as keys, sum(count(*)) over ()::int as all_keys, count(*) over ()::int as tenants
			from keywright.keys
			where ${name} = any(permissions) and not canary and revoked_at is null and (expires_at is null or expires_at > ${now})
			group by tenant_id
		) k
		join keywright.tenants t on t.id = k.tenant_id
		order by k.keys desc, t.name, t.id
		limit ${TENANTS_NAMED_MAX}
	`.execute(tx);
	return {
		plans: await plansWith(tx, permission.capability),
		keys: rows[0]?.all_keys ?? 0,
		tenants: rows[0]?.tenants ?? 0,
		most: rows.map(({ id, name: tenant_name, keys }) => ({ id, name: tenant_name, keys })),
		forward_auth_rules: await countRules(tx, sql<boolean>`rule -> 'permissions' ? ${name}`),
	};
}

export async function readCapabilityUse(tx: ReadTx, capability: string): Promise<CapabilityUse> {
	const permissions = await tx.selectFrom("permissions").select("name").where("capability", "=", capability).orderBy("name").execute();
	return {
		plans: await plansWith(tx, capability),
		permissions: permissions.map(({ name }) => name),
		forward_auth_rules: await countRules(tx, sql<boolean>`rule ->> 'capability' = ${capability}`),
	};
}
