import { sql } from "kysely";
import type { Acknowledger } from "../alerts/alert.ts";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { WaitedFor } from "../nodes/others.ts";
import type { RehearsalFacts } from "./facts.ts";

/** A canary key that was made and revoked. */
export interface Rehearsal {
	readonly tenant_id: string;
	readonly id: string;
	readonly key_id: string;
	readonly started_at: Date;
	readonly started_by: Acknowledger;
	/** Until every node had confirmed the revocation; null: interrupted. */
	readonly acknowledged_ms: number | null;
	readonly nodes: readonly WaitedFor[] | null;
	readonly confirmed_at: Date | null;
	readonly confirmed_by: Acknowledger | null;
}

const COLUMNS = ["tenant_id", "id", "key_id", "started_at", "started_by", "acknowledged_ms", "nodes", "confirmed_at", "confirmed_by"] as const;
type RehearsalRow = Omit<Rehearsal, "started_by" | "nodes" | "confirmed_by"> & { started_by: unknown; nodes: unknown; confirmed_by: unknown };

/** Guarantee: the columns were written from values of these types. */
function asRehearsal(row: RehearsalRow): Rehearsal {
	return row as Rehearsal;
}

export async function insertRehearsal(
	tx: Tx,
	{ started_by, tenant_id, id, key_id, started_at }: Omit<Rehearsal, "acknowledged_ms" | "nodes" | "confirmed_at" | "confirmed_by">,
): Promise<void> {
	await tx
		.insertInto("rehearsals")
		.values({ tenant_id, id, key_id, started_at, started_by: JSON.stringify(started_by) })
		.execute();
}

export async function storeAcknowledged(
	tx: Tx,
	{ tenant_id, id }: Pick<Rehearsal, "tenant_id" | "id">,
	acknowledged_ms: number,
	nodes: readonly WaitedFor[],
): Promise<void> {
	await tx
		.updateTable("rehearsals")
		.set({ acknowledged_ms, nodes: JSON.stringify(nodes) })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.execute();
}

export async function storeConfirmed(
	tx: Tx,
	{ tenant_id, id }: Pick<Rehearsal, "tenant_id" | "id">,
	confirmed_at: Date,
	confirmed_by: Acknowledger,
): Promise<void> {
	await tx
		.updateTable("rehearsals")
		.set({ confirmed_at, confirmed_by: JSON.stringify(confirmed_by) })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.execute();
}

/** Null if there is none. The tenant's row is locked by the change that asks. */
export async function readRehearsal(tx: ReadTx, tenant_id: string, id: string): Promise<Rehearsal | null> {
	const row = await tx.selectFrom("rehearsals").select(COLUMNS).where("tenant_id", "=", tenant_id).where("id", "=", id).executeTakeFirst();
	return row ? asRehearsal(row) : null;
}

/** The latest ones, newest first. */
export async function readRehearsals(tx: ReadTx, tenant_id: string, rows_max: number): Promise<Rehearsal[]> {
	const query = tx.selectFrom("rehearsals").select(COLUMNS).where("tenant_id", "=", tenant_id).orderBy("started_at", "desc").orderBy("id", "desc");
	return (await query.limit(rows_max).execute()).map(asRehearsal);
}

/** When those after `since` began, the earliest first. */
export async function readRehearsalTimes(tx: ReadTx, tenant_id: string, since: Date): Promise<Date[]> {
	const query = tx.selectFrom("rehearsals").select("started_at").where("tenant_id", "=", tenant_id).where("started_at", ">", since);
	return (await query.orderBy("started_at").execute()).map(({ started_at }) => started_at);
}

/** The latest one that a person confirmed, or else the latest that was not interrupted. */
export async function readLatestRehearsal(tx: ReadTx, tenant_id: string): Promise<RehearsalFacts | null> {
	const { rows } = await sql<RehearsalFacts>`
		select started_at, acknowledged_ms, jsonb_array_length(nodes) as nodes, confirmed_at, confirmed_by ->> 'name' as confirmed_by
		from keywright.rehearsals where tenant_id = ${tenant_id} and acknowledged_ms is not null
		order by confirmed_at desc nulls last, started_at desc limit 1
	`.execute(tx);
	return rows[0] ?? null;
}
