import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";
import type { KeyRights } from "./rights.ts";

const ROWS_A_PAGE = 1_000;

/** The rights of a tenant's keys, by id. */
export async function* keyRights(tx: ReadTx, tenant_id: string): AsyncGenerator<{ id: string; rights: KeyRights }> {
	for (let after = ""; ; ) {
		const rows = await tx
			.selectFrom("keys")
			.select(["id", "environment", "permissions", "site_ids", "allowed_ips", "rate_limits", "budgets", "expires_at", "paused_at", "revoked_at"])
			// Verification reads the mark of the secret.
			.select(
				sql<boolean>`canary and not exists (select from keywright.secrets as s where s.tenant_id = keys.tenant_id and s.key_id = keys.id and not s.canary)`.as(
					"canary",
				),
			)
			.where("tenant_id", "=", tenant_id)
			.where("id", ">", after)
			.orderBy("id")
			.limit(ROWS_A_PAGE)
			.execute();
		for (const { id, expires_at, paused_at, revoked_at, ...rest } of rows)
			yield { id, rights: { ...rest, expires_at: expires_at?.toISOString() ?? null, paused: paused_at !== null, revoked: revoked_at !== null } };
		const last = rows.at(-1);
		if (last === undefined || rows.length < ROWS_A_PAGE) return;
		after = last.id;
	}
}

/** All tenants, and whether each was erased. */
export async function readTenants(tx: ReadTx): Promise<{ id: string; erased: boolean }[]> {
	return tx
		.selectFrom("tenants")
		.select(["id", sql<boolean>`erased_at is not null`.as("erased")])
		.orderBy("id")
		.execute();
}
