import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { KeyActor } from "../key.ts";
import type { Confirmation } from "./rotation.ts";

interface Row {
	readonly rotation_id: string;
	readonly source_id: string;
	readonly confirmed_at: Date;
	readonly confirmed_by: unknown;
}

/** Guarantee: written by this file from a value of this type. */
function confirmationFromRow({ source_id, confirmed_at, confirmed_by }: Row): Confirmation {
	return { source_id, confirmed_at, confirmed_by: confirmed_by as KeyActor };
}

/** The confirmations of these rotations, by rotation id and then by source id. */
export async function readConfirmations(
	tx: ReadTx,
	tenant_id: string,
	rotation_ids: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Confirmation>>> {
	const rows = await tx
		.selectFrom("rotation_confirmations")
		.select(["rotation_id", "source_id", "confirmed_at", "confirmed_by"])
		.where("tenant_id", "=", tenant_id)
		.where("rotation_id", "in", rotation_ids)
		.execute();
	const byRotation = Map.groupBy(rows, (row) => row.rotation_id);
	return new Map([...byRotation].map(([id, found]) => [id, new Map(found.map((row) => [row.source_id, confirmationFromRow(row)]))]));
}

/** Inserts or replaces a confirmation. Requires the key to be locked. */
export async function putConfirmation(tx: Tx, rotation: { tenant_id: string; id: string }, confirmation: Confirmation): Promise<void> {
	const { source_id, confirmed_at } = confirmation;
	const confirmed_by = JSON.stringify(confirmation.confirmed_by);
	await tx
		.insertInto("rotation_confirmations")
		.values({ tenant_id: rotation.tenant_id, rotation_id: rotation.id, source_id, confirmed_at, confirmed_by })
		.onConflict((conflict) => conflict.columns(["tenant_id", "rotation_id", "source_id"]).doUpdateSet({ confirmed_at, confirmed_by }))
		.execute();
}
