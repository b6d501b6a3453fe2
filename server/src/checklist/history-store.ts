import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import { type Evidence, ITEM_NAMES, type ItemName, type Status } from "./item.ts";
import type { States, Turn } from "./states.ts";

/** Guarantee: this store alone writes the column, from `States`. Items of a later version are ignored. */
function statesFrom(column: unknown): States {
	const stored = column as Record<string, { status: Status; since: string } | undefined>;
	return Object.fromEntries(
		ITEM_NAMES.flatMap((item) => {
			const state = stored[item];
			return state === undefined ? [] : [[item, { status: state.status, since: new Date(state.since) }]];
		}),
	);
}

/** Locks the tenant's row against erasure, and creates that of its checklist. False if the tenant is erased or unknown. */
export async function lockChecklist(tx: RecordTx, tenant_id: string): Promise<boolean> {
	const { rows } = await sql`select from keywright.tenants where id = ${tenant_id} and erased_at is null for share`.execute(tx);
	if (rows.length === 0) return false;
	await sql`insert into keywright.checklists (tenant_id, states, evaluated_at) values (${tenant_id}, '{}', '-infinity') on conflict do nothing`.execute(
		tx,
	);
	await sql`select from keywright.checklists where tenant_id = ${tenant_id} for update`.execute(tx);
	return true;
}

/** Null: never evaluated. `is_older` is false where the stored states are of a later moment than `now`. */
export async function readTenantStates(tx: ReadTx, tenant_id: string, now: Date): Promise<{ states: States | null; is_older: boolean }> {
	const { rows } = await sql<{ states: unknown; is_older: boolean; is_new: boolean }>`
		select states, evaluated_at <= ${now} as is_older, evaluated_at = '-infinity' as is_new from keywright.checklists where tenant_id = ${tenant_id}
	`.execute(tx);
	const [row] = rows;
	if (row === undefined || row.is_new) return { states: null, is_older: true };
	return { states: statesFrom(row.states), is_older: row.is_older };
}

export async function putTenantStates(tx: RecordTx, tenant_id: string, states: States, now: Date): Promise<void> {
	await tx
		.updateTable("checklists")
		.set({ states: JSON.stringify(states), evaluated_at: now })
		.where("tenant_id", "=", tenant_id)
		.execute();
}

/** The stored states of live keys, by key: of one, or of all. */
export async function readKeyStates(
	tx: ReadTx,
	tenant_id: string,
	key_id: string | null,
): Promise<Map<string, { states: States; evaluated_at: Date }>> {
	let query = tx.selectFrom("key_checklists").select(["key_id", "states", "evaluated_at"]).where("tenant_id", "=", tenant_id);
	if (key_id !== null) query = query.where("key_id", "=", key_id);
	return new Map((await query.execute()).map((row) => [row.key_id, { states: statesFrom(row.states), evaluated_at: row.evaluated_at }]));
}

export async function putKeyStates(tx: RecordTx, tenant_id: string, rows: readonly { key_id: string; states: States }[], now: Date): Promise<void> {
	if (rows.length === 0) return;
	await sql`
		insert into keywright.key_checklists (tenant_id, key_id, states, evaluated_at)
		select ${tenant_id}, n.key_id, n.states, ${now} from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (key_id text, states jsonb)
		order by n.key_id
		on conflict (tenant_id, key_id) do update set states = excluded.states, evaluated_at = excluded.evaluated_at
	`.execute(tx);
}

/** Deletes the states of keys that have ended. */
export async function deleteStatesExcept(tx: RecordTx, tenant_id: string, key_ids: readonly string[]): Promise<void> {
	await sql`delete from keywright.key_checklists where tenant_id = ${tenant_id} and key_id <> all (${key_ids}::text[])`.execute(tx);
}

export async function insertTurns(tx: RecordTx, tenant_id: string, turns: readonly Turn[]): Promise<void> {
	if (turns.length === 0) return;
	await sql`
		insert into keywright.checklist_turns (tenant_id, item, key_id, from_status, to_status, evidence, at)
		select ${tenant_id}, n.item, n.key_id, n."from", n."to", n.evidence, n.at
		from jsonb_to_recordset(${JSON.stringify(turns)}::jsonb) as n (item text, key_id text, "from" text, "to" text, evidence jsonb, at timestamptz)
	`.execute(tx);
}

export interface StoredTurn extends Turn {
	readonly id: number;
}

/** Guarantee: `insertTurns` wrote the columns from values of these types. */
function asTurn(row: {
	id: number;
	item: string;
	key_id: string | null;
	from_status: string;
	to_status: string;
	evidence: unknown;
	at: Date;
}): StoredTurn {
	const { item, from_status, to_status, evidence, ...rest } = row;
	return { ...rest, item: item as ItemName, from: from_status as Status, to: to_status as Status, evidence: evidence as Evidence };
}

/** A page of what turned, the latest first: of the tenant, or of one key. */
export async function readTurns(
	tx: ReadTx,
	tenant_id: string,
	filter: { key_id: string | null; item: ItemName | null },
	window: Window,
): Promise<StoredTurn[]> {
	let query = tx
		.selectFrom("checklist_turns")
		.select(["id", "item", "key_id", "from_status", "to_status", "evidence", "at"])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", filter.key_id === null ? "is" : "=", filter.key_id)
		.where("item", "in", filter.item === null ? ITEM_NAMES : [filter.item]);
	const [at, id] = window.after ?? [];
	if (at !== undefined && id !== undefined) query = query.where(sql<boolean>`(at, id) < (${at}::timestamptz, ${id}::bigint)`);
	return (await query.orderBy("at", "desc").orderBy("id", "desc").limit(window.rows_max).execute()).map(asTurn);
}

/** Up to `rows_max` tenants with keys whose checklist was not evaluated completely since then, the longest ago first. */
export async function readTenantsToEvaluate(tx: ReadTx, since: Date, rows_max: number): Promise<string[]> {
	const { rows } = await sql<{ id: string }>`
		select t.id from keywright.tenants as t left join keywright.checklists as c on c.tenant_id = t.id
		where t.erased_at is null and (c.completed_at is null or c.completed_at < ${since})
			and exists (select from keywright.keys as k where k.tenant_id = t.id)
		order by c.completed_at nulls first, t.id limit ${rows_max}
	`.execute(tx);
	return rows.map(({ id }) => id);
}

/** Whether no node has evaluated the tenant since then. */
export async function isToEvaluate(tx: ReadTx, tenant_id: string, since: Date): Promise<boolean> {
	const row = await tx.selectFrom("checklists").select("completed_at").where("tenant_id", "=", tenant_id).executeTakeFirst();
	return !row?.completed_at || row.completed_at < since;
}

export async function markCompleted(tx: RecordTx, tenant_id: string, now: Date): Promise<void> {
	await tx.updateTable("checklists").set({ completed_at: now }).where("tenant_id", "=", tenant_id).execute();
}

/** Deletes up to `rows_max` turns from before then; returns their number. */
export async function deleteOldTurns(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const { numAffectedRows = 0n } = await sql`
		delete from keywright.checklist_turns where ctid = any (array(select ctid from keywright.checklist_turns where at < ${before} limit ${rows_max}))
	`.execute(tx);
	return Number(numAffectedRows);
}
