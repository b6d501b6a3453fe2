import { sql } from "kysely";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import type { Invalidation, SequencedInvalidation } from "./invalidation.ts";
import type { OtherNode } from "./others.ts";

export const CHANGE_CHANNEL = "keywright_change";

/** Assigns the next number to `entries` and notifies the other nodes at commit. Must be the last statement of its transaction. */
export async function appendInvalidations(tx: Tx, node_id: string, entries: readonly Invalidation[]): Promise<number> {
	const kinds = entries.map((entry) => entry.kind);
	const ids = entries.map((entry) => entry.id);
	const appended = await sql<{ seq: number }>`
		with numbered as (update keywright.change_sequence set seq = seq + 1 returning seq),
		inserted as (
			insert into keywright.invalidations (seq, position, kind, id)
			select numbered.seq, entry.position, entry.kind, entry.id
			from numbered, unnest(${kinds}::text[], ${ids}::text[]) with ordinality as entry (kind, id, position)
		)
		select numbered.seq, pg_notify(${CHANGE_CHANNEL}, ${node_id}) from numbered`.execute(tx);
	return appended.rows[0]?.seq ?? 0;
}

/** Notifies the other nodes to read changes now: a node receives no notification of its own change. */
export async function notifyNodes(tx: RecordTx, node_id: string): Promise<void> {
	await sql`select pg_notify(${CHANGE_CHANNEL}, ${node_id})`.execute(tx);
}

/** The current number, and the entries after `after_seq` up to it, of one snapshot. */
export async function readInvalidations(tx: ReadTx, after_seq: number): Promise<{ current_seq: number; entries: SequencedInvalidation[] }> {
	const rows = await tx
		.selectFrom("change_sequence")
		.leftJoin("invalidations", (join) => join.on("invalidations.seq", ">", after_seq))
		.select(["change_sequence.seq as current_seq", "invalidations.seq", "invalidations.kind", "invalidations.id"])
		.orderBy("invalidations.seq")
		.orderBy("invalidations.position")
		.execute();
	const entries: SequencedInvalidation[] = [];
	for (const row of rows) {
		if (row.seq === null || row.id === null) continue;
		entries.push({ seq: row.seq, kind: asInvalidationKind(row.kind), id: row.id });
	}
	return { current_seq: rows[0]?.current_seq ?? 0, entries };
}

/** Guarantee: the column has a check constraint with exactly these values. */
function asInvalidationKind(kind: string | null): SequencedInvalidation["kind"] {
	return kind as SequencedInvalidation["kind"];
}

/** Inserts the row of a node and returns the number up to which it has applied changes. `single_node` fences all other nodes, which cannot be alive. */
export async function insertNode(tx: RecordTx, node: { id: string; version: string; lease_ms: number; single_node: boolean }): Promise<number> {
	if (node.single_node) await tx.updateTable("nodes").set({ fenced_at: sql`clock_timestamp()` }).where("fenced_at", "is", null).execute();
	const entered = await tx
		.insertInto("nodes")
		.values((insert) => ({
			id: node.id,
			version: node.version,
			lease_ms: node.lease_ms,
			applied_seq: insert.selectFrom("change_sequence").select("seq"),
		}))
		.returning("applied_seq")
		.executeTakeFirstOrThrow();
	return entered.applied_seq;
}

/**
 * Stores that the node has applied everything up to `applied_seq`; returns the database's time (milliseconds since the epoch), or null when the
 * node was fenced and must register again. Committed asynchronously:
 * a renewal lost in a crash of PostgreSQL is repeated, and until then changes wait for it.
 */
export async function renewNode(tx: RecordTx, id: string, applied_seq: number): Promise<number | null> {
	const renewed = await sql<{ now_ms: number }>`
		with unflushed as (select set_config('synchronous_commit', 'off', true) as is)
		update keywright.nodes set applied_seq = greatest(applied_seq, ${applied_seq}), renewed_at = clock_timestamp()
		where id = ${id} and fenced_at is null and (select unflushed.is from unflushed) is not null
		returning (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms`.execute(tx);
	return renewed.rows[0]?.now_ms ?? null;
}

export async function deleteNode(tx: RecordTx, id: string): Promise<void> {
	await tx.deleteFrom("nodes").where("id", "=", id).execute();
}

/** Changes with each renewal, and never back. */
const ROW_VERSION = sql<string>`xmin::text`.as("version");

/** Fences those of `nodes` whose rows are still as they were read. */
export async function fenceNodes(tx: RecordTx, nodes: readonly OtherNode[]): Promise<void> {
	for (const { id, version } of nodes) {
		await tx
			.updateTable("nodes")
			.set({ fenced_at: sql`clock_timestamp()` })
			.where("id", "=", id)
			.where(sql<boolean>`xmin::text = ${version}`)
			.execute();
	}
}

/** The other nodes that may hold a lease. */
export async function readOtherNodes(tx: ReadTx, own_id: string): Promise<OtherNode[]> {
	return tx
		.selectFrom("nodes")
		.select(["id", "applied_seq", "lease_ms", ROW_VERSION])
		.where("id", "<>", own_id)
		.where("fenced_at", "is", null)
		.execute();
}

/** How many nodes may hold a lease; at least one. */
export async function countNodes(tx: RecordTx): Promise<number> {
	const { nodes } = await tx
		.selectFrom("nodes")
		.select((select) => select.fn.countAll<number>().as("nodes"))
		.where("fenced_at", "is", null)
		.executeTakeFirstOrThrow();
	return Math.max(1, nodes);
}

export interface NodeRow {
	readonly id: string;
	readonly version: string;
	readonly started_at: Date;
	readonly renewed_at: Date;
	readonly lease_ms: number;
	readonly fenced_at: Date | null;
	/** Whether it renewed within its lease, by the database's clock. */
	readonly holds_lease: boolean;
	/** The number of changes that it has not confirmed. */
	readonly behind: number;
}

const NODES_SHOWN_MAX = 100;

/** Whether a row of `nodes` renewed within its own lease, by the database's clock. */
export const HOLDS_LEASE = sql<boolean>`(fenced_at is null and renewed_at > clock_timestamp() - make_interval(secs => lease_ms / 1000.0))`;

/** The nodes that have a row, those that may hold a lease first. */
export async function readNodes(tx: ReadTx): Promise<NodeRow[]> {
	return tx
		.selectFrom("nodes")
		.innerJoin("change_sequence", (join) => join.onTrue())
		.select(["id", "version", "started_at", "renewed_at", "lease_ms", "fenced_at"])
		.select([HOLDS_LEASE.as("holds_lease"), sql<number>`greatest(0, change_sequence.seq - applied_seq)`.as("behind")])
		.orderBy(sql`fenced_at is null`, "desc")
		.orderBy("started_at")
		.orderBy("id")
		.limit(NODES_SHOWN_MAX)
		.execute();
}

/**
 * Removes entries that every node has applied, and nodes fenced long ago. The node that was fenced last stays: evidence of rotations reads
 * from its `fenced_at` up to when counts may be lost.
 */
export async function sweepInvalidations(tx: RecordTx, keep_seconds: number): Promise<void> {
	const before = sql<Date>`now() - make_interval(secs => ${keep_seconds})`;
	await tx
		.deleteFrom("invalidations")
		.where("committed_at", "<", before)
		.where("seq", "<=", sql<number>`coalesce((select min(applied_seq) from keywright.nodes where fenced_at is null), 0)`)
		.execute();
	await tx
		.deleteFrom("nodes")
		.where("fenced_at", "<", before)
		.where("fenced_at", "<", sql<Date>`(select max(fenced_at) from keywright.nodes)`)
		.execute();
}
