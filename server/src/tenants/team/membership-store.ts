import { asRole, type Role } from "../../core/caller.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { TenantStatus } from "../tenant.ts";

/** A person's membership in one tenant. */
export interface Membership {
	readonly tenant_id: string;
	readonly member_id: string;
	readonly role: Role;
}

/** A tenant in the list of a member's own tenants. */
export interface OwnTenant {
	readonly id: string;
	readonly name: string;
	readonly status: TenantStatus;
	readonly role: Role;
	readonly plan: { readonly id: string; readonly name: string };
}

/** Null when the person is not a member of the tenant. */
export async function readMembership(tx: ReadTx, tenant_id: string, person_id: string): Promise<Membership | null> {
	const row = await tx
		.selectFrom("members")
		.select(["id", "role"])
		.where("tenant_id", "=", tenant_id)
		.where("person_id", "=", person_id)
		.executeTakeFirst();
	return row ? { tenant_id, member_id: row.id, role: asRole(row.role) } : null;
}

function selectTenants(tx: ReadTx) {
	return tx
		.selectFrom("tenants as t")
		.innerJoin("plans as p", "p.id", "t.plan_id")
		.select(["t.id", "t.name", "t.status", "p.id as plan_id", "p.name as plan_name"])
		.where("t.erased_at", "is", null);
}

/** Guarantee: the status column has a check constraint with these values. */
function ownTenant(row: { id: string; name: string; status: string; plan_id: string; plan_name: string }, role: Role): OwnTenant {
	return { id: row.id, name: row.name, status: row.status as TenantStatus, role, plan: { id: row.plan_id, name: row.plan_name } };
}

/** All tenants of the person, by name. Needs the scope of all tenants. */
export async function readMemberships(tx: ReadTx, person_id: string): Promise<OwnTenant[]> {
	const rows = await selectTenants(tx)
		.innerJoin("members as m", "m.tenant_id", "t.id")
		.select("m.role")
		.where("m.person_id", "=", person_id)
		.orderBy("t.name")
		.orderBy("t.id")
		.execute();
	return rows.map((row) => ownTenant(row, asRole(row.role)));
}

/** One tenant as a member with `role` sees it; null when it is unknown or erased. */
export async function readOwnTenant(tx: ReadTx, tenant_id: string, role: Role): Promise<OwnTenant | null> {
	const row = await selectTenants(tx).where("t.id", "=", tenant_id).executeTakeFirst();
	return row ? ownTenant(row, role) : null;
}

/** Whether the person is an operator, which outranks every role of every tenant. */
export async function isOperator(tx: ReadTx, person_id: string): Promise<boolean> {
	return (await tx.selectFrom("operators").select("person_id").where("person_id", "=", person_id).executeTakeFirst()) !== undefined;
}

/** The same, FOR SHARE, which blocks the operator's removal until commit. */
export async function lockOperator(tx: Tx, person_id: string): Promise<boolean> {
	return (await tx.selectFrom("operators").select("person_id").where("person_id", "=", person_id).forShare().executeTakeFirst()) !== undefined;
}
