import { asRole, type Role } from "../../core/caller.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";
import type { TenantStatus } from "../tenant.ts";

/** A person's membership in one tenant. */
export interface Membership {
	readonly tenant_id: string;
	readonly member_id: string;
	readonly role: Role;
	readonly last_seen_at: Date | null;
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
		.select(["id", "role", "last_seen_at"])
		.where("tenant_id", "=", tenant_id)
		.where("person_id", "=", person_id)
		.executeTakeFirst();
	return row ? { tenant_id, member_id: row.id, role: asRole(row.role), last_seen_at: row.last_seen_at } : null;
}

/** How far `last_seen_at` may be behind: a request writes it once in an hour. */
const SEEN_EVERY_MS = HOUR_MS;

export function isSeenStale({ last_seen_at }: Pick<Membership, "last_seen_at">, now_ms: number): boolean {
	return last_seen_at === null || now_ms - last_seen_at.getTime() >= SEEN_EVERY_MS;
}

/** Records that the member is here. Skips a row that a change has locked: the next request records it. */
export async function updateLastSeen(tx: RecordTx, member: { tenant_id: string; member_id: string }, now: Date): Promise<void> {
	const free = tx
		.selectFrom("members")
		.select("id")
		.where("tenant_id", "=", member.tenant_id)
		.where("id", "=", member.member_id)
		.forUpdate()
		.skipLocked();
	await tx.updateTable("members").set({ last_seen_at: now }).where("tenant_id", "=", member.tenant_id).where("id", "in", free).execute();
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
