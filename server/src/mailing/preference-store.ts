import { sql } from "kysely";
import type { ReadTx } from "../database/transaction.ts";

export interface StoredPreferences {
	readonly address_proven: boolean;
	/** By name, each with the classes that the person has stopped. */
	readonly tenants: readonly { readonly id: string; readonly name: string; readonly stopped: readonly string[] }[];
}

/** What a person has unsubscribed from, in each of their tenants. */
export async function readPreferences(tx: ReadTx, person_id: string): Promise<StoredPreferences> {
	const person = await tx.selectFrom("people").select("email_verified").where("id", "=", person_id).executeTakeFirst();
	const { rows } = await sql<StoredPreferences["tenants"][number]>`
		select t.id, t.name, coalesce(array_agg(u.class) filter (where u.class is not null), '{}') as stopped
		from keywright.members m
		join keywright.tenants t on t.id = m.tenant_id and t.erased_at is null
		left join keywright.mail_unsubscriptions u on u.tenant_id = m.tenant_id and u.person_id = m.person_id
		where m.person_id = ${person_id} group by t.id, t.name order by t.name, t.id`.execute(tx);
	return { address_proven: person?.email_verified === true, tenants: rows };
}
