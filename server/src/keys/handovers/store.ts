import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Maker } from "../../tenants/team/ending.ts";
import { madeBy } from "../../tenants/team/maker-store.ts";
import type { KeyActor } from "../key.ts";
import type { Handover } from "./handover.ts";

const HANDOVER_COLUMNS = [
	"id",
	"key_id",
	"email",
	"created_at",
	"created_by",
	"expires_at",
	"claimed_at",
	"claimed_by",
	"cancelled_at",
	"member_id",
	"rotation_id",
] as const;

/** Guarantee: `created_by` was written by `insertHandover`. */
function handoverFromRow(row: Omit<Handover, "created_by"> & { created_by: unknown }): Handover {
	return { ...row, created_by: row.created_by as KeyActor };
}

export async function insertHandover(tx: Tx, tenant_id: string, handover: Handover, token_digest: Buffer): Promise<void> {
	await tx
		.insertInto("handovers")
		.values({ ...handover, tenant_id, created_by: JSON.stringify(handover.created_by), token_digest })
		.execute();
}

/** The newest handover of each key, by key id; of two created at the same instant, the one that was not cancelled. */
export async function readLatestHandovers(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Map<string, Handover>> {
	const rows = await tx
		.selectFrom("handovers")
		.distinctOn("key_id")
		.select(HANDOVER_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.orderBy("key_id")
		.orderBy("created_at", "desc")
		.orderBy(sql`cancelled_at is null`, "desc")
		.orderBy("id", "desc")
		.execute();
	return new Map(rows.map((row) => [row.key_id, handoverFromRow(row)]));
}

/** Reads a handover FOR UPDATE, which blocks its claim and cancellation until commit. */
export async function lockHandover(tx: Tx, tenant_id: string, handover: { id: string; key_id: string }): Promise<Handover | null> {
	const row = await tx
		.selectFrom("handovers")
		.select(HANDOVER_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", handover.id)
		.where("key_id", "=", handover.key_id)
		.forUpdate()
		.executeTakeFirst();
	return row ? handoverFromRow(row) : null;
}

/** Handovers of one tenant, by id; unknown ids are left out. */
export async function readHandovers(tx: ReadTx, tenant_id: string, ids: readonly string[]): Promise<Map<string, Handover>> {
	const rows = await tx
		.selectFrom("handovers")
		.select(HANDOVER_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", sql<string>`any(${ids}::text[])`)
		.execute();
	return new Map(rows.map((row) => [row.id, handoverFromRow(row)]));
}

/** In any tenant; needs a transaction with the scope of all tenants. */
export async function findHandoverByToken(tx: ReadTx, token_digest: Buffer): Promise<{ tenant_id: string; handover: Handover } | null> {
	const row = await tx
		.selectFrom("handovers")
		.select(["tenant_id", ...HANDOVER_COLUMNS])
		.where("token_digest", "=", token_digest)
		.executeTakeFirst();
	if (!row) return null;
	const { tenant_id, ...handover } = row;
	return { tenant_id, handover: handoverFromRow(handover) };
}

/** Marks the handover claimed; false if it is no longer waiting. Only one of several concurrent claims succeeds. */
export async function claimWaitingHandover(tx: Tx, tenant_id: string, claim: { id: string; claimed_by: string; now: Date }): Promise<boolean> {
	const updated = await tx
		.updateTable("handovers")
		.set({ claimed_at: claim.now, claimed_by: claim.claimed_by })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", claim.id)
		.where("claimed_at", "is", null)
		.where("cancelled_at", "is", null)
		.where("expires_at", ">", claim.now)
		.executeTakeFirst();
	return updated.numUpdatedRows === 1n;
}

/** Cancels the waiting handovers of these keys; returns their ids. */
export async function cancelWaitingHandovers(tx: Tx, tenant_id: string, key_ids: readonly string[], now: Date): Promise<string[]> {
	const cancelled = await tx
		.updateTable("handovers")
		.set({ cancelled_at: now })
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.where("claimed_at", "is", null)
		.where("cancelled_at", "is", null)
		.where("expires_at", ">", now)
		.returning("id")
		.execute();
	return cancelled.map((row) => row.id);
}

/** How many handovers with an address the tenant made since `since`, and when the first was created. Stable until commit if the tenant is locked. */
export async function countMailedHandovers(tx: ReadTx, tenant_id: string, since: Date): Promise<{ made: number; first_made_at: Date | null }> {
	return tx
		.selectFrom("handovers")
		.select((select) => [select.fn.countAll<number>().as("made"), select.fn.min<Date | null>("created_at").as("first_made_at")])
		.where("tenant_id", "=", tenant_id)
		.where("email", "is not", null)
		.where("created_at", ">", since)
		.executeTakeFirstOrThrow();
}

/** A waiting handover of any tenant, with the data for the report of what ends with its creator. */
export interface MadeHandover {
	readonly tenant_id: string;
	readonly id: string;
	readonly key_id: string;
	readonly rotation_id: string | null;
	readonly key_name: string;
	readonly environment: string;
}

/** The waiting handovers that these people created, ordered by tenant and key, in all tenants of the transaction's scope. */
export async function readHandoversMadeBy(tx: ReadTx, makers: readonly Maker[], now: Date): Promise<MadeHandover[]> {
	return tx
		.selectFrom("handovers as h")
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "h.tenant_id").onRef("k.id", "=", "h.key_id"))
		.select(["h.tenant_id", "h.id", "h.key_id", "h.rotation_id", "k.name as key_name", "k.environment"])
		.where("h.claimed_at", "is", null)
		.where("h.cancelled_at", "is", null)
		.where("h.expires_at", ">", now)
		.where(madeBy("h.created_by", makers))
		.orderBy("h.tenant_id")
		.orderBy("h.key_id")
		.execute();
}

/** Cancels the same handovers and returns them. Requires their keys to be locked. */
export async function cancelHandoversMadeBy(tx: Tx, makers: readonly Maker[], now: Date): Promise<MadeHandover[]> {
	const made = await readHandoversMadeBy(tx, makers, now);
	for (const { tenant_id, id } of made)
		await tx.updateTable("handovers").set({ cancelled_at: now }).where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
	return made;
}
