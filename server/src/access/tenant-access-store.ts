import { sql } from "kysely";
import { asRole, type Role } from "../core/caller.ts";
import type { ReadTx } from "../database/transaction.ts";

/** More people than a person would contact. */
const PEOPLE_MAX = 20;

/** The owners of the tenant, then its admins, each in the order of joining; at most 20. */
export async function readPeopleInCharge(tx: ReadTx, tenant_id: string): Promise<{ role: Role; name: string; email: string | null }[]> {
	const rows = await tx
		.selectFrom("members as m")
		.innerJoin("people as p", "p.id", "m.person_id")
		.select(["m.role", "p.name", "p.email"])
		.where("m.tenant_id", "=", tenant_id)
		.where("m.role", "in", ["owner", "admin"])
		.orderBy(sql`m.role = 'owner'`, "desc")
		.orderBy("m.joined_at")
		.orderBy("m.id")
		.limit(PEOPLE_MAX)
		.execute();
	return rows.map((row) => ({ ...row, role: asRole(row.role) }));
}
