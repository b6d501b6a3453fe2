import type { ReadTx, Tx } from "../../database/transaction.ts";

/** A member to whom a one-time link may be mailed. */
export interface Reachable {
	readonly member_id: string;
	/** Proven. */
	readonly email: string;
}

function selectReachable(tx: ReadTx, tenant_id: string, member_id: string) {
	return tx
		.selectFrom("members as m")
		.innerJoin("people as p", "p.id", "m.person_id")
		.select(["m.id as member_id", "p.email"])
		.where("m.tenant_id", "=", tenant_id)
		.where("m.id", "=", member_id)
		.where("p.email_verified", "=", true);
}

function toReachable(row: { member_id: string; email: string | null } | undefined): Reachable | null {
	return row === undefined || row.email === null ? null : { member_id: row.member_id, email: row.email };
}

/** The member if they are in the tenant and their address is proven. */
export async function findReachable(tx: ReadTx, tenant_id: string, member_id: string | undefined): Promise<Reachable | null> {
	return member_id === undefined ? null : toReachable(await selectReachable(tx, tenant_id, member_id).executeTakeFirst());
}

/** The same, FOR SHARE, which blocks removal and a new address until commit. Call it after locking the tenant and before the key. */
export async function lockReachable(tx: Tx, tenant_id: string, member_id: string): Promise<Reachable | null> {
	return toReachable(await selectReachable(tx, tenant_id, member_id).forShare().executeTakeFirst());
}
