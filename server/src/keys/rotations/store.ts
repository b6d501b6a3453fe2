import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import type { ExpiryFrom, KeyActor } from "../key.ts";
import type { StoredMac } from "../secrets/mac.ts";
import type { Ending, Rotation, RotationState } from "./rotation.ts";

const COLUMNS = [
	"tenant_id",
	"id",
	"key_id",
	"state",
	"predecessor_kid",
	"successor_kid",
	"handover_id",
	"overlap_seconds",
	"hard_stop_at",
	"started_at",
	"started_by",
	"ended_at",
	"ended_by",
	"ended_how",
	"force_reason",
	"expires_at_before",
	"expiry_set_at_before",
	"expiry_from_before",
	"rotation_due_at_before",
	"expires_at_after",
	"expiry_from_after",
	"rotation_due_at_after",
	"reminded_at",
] as const;
const OPEN_STATES = ["waiting", "open"] as const;

type Row = Omit<Rotation, "expiry_from_before" | "expiry_from_after" | "state" | "started_by" | "ended_by" | "ended_how"> & {
	state: string;
	started_by: unknown;
	ended_by: unknown;
	ended_how: string | null;
	expiry_from_before: string;
	expiry_from_after: string;
};

/** Guarantee: `state` and `expiry_from_*` have check constraints; the other columns were written by this file from these types. */
function rotationFromRow(row: Row): Rotation {
	return {
		...row,
		state: row.state as RotationState,
		started_by: row.started_by as KeyActor,
		ended_by: row.ended_by as KeyActor | null,
		ended_how: row.ended_how as Ending | null,
		expiry_from_before: row.expiry_from_before as ExpiryFrom,
		expiry_from_after: row.expiry_from_after as ExpiryFrom,
	};
}

export async function insertRotation(tx: Tx, rotation: Rotation): Promise<void> {
	const { started_by, ended_by, ...columns } = rotation;
	await tx
		.insertInto("rotations")
		.values({ ...columns, started_by: JSON.stringify(started_by), ended_by: ended_by === null ? null : JSON.stringify(ended_by) })
		.execute();
}

export type RotationChanges = Partial<
	Pick<
		Rotation,
		| ("state" | "successor_kid" | "handover_id" | "hard_stop_at" | "ended_at" | "ended_by" | "ended_how" | "force_reason" | "reminded_at")
		| ("expires_at_before" | "expiry_set_at_before" | "expiry_from_before" | "expires_at_after" | "expiry_from_after" | "rotation_due_at_after")
	>
>;

/** Requires the key to be locked. */
export async function updateRotation(tx: Tx, rotation: Pick<Rotation, "tenant_id" | "id">, changes: RotationChanges): Promise<void> {
	const { ended_by, ...columns } = changes;
	await tx
		.updateTable("rotations")
		.set({ ...columns, ...(ended_by === undefined || ended_by === null ? {} : { ended_by: JSON.stringify(ended_by) }) })
		.where("tenant_id", "=", rotation.tenant_id)
		.where("id", "=", rotation.id)
		.execute();
}

/** Stable until commit if the key is locked: every change of a rotation locks its key first. */
export async function readRotation(tx: ReadTx, tenant_id: string, wanted: { id: string; key_id: string }): Promise<Rotation | null> {
	const row = await tx
		.selectFrom("rotations")
		.select(COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", wanted.key_id)
		.where("id", "=", wanted.id)
		.executeTakeFirst();
	return row ? rotationFromRow(row) : null;
}

/** The key's rotation that has not ended; there is at most one. */
export async function readOpenRotation(tx: ReadTx, tenant_id: string, key_id: string): Promise<Rotation | null> {
	const row = await tx
		.selectFrom("rotations")
		.select(COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", key_id)
		.where("state", "in", OPEN_STATES)
		.executeTakeFirst();
	return row ? rotationFromRow(row) : null;
}

/** The open rotations of these keys whose old secret has ended by `now`. */
export async function readOverRotations(tx: ReadTx, tenant_id: string, key_ids: readonly string[], now: Date): Promise<Rotation[]> {
	const rows = await tx
		.selectFrom("rotations")
		.select(COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.where("state", "=", "open")
		.where(({ exists, selectFrom }) =>
			exists(selectFrom("secrets").select("kid").whereRef("kid", "=", "predecessor_kid").where("retires_at", "<=", now)),
		)
		.execute();
	return rows.map(rotationFromRow);
}

/** The key's rotations, newest first. */
export async function readRotations(tx: ReadTx, key: { tenant_id: string; key_id: string }, window: Window): Promise<Rotation[]> {
	const [started_at, id] = window.after ?? [];
	const rows = await tx
		.selectFrom("rotations")
		.select(COLUMNS)
		.where("tenant_id", "=", key.tenant_id)
		.where("key_id", "=", key.key_id)
		.$if(started_at !== undefined, (query) => query.where(sql<boolean>`(started_at, id) < (${started_at}::timestamptz, ${id}::text)`))
		.orderBy("started_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(rotationFromRow);
}

/** When the key's expiry date was last set. */
export async function readExpirySetAt(tx: ReadTx, tenant_id: string, key_id: string): Promise<Date> {
	const query = tx.selectFrom("keys").select("expiry_set_at").where("tenant_id", "=", tenant_id).where("id", "=", key_id);
	return (await query.executeTakeFirstOrThrow()).expiry_set_at;
}

/** Updates the given dates of a key. */
export async function setKeyDates(
	tx: Tx,
	key: { tenant_id: string; key_id: string },
	dates: { expires_at?: Date | null; expiry_set_at?: Date; expiry_from?: ExpiryFrom; rotation_due_at?: Date | null },
): Promise<void> {
	if (Object.keys(dates).length === 0) return;
	await tx.updateTable("keys").set(dates).where("tenant_id", "=", key.tenant_id).where("id", "=", key.key_id).execute();
}

/** The stored MAC of a secret; null for an unknown kid. */
export async function readStoredMac(tx: ReadTx, tenant_id: string, kid: string): Promise<StoredMac | null> {
	const query = tx.selectFrom("secrets").select(["mac", "mac_version", "pepper_id"]).where("tenant_id", "=", tenant_id).where("kid", "=", kid);
	return (await query.executeTakeFirst()) ?? null;
}

/** Sets when a secret ends or has ended; `retires_at: null` removes a future end. No effect on a retired secret. */
export async function setSecretEnd(
	tx: Tx,
	secret: { tenant_id: string; kid: string },
	end: { retires_at: Date | null } | { retired_at: Date },
): Promise<void> {
	await tx
		.updateTable("secrets")
		.set(end)
		.where("tenant_id", "=", secret.tenant_id)
		.where("kid", "=", secret.kid)
		.where("retired_at", "is", null)
		.execute();
}

/** Ends all of the key's secrets except `kept_kid` immediately; returns their kids. */
export async function endOtherSecrets(tx: Tx, key: { tenant_id: string; key_id: string }, kept_kid: string, now: Date): Promise<string[]> {
	const ended = await tx
		.updateTable("secrets")
		.set({ retired_at: now })
		.where("tenant_id", "=", key.tenant_id)
		.where("key_id", "=", key.key_id)
		.where("kid", "!=", kept_kid)
		.where("retired_at", "is", null)
		.returning("kid")
		.execute();
	return ended.map((row) => row.kid);
}

/** The columns of an open rotation that a key's response needs. */
export interface OpenRotation {
	readonly id: string;
	readonly key_id: string;
	/** `waiting`: the new secret is made when its handover is revealed; `open`: both secrets work. */
	readonly state: "waiting" | "open";
	readonly predecessor_kid: string;
	readonly successor_kid: string | null;
}

/** Guarantee: the column has a check constraint, and the query asks for these states only. */
export function openFromRow(row: Omit<OpenRotation, "state"> & { state: string }): OpenRotation {
	return { ...row, state: row.state as OpenRotation["state"] };
}

/** The open rotations of these keys, by key id; at most one per key. */
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

/** Ends the open rotations of keys that are revoked or whose handover is cancelled; returns them. Requires the keys to be locked. */
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
