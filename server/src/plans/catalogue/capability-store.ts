import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import type { Capability, TenantCapability } from "./capability.ts";

const COLUMNS = ["name", "description", "built_in"] as const;

/** Every capability that is described, in a plan or required by a permission; by name. */
export async function readCapabilities(tx: ReadTx, window: Window): Promise<Capability[]> {
	const [after = null] = window.after ?? [];
	const { rows } = await sql<Capability>`
		select n.name, coalesce(c.description, '') as description, coalesce(c.built_in, false) as built_in
		from (
			select name from keywright.capabilities
			union select unnest(capabilities) from keywright.plans
			union select capability from keywright.permissions
		) n
		left join keywright.capabilities c on c.name = n.name
		where ${after}::text is null or n.name > ${after}
		order by n.name
		limit ${window.rows_max}
	`.execute(tx);
	return rows;
}

/**
 * Every capability as the tenant sees it, by name; empty when the tenant is unknown. Omits what only other plans include, because the
 * tenant must not learn those names.
 */
export async function readCapabilitiesOfTenant(tx: ReadTx, tenant_id: string): Promise<TenantCapability[]> {
	const { rows } = await sql<TenantCapability>`
		select n.name, coalesce(c.description, '') as description, n.name = any(p.capabilities) as included,
			array(select r.name from keywright.permissions r where r.capability = n.name order by r.name) as permissions
		from keywright.tenants t
		join keywright.plans p on p.id = t.plan_id
		cross join lateral (
			select name from keywright.capabilities
			union select unnest(p.capabilities)
			union select capability from keywright.permissions
		) n
		left join keywright.capabilities c on c.name = n.name
		where t.id = ${tenant_id}
		order by n.name
	`.execute(tx);
	return rows;
}

export async function countCapabilities(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("capabilities")
		.select((select) => select.fn.countAll<number>().as("count"))
		.executeTakeFirstOrThrow();
	return count;
}

export async function lockCapability(tx: Tx, name: string): Promise<Capability | null> {
	const row = await tx.selectFrom("capabilities").select(COLUMNS).where("name", "=", name).forUpdate().executeTakeFirst();
	return row ?? null;
}

/** False when one with this name exists, even one that a concurrent transaction has just created. */
export async function insertCapability(tx: Tx, capability: Capability, now: Date): Promise<boolean> {
	const inserted = await tx
		.insertInto("capabilities")
		.values({ ...capability, created_at: now })
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function updateCapability(tx: Tx, capability: Capability): Promise<void> {
	await tx.updateTable("capabilities").set({ description: capability.description }).where("name", "=", capability.name).execute();
}

export async function deleteCapabilityRow(tx: Tx, name: string): Promise<void> {
	await tx.deleteFrom("capabilities").where("name", "=", name).execute();
}
