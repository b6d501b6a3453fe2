import type { Tx } from "../database/transaction.ts";
import type { Key, SecretVersion } from "./key.ts";
import type { Environment } from "./secrets/format.ts";

export type LockedKey = Pick<Key, "name" | "environment" | "permissions" | "site_ids" | "expires_at" | "paused_at" | "revoked_at">;

/** Guarantee: the column has a check constraint with exactly these values. */
function asEnvironment(environment: string): Environment {
	return environment as Environment;
}

/** Reads a key that nobody changes until the transaction ends; others may hold it too. */
export async function readKeyForShare(tx: Tx, tenant_id: string, key_id: string): Promise<LockedKey | null> {
	const row = await tx
		.selectFrom("keys")
		.select(["name", "environment", "permissions", "site_ids", "expires_at", "paused_at", "revoked_at"])
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", key_id)
		.forShare()
		.executeTakeFirst();
	return row ? { ...row, environment: asEnvironment(row.environment) } : null;
}

export type LockedSecret = Pick<SecretVersion, "retires_at" | "retired_at">;

export async function readSecretForShare(tx: Tx, secret: { tenant_id: string; key_id: string; kid: string }): Promise<LockedSecret | null> {
	const row = await tx
		.selectFrom("secrets")
		.select(["retires_at", "retired_at"])
		.where("kid", "=", secret.kid)
		.where("tenant_id", "=", secret.tenant_id)
		.where("key_id", "=", secret.key_id)
		.forShare()
		.executeTakeFirst();
	return row ?? null;
}

/** Reads a site that nobody changes or deletes until the transaction ends. */
export async function readSiteForShare(tx: Tx, tenant_id: string, site_id: string): Promise<{ environment: string | null } | null> {
	const row = await tx
		.selectFrom("sites")
		.select("environment")
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", site_id)
		.forShare()
		.executeTakeFirst();
	return row ?? null;
}
