import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { KeyActor } from "../key.ts";

/** What a key knows of the replacing of its secret: that it goes on. The room of rotations has the rest. */
export interface OpenRotation {
	readonly id: string;
	readonly key_id: string;
	/** `waiting`: the new secret is made when its handover is revealed; `open`: both secrets work. */
	readonly state: "waiting" | "open";
	readonly predecessor_kid: string;
	readonly successor_kid: string | null;
}

const OPEN_STATES = ["waiting", "open"] as const;

/** Guarantee: the column has a check constraint, and the query asks for these states only. */
function openFromRow(row: Omit<OpenRotation, "state"> & { state: string }): OpenRotation {
	return { ...row, state: row.state as OpenRotation["state"] };
}

/** The rotations of these keys that have not ended, by key id: one of each at most. */
export async function readOpenRotations(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Map<string, OpenRotation>> {
	const rows = await tx
		.selectFrom("rotations")
		.select(["id", "key_id", "state", "predecessor_kid", "successor_kid"])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.where("state", "in", OPEN_STATES)
		.execute();
	return new Map(rows.map((row) => [row.key_id, openFromRow(row)]));
}

/** Ends what goes on at these keys: revoked with them, or because nobody is to reveal the new secret any more. Answers which. Call it with the keys locked. */
export async function endOpenRotations(
	tx: Tx,
	tenant_id: string,
	key_ids: readonly string[],
	end: { ended_at: Date; ended_by: KeyActor; ended_how: "revoked" | "cancelled" },
): Promise<Pick<OpenRotation, "id" | "key_id">[]> {
	return tx
		.updateTable("rotations")
		.set({ ...end, state: "cancelled", ended_by: JSON.stringify(end.ended_by) })
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.where("state", "in", OPEN_STATES)
		.returning(["id", "key_id"])
		.execute();
}
