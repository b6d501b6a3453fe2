import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { SecretVersion, StorageLocation } from "../key.ts";

/** The columns of a new secret. */
export interface NewSecretRow {
	kid: string;
	tenant_id: string;
	key_id: string;
	mac: Buffer;
	mac_version: number;
	pepper_id: string;
	last4: string;
	created_at: Date;
	/** The key's. */
	canary: boolean;
	/** The actor (JSON) to which the raw key was returned; null for an imported secret. */
	shown_to: string | null;
}

/** False if the kid exists already: the caller must try another. */
export async function insertSecret(tx: Tx, secret: NewSecretRow): Promise<boolean> {
	const inserted = await tx
		.insertInto("secrets")
		.values(secret)
		.onConflict((conflict) => conflict.column("kid").doNothing())
		.executeTakeFirst();
	return inserted.numInsertedOrUpdatedRows === 1n;
}

/**
 * Locks the key's secrets before their use is read. A concurrent first use either commits before and is seen, or waits and sees this
 * change. Requires the key to be locked.
 */
export async function lockSecrets(tx: Tx, tenant_id: string, key_id: string): Promise<void> {
	await tx
		.selectFrom("secrets")
		.select("kid")
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", key_id)
		.orderBy("kid")
		.forNoKeyUpdate()
		.execute();
}

/** The secrets of keys, by key id, newest first. */
export async function readSecrets(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Map<string, SecretVersion[]>> {
	if (key_ids.length === 0) return new Map();
	const rows = await tx
		.selectFrom("secrets")
		.select(["key_id", ...SECRET_COLUMNS])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "in", key_ids)
		.orderBy("created_at", "desc")
		.orderBy("kid")
		.execute();
	return Map.groupBy(rows.map(secretFromRow), (row) => row.key_id);
}

/** Ends every live secret of the key immediately; returns their kids. */
export async function retireSecrets(tx: Tx, tenant_id: string, key_id: string, now: Date): Promise<string[]> {
	const retired = await tx
		.updateTable("secrets")
		.set({ retired_at: now })
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", key_id)
		.where("retired_at", "is", null)
		.returning("kid")
		.execute();
	return retired.map((row) => row.kid);
}

export async function updateStorageLocation(
	tx: Tx,
	secret: { tenant_id: string; kid: string },
	kept: Pick<SecretVersion, "kept_in" | "kept_in_note" | "kept_in_at">,
): Promise<void> {
	await tx.updateTable("secrets").set(kept).where("tenant_id", "=", secret.tenant_id).where("kid", "=", secret.kid).execute();
}

export const SECRET_COLUMNS = ["kid", "last4", "created_at", "retires_at", "retired_at", "kept_in", "kept_in_note", "kept_in_at", "lookup"] as const;

/** Guarantee: the column has a check constraint with exactly these values. Only imported secrets have a look-up. */
export function secretFromRow<Row extends { kept_in: string | null; lookup: string | null }>(row: Row) {
	const { lookup, ...columns } = row;
	return { ...columns, imported: lookup !== null, kept_in: row.kept_in as StorageLocation | null };
}
