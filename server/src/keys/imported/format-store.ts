import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { ImportedAlphabet, ImportedFormat } from "./format.ts";

const FORMAT_COLUMNS = ["name", "prefix", "alphabet", "length_min", "length_max", "created_at"] as const;

export interface StoredImportedFormat extends ImportedFormat {
	readonly created_at: Date;
}

/** Guarantee: the column has a check constraint with exactly these values. */
function formatFromRow<Row extends { alphabet: string }>(row: Row): Row & { alphabet: ImportedAlphabet } {
	return row as Row & { alphabet: ImportedAlphabet };
}

/** All formats (at most 16), sorted by name. */
export async function readImportedFormats(tx: ReadTx): Promise<StoredImportedFormat[]> {
	return (await tx.selectFrom("legacy_formats").select(FORMAT_COLUMNS).orderBy("name").execute()).map(formatFromRow);
}

export interface ImportedUse {
	/** Secrets that are not retired, of keys that are not revoked. */
	readonly keys: number;
	readonly keys_never_used: number;
}

const NO_USE: ImportedUse = { keys: 0, keys_never_used: 0 };

async function countUses(tx: ReadTx, name: string | null): Promise<Map<string, ImportedUse>> {
	const rows = await tx
		.selectFrom("secrets as s")
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "s.tenant_id").onRef("k.id", "=", "s.key_id"))
		.select("s.legacy_format as name")
		.select((select) => select.fn.countAll<number>().as("keys"))
		.select(sql<number>`count(*) filter (where s.mac_version = 2)`.as("keys_never_used"))
		.where("s.legacy_format", "is not", null)
		.where("s.retired_at", "is", null)
		.where("k.revoked_at", "is", null)
		.$if(name !== null, (query) => query.where("s.legacy_format", "=", name))
		.groupBy("s.legacy_format")
		.execute();
	return new Map(rows.map(({ name: format, keys, keys_never_used }) => [format ?? "", { keys, keys_never_used }]));
}

/** The use of each format that has keys, by name. */
export async function countImportedUses(tx: ReadTx): Promise<Map<string, ImportedUse>> {
	return countUses(tx, null);
}

export async function countImportedUse(tx: ReadTx, name: string): Promise<ImportedUse> {
	return (await countUses(tx, name)).get(name) ?? NO_USE;
}

/** Reads the format FOR UPDATE, which blocks its change and deletion, and imports under it, until commit. */
export async function lockImportedFormat(tx: Tx, name: string): Promise<StoredImportedFormat | null> {
	const row = await tx.selectFrom("legacy_formats").select(FORMAT_COLUMNS).where("name", "=", name).forUpdate().executeTakeFirst();
	return row ? formatFromRow(row) : null;
}

export async function saveImportedFormat(tx: Tx, format: StoredImportedFormat): Promise<void> {
	const { prefix, alphabet, length_min, length_max } = format;
	await tx
		.insertInto("legacy_formats")
		.values(format)
		.onConflict((conflict) => conflict.column("name").doUpdateSet({ prefix, alphabet, length_min, length_max }))
		.execute();
}

export async function countImportedFormats(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("legacy_formats")
		.select((select) => select.fn.countAll<number>().as("count"))
		.executeTakeFirstOrThrow();
	return count;
}

/** Deletes the format and clears it from the ended secrets that were imported under it. */
export async function deleteImportedFormatRow(tx: Tx, name: string): Promise<void> {
	await tx.updateTable("secrets").set({ legacy_format: null }).where("legacy_format", "=", name).execute();
	await tx.deleteFrom("legacy_formats").where("name", "=", name).execute();
}
