import { type SqlBool, sql } from "kysely";
import { asRole, type Role } from "../../core/caller.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import { type Member, memberFromRow } from "./member.ts";

function selectMembers(tx: ReadTx, tenant_id: string) {
	return tx
		.selectFrom("members as m")
		.innerJoin("people as p", "p.id", "m.person_id")
		.select(["m.id", "m.person_id", "p.name", "p.email", "m.role", "m.joined_at", "m.last_seen_at"])
		.where("m.tenant_id", "=", tenant_id);
}

/** The members of a tenant, in the order of joining. */
export async function readMembers(tx: ReadTx, tenant_id: string, window: Window): Promise<Member[]> {
	const [joined_at, id] = window.after ?? [];
	const rows = await selectMembers(tx, tenant_id)
		.$if(joined_at !== undefined, (query) => query.where(sql<SqlBool>`(m.joined_at, m.id) > (${joined_at}::timestamptz, ${id}::text)`))
		.orderBy("m.joined_at")
		.orderBy("m.id")
		.limit(window.rows_max)
		.execute();
	return rows.map(memberFromRow);
}

export async function readMember(tx: ReadTx, tenant_id: string, member_id: string): Promise<Member | null> {
	const row = await selectMembers(tx, tenant_id).where("m.id", "=", member_id).executeTakeFirst();
	return row ? memberFromRow(row) : null;
}

/** Null when there is no such member or it was removed. */
export async function readMemberRole(tx: ReadTx, tenant_id: string, member_id: string): Promise<Role | null> {
	const row = await tx.selectFrom("members").select("role").where("tenant_id", "=", tenant_id).where("id", "=", member_id).executeTakeFirst();
	return row ? asRole(row.role) : null;
}

/** Reads the role FOR SHARE, which blocks removal and demotion until commit. */
export async function lockMemberRole(tx: Tx, tenant_id: string, member_id: string): Promise<Role | null> {
	const row = await tx
		.selectFrom("members")
		.select("role")
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", member_id)
		.forShare()
		.executeTakeFirst();
	return row ? asRole(row.role) : null;
}

/** Whether a member of the tenant has this normalized address. */
export async function isMembersAddress(tx: ReadTx, tenant_id: string, email: string): Promise<boolean> {
	return (await selectMembers(tx, tenant_id).where("p.email", "=", email).executeTakeFirst()) !== undefined;
}

/** The number of owners. Stable until commit only with the tenant locked. */
export async function countOwners(tx: ReadTx, tenant_id: string): Promise<number> {
	const { count } = await tx
		.selectFrom("members")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", tenant_id)
		.where("role", "=", "owner")
		.executeTakeFirstOrThrow();
	return count;
}

export async function updateMemberRole(tx: Tx, tenant_id: string, member_id: string, role: Role): Promise<void> {
	await tx.updateTable("members").set({ role }).where("tenant_id", "=", tenant_id).where("id", "=", member_id).execute();
}

export async function deleteMember(tx: Tx, tenant_id: string, member_id: string): Promise<void> {
	await tx.deleteFrom("members").where("tenant_id", "=", tenant_id).where("id", "=", member_id).execute();
}
