import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { LegacyAlphabet, LegacyFormat } from "./format.ts";

const FORMAT_COLUMNS = ["name", "prefix", "alphabet", "length_min", "length_max", "created_at"] as const;

export interface StoredLegacyFormat extends LegacyFormat {
	readonly created_at: Date;
}

/** Guarantee: the column has a check constraint with exactly these values. */
function formatFromRow<Row extends { alphabet: string }>(row: Row): Row & { alphabet: LegacyAlphabet } {
	return row as Row & { alphabet: LegacyAlphabet };
}

/** All of them, which are few; sorted by name. */
export async function readLegacyFormats(tx: ReadTx): Promise<StoredLegacyFormat[]> {
	return (await tx.selectFrom("legacy_formats").select(FORMAT_COLUMNS).orderBy("name").execute()).map(formatFromRow);
}

export interface LegacyUse {
	/** Secrets that may still be accepted. */
	readonly keys: number;
	readonly keys_never_used: number;
}

const NO_USE: LegacyUse = { keys: 0, keys_never_used: 0 };

async function countUses(tx: ReadTx, name: string | null): Promise<Map<string, LegacyUse>> {
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

/** What is imported under each format that has anything. */
export async function countLegacyUses(tx: ReadTx): Promise<Map<string, LegacyUse>> {
	return countUses(tx, null);
}

export async function countLegacyUse(tx: ReadTx, name: string): Promise<LegacyUse> {
	return (await countUses(tx, name)).get(name) ?? NO_USE;
}

/** The format, which nobody changes, deletes or imports under until the transaction ends. */
export async function lockLegacyFormat(tx: Tx, name: string): Promise<StoredLegacyFormat | null> {
	const row = await tx.selectFrom("legacy_formats").select(FORMAT_COLUMNS).where("name", "=", name).forUpdate().executeTakeFirst();
	return row ? formatFromRow(row) : null;
}

export async function saveLegacyFormat(tx: Tx, format: StoredLegacyFormat): Promise<void> {
	const { prefix, alphabet, length_min, length_max } = format;
	await tx
		.insertInto("legacy_formats")
		.values(format)
		.onConflict((conflict) => conflict.column("name").doUpdateSet({ prefix, alphabet, length_min, length_max }))
		.execute();
}

export async function countLegacyFormats(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("legacy_formats")
		.select((select) => select.fn.countAll<number>().as("count"))
		.executeTakeFirstOrThrow();
	return count;
}

/** Deletes the format; secrets that have ended and were imported under it no longer name it. */
export async function deleteLegacyFormatRow(tx: Tx, name: string): Promise<void> {
	await tx.updateTable("secrets").set({ legacy_format: null }).where("legacy_format", "=", name).execute();
	await tx.deleteFrom("legacy_formats").where("name", "=", name).execute();
}
