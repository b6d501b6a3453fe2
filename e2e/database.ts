/** Reads a server's embedded database as the superuser, which bypasses row-level security. */
import { deepEqual } from "node:assert/strict";
import pg from "pg";
import { findInvalidEvents } from "../server/testing/events.ts";

/** Tables that background jobs change, and tables of counters. */
const COUNTERS = new Set([
	...["nodes", "usage_flushes", "usage_progress", "usage_gap", "usage_by_source", "usage_keys", "usage_operations"],
	...["key_activity", "secret_activity", "key_sources", "secret_sources", "secret_operations", "quota_periods", "budget_periods", "key_exposures"],
	...["canary_uses", "auth_failures", "auth_failure_counts", "unknown_auth_failures"],
	...["alerts", "alert_news", "alert_progress", "mails", "scheduled_rotations"],
]);
/** Columns that background jobs change, in tables whose other columns they do not. */
const BOOKKEEPING = ["distributed_at", "mail_queued_at"];
/** The rows of tables to which background jobs add others. */
const OF_REQUESTS: Readonly<Record<string, string>> = {
	outbox:
		"type not like 'alert.%' and type not in ('key.first_used', 'key.new_source', 'key.expired', 'key.canary_used', 'rotation.due', 'rotation.overdue')",
};
/** The column with a row's tenant, for tables without `tenant_id`. */
const TENANT_COLUMNS = ["tenant_id", "chain"];

export interface StoredRow {
	readonly table: string;
	/** Canonical text of the row. */
	readonly text: string;
	/** Null for rows without a tenant. */
	readonly tenant_id: string | null;
}

export interface Difference {
	readonly added: readonly StoredRow[];
	readonly removed: readonly StoredRow[];
}

function getTenant(table: string, row: Record<string, unknown>): string | null {
	if (table === "tenants") return String(row.id);
	const column = TENANT_COLUMNS.find((name) => name in row);
	return column === undefined ? null : String(row[column]);
}

export class Database {
	readonly #client: pg.Client;

	private constructor(client: pg.Client) {
		this.#client = client;
	}

	static async open(data_dir: string): Promise<Database> {
		const client = new pg.Client({ connectionString: `postgresql://app@/keywright?host=${encodeURIComponent(`${data_dir}/run`)}&port=5432` });
		client.on("error", () => undefined);
		await client.connect();
		await client.query("set search_path to keywright");
		return new Database(client);
	}

	async rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
		const { rows } = await this.#client.query<Record<string, unknown>>(sql, values);
		return rows;
	}

	/** Every row of every table except what background jobs change, in a fixed order. */
	async dump(): Promise<StoredRow[]> {
		const tables = await this.rows("select table_name from information_schema.tables where table_schema = 'keywright' order by table_name");
		const stored: StoredRow[] = [];
		for (const { table_name } of tables) {
			const table = String(table_name);
			if (COUNTERS.has(table)) continue;
			const row = "to_jsonb(t) - $1::text[]";
			const from = `from ${pg.escapeIdentifier(table)} t where ${OF_REQUESTS[table] ?? "true"}`;
			const rows = await this.rows(`select ${row} as row ${from} order by (${row})::text`, [BOOKKEEPING]);
			for (const { row } of rows) stored.push({ table, text: JSON.stringify(row), tenant_id: getTenant(table, asRow(row)) });
		}
		return stored;
	}

	/** Fails if an event of this server is not as docs/events.md describes it. */
	async close(): Promise<void> {
		const events = await this.rows("select type, data from outbox");
		await this.#client.end();
		deepEqual(findInvalidEvents(events), []);
	}
}

/** Guarantee: the value is what `to_jsonb` makes of a row, an object. */
function asRow(value: unknown): Record<string, unknown> {
	return value as Record<string, unknown>;
}

/** The rows that are in only one of the two dumps. */
export function difference(before: readonly StoredRow[], after: readonly StoredRow[]): Difference {
	const name = (row: StoredRow): string => `${row.table} ${row.text}`;
	const [old, fresh] = [new Set(before.map(name)), new Set(after.map(name))];
	return { added: after.filter((row) => !old.has(name(row))), removed: before.filter((row) => !fresh.has(name(row))) };
}
