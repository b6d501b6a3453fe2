import { type SqlBool, sql } from "kysely";
import { ALL_TENANTS } from "../core/context.ts";
import type { ReadTx } from "../database/transaction.ts";

const ACTOR_KINDS: ReadonlySet<string> = new Set(["operator", "member", "portal", "service", "key", "system"]);

/** Filters of a list of entries; all of them must match. */
export interface EntryFilters {
	/** A kind of actor, or an actor's id. */
	readonly actor?: string;
	/** An action such as `key.revoked`, or the subject of several such as `key`. */
	readonly action?: string;
	/** The target's id. */
	readonly target?: string;
	/** Inclusive. */
	readonly from?: Date;
	/** Exclusive. */
	readonly to?: Date;
}

/** The position of an entry in a list: newest first. */
export interface EntryPosition {
	readonly at: Date;
	readonly chain: string;
	readonly seq: number;
}

export interface EntryWindow {
	readonly after: EntryPosition | null;
	readonly rows_max: number;
}

export interface EntryRow extends EntryPosition {
	readonly action: string;
	readonly target_kind: string;
	readonly target_id: string;
	readonly request_id: string;
	/** Null once erased. */
	readonly details: unknown;
}

function actorIs(actor: string) {
	return ACTOR_KINDS.has(actor) ? sql<SqlBool>`actor_kind = ${actor}` : sql<SqlBool>`actor_id = ${actor}`;
}

/** All actions of a subject are those between `key.` and `key/`, the next character. */
function actionIs(action: string) {
	if (action.includes(".")) return sql<SqlBool>`action collate "C" = ${action}`;
	return sql<SqlBool>`(action collate "C" >= ${`${action}.`} and action collate "C" < ${`${action}/`})`;
}

function isAfter(chain: string, { at, chain: last_chain, seq }: EntryPosition) {
	if (chain !== ALL_TENANTS) return sql<SqlBool>`(at, seq) < (${at}, ${seq})`;
	return sql<SqlBool>`(at, chain, seq) < (${at}, ${last_chain}, ${seq})`;
}

/** Entries of one tenant, or of all chains for `ALL_TENANTS`, newest first; at most `rows_max` after the position `after`. */
export async function readEntries(tx: ReadTx, tenant_id: string, filters: EntryFilters, window: EntryWindow): Promise<EntryRow[]> {
	const { actor, action, target, from, to } = filters;
	const { after, rows_max } = window;
	const conditions = [
		...(tenant_id === ALL_TENANTS ? [] : [sql<SqlBool>`chain = ${tenant_id}`]),
		...(actor === undefined ? [] : [actorIs(actor)]),
		...(action === undefined ? [] : [actionIs(action)]),
		...(target === undefined ? [] : [sql<SqlBool>`target_id = ${target}`]),
		...(from === undefined ? [] : [sql<SqlBool>`at >= ${from}`]),
		...(to === undefined ? [] : [sql<SqlBool>`at < ${to}`]),
		...(after === null ? [] : [isAfter(tenant_id, after)]),
	];
	let query = tx.selectFrom("audit_entries").select(["chain", "seq", "at", "action", "target_kind", "target_id", "request_id", "details"]);
	for (const condition of conditions) query = query.where(condition);
	return query.orderBy("at", "desc").orderBy("chain", "desc").orderBy("seq", "desc").limit(rows_max).execute();
}
