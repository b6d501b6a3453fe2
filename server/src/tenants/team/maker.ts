import { type Role, roleReaches } from "../../core/caller.ts";
import type { Tx } from "../../database/transaction.ts";
import { lockMemberRole } from "./member-store.ts";
import { lockOperator } from "./membership-store.ts";

/**
 * Whether who made a link may still make it, and so it stays until the transaction ends. A link ends with its maker; this holds for links of before
 * too. Call it after the tenant's lock and before the key's. The operator token and the system lose nothing; a portal session ends by itself after
 * an hour, and what was made in it goes on.
 */
export async function makerMayStill(tx: Tx, tenant_id: string, maker: { kind: string; id?: string }, needed: Role): Promise<boolean> {
	if (maker.id === undefined) return true;
	if (maker.kind === "operator") return lockOperator(tx, maker.id);
	if (maker.kind !== "member") return true;
	const role = await lockMemberRole(tx, tenant_id, maker.id);
	return role !== null && roleReaches(role, needed);
}
