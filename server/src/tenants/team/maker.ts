import { type Role, roleSuffices } from "../../core/caller.ts";
import type { Tx } from "../../database/transaction.ts";
import { lockMemberRole } from "./member-store.ts";
import { lockOperator } from "./membership-store.ts";

/**
 * Whether a link's maker may still create it; locks their role FOR SHARE. Also covers links older than the rule that links end with their
 * maker. Call it after locking the tenant and before the key. The operator token, the system and portal sessions keep their links.
 */
export async function isMakerAllowed(tx: Tx, tenant_id: string, maker: { kind: string; id?: string }, needed: Role): Promise<boolean> {
	if (maker.id === undefined) return true;
	if (maker.kind === "operator") return lockOperator(tx, maker.id);
	if (maker.kind !== "member") return true;
	const role = await lockMemberRole(tx, tenant_id, maker.id);
	return role !== null && roleSuffices(role, needed);
}
