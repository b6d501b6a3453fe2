import { sql } from "kysely";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";
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
/** Of all loops that complete rotations: one node at a time. */
const LOOP_LOCK = 7_402_118_006;
/** A node that stands still for longer loses the claim. */
const CLAIM_SECONDS_MAX = 600;

type Row = Omit<Rotation, "expiry_from_before" | "expiry_from_after" | "state" | "started_by" | "ended_by" | "ended_how"> & {
	state: string;
	started_by: unknown;
	ended_by: unknown;
	ended_how: string | null;
	expiry_from_before: string;
	expiry_from_after: string;
};

/** Guarantee: the state and who set an end have check constraints, and the others were written by this file from values of these types. */
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

/** Call it with the key locked. */
export async function updateRotation(tx: Tx, rotation: Pick<Rotation, "tenant_id" | "id">, changes: RotationChanges): Promise<void> {
	const { ended_by, ...columns } = changes;
	await tx
		.updateTable("rotations")
		.set({ ...columns, ...(ended_by === undefined || ended_by === null ? {} : { ended_by: JSON.stringify(ended_by) }) })
		.where("tenant_id", "=", rotation.tenant_id)
		.where("id", "=", rotation.id)
		.execute();
}

/** With the key locked it stays so: whoever changes a rotation locks its key first. */
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

/** The rotation of the key that has not ended, of which there is one at most. */
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

/** The key's rotations, the latest first. */
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

/** When the date on which the key expires was last set. */
export async function readExpirySetAt(tx: ReadTx, tenant_id: string, key_id: string): Promise<Date> {
	const query = tx.selectFrom("keys").select("expiry_set_at").where("tenant_id", "=", tenant_id).where("id", "=", key_id);
	return (await query.executeTakeFirstOrThrow()).expiry_set_at;
}

/** Sets those of a key's dates that are given. */
export async function setKeyDates(
	tx: Tx,
	key: { tenant_id: string; key_id: string },
	dates: { expires_at?: Date | null; expiry_set_at?: Date; expiry_from?: ExpiryFrom; rotation_due_at?: Date | null },
): Promise<void> {
	if (Object.keys(dates).length === 0) return;
	await tx.updateTable("keys").set(dates).where("tenant_id", "=", key.tenant_id).where("id", "=", key.key_id).execute();
}

/** What is stored of a secret. */
export async function readStoredMac(tx: ReadTx, tenant_id: string, kid: string): Promise<StoredMac | null> {
	const query = tx.selectFrom("secrets").select(["mac", "mac_version", "pepper_id"]).where("tenant_id", "=", tenant_id).where("kid", "=", kid);
	return (await query.executeTakeFirst()) ?? null;
}

/** Sets when a secret ends or has ended; null takes an end back that has not come. */
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

/** Ends the key's secrets at once but for `kept_kid`. */
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

/** Whether this node is the one that looks after rotations until the transaction ends, which stands idle meanwhile, for as long as nodes are waited for. */
export async function claimRotations(tx: RecordTx): Promise<boolean> {
	await sql`select set_config('idle_in_transaction_session_timeout', ${`${CLAIM_SECONDS_MAX}s`}, true)`.execute(tx);
	const { rows } = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${LOOP_LOCK}::bigint) as claimed`.execute(tx);
	return rows[0]?.claimed === true;
}

/** A rotation that may have something to be done: its time is over, its handover is, or it is held and its new secret has been used. */
export interface DueRotation {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly id: string;
}

/** Those after `after` by tenant and id, of all tenants. */
export async function readDueRotations(tx: ReadTx, now: Date, after: DueRotation | null, rows_max: number): Promise<DueRotation[]> {
	const { rows } = await sql<DueRotation>`
		select r.tenant_id, r.key_id, r.id
		from keywright.rotations as r
		join keywright.secrets as old on old.kid = r.predecessor_kid
		left join keywright.handovers as h on h.tenant_id = r.tenant_id and h.id = r.handover_id
		where r.state in ('waiting', 'open') and (r.tenant_id, r.id) > (${after?.tenant_id ?? ""}, ${after?.id ?? ""})
			and case r.state
				when 'waiting' then h.id is null or h.cancelled_at is not null or h.expires_at <= ${now}
				else old.retires_at <= ${now} or (r.overlap_seconds is null
					and exists (select from keywright.secret_activity as used where used.kid = r.successor_kid))
				end
		order by r.tenant_id, r.id
		limit ${rows_max}
	`.execute(tx);
	return rows;
}

/** Those of all tenants whose old secret is held, and of which nobody was reminded since `before`, in the order of `readDueRotations`. */
export async function readUnreminded(tx: ReadTx, before: Date, after: DueRotation | null, rows_max: number): Promise<DueRotation[]> {
	const { rows } = await sql<DueRotation>`
		select r.tenant_id, r.key_id, r.id
		from keywright.rotations as r
		join keywright.secrets as successor on successor.kid = r.successor_kid
		where r.state = 'open' and r.overlap_seconds is null and coalesce(r.reminded_at, successor.created_at) <= ${before}
			and (r.tenant_id, r.id) > (${after?.tenant_id ?? ""}, ${after?.id ?? ""})
		order by r.tenant_id, r.id
		limit ${rows_max}
	`.execute(tx);
	return rows;
}
