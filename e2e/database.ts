/** Reads a server's embedded database as the superuser, which bypasses row-level security. */
import { deepEqual, equal } from "node:assert/strict";
import pg from "pg";
import { findInvalidEvents } from "../server/testing/events.ts";

/** Tables that background jobs change, and tables of counters. */
const COUNTERS = new Set([
	...["nodes", "usage_flushes", "usage_progress", "usage_gap", "usage_by_source", "usage_keys", "usage_operations"],
	...["key_activity", "secret_activity", "key_sources", "secret_sources", "secret_operations", "quota_periods", "budget_periods", "key_exposures"],
	...["canary_uses", "auth_failures", "auth_failure_counts", "unknown_auth_failures"],
	...["alerts", "alert_news", "alert_progress", "mails", "operator_webhook_mails", "scheduled_rotations"],
	// Reading the checklist stores what has turned.
	...["checklists", "key_checklists", "checklist_turns"],
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

/** Where a row lies and which transaction wrote it: a row that is written again has another version. */
const VERSION = "t.ctid::text || ' ' || t.xmin::text";

export class Database {
	readonly #client: pg.Client;
	#tables: readonly string[] = [];
	/** By table and version: to read a table anew for each dump would cost more than the requests between them. */
	readonly #stored = new Map<string, Map<string, StoredRow>>();

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

	/** Every row of every table except what background jobs change. Rows that an earlier dump has read in the same version are the same objects. */
	async dump(): Promise<StoredRow[]> {
		await this.#client.query("begin isolation level repeatable read read only");
		try {
			const tables = await this.#dumpedTables();
			const versions = tables.map(
				(table) =>
					`select ${pg.escapeLiteral(table)} as name, ${VERSION} as version from ${pg.escapeIdentifier(table)} t where ${OF_REQUESTS[table] ?? "true"}`,
			);
			const found = Map.groupBy(await this.rows(versions.join(" union all ")), ({ name }) => String(name));
			for (const table of tables) await this.#readNew(table, found.get(table)?.map(({ version }) => String(version)) ?? []);
			return tables.flatMap((table) => [...(this.#stored.get(table)?.values() ?? [])]);
		} finally {
			await this.#client.query("commit");
		}
	}

	async #dumpedTables(): Promise<readonly string[]> {
		if (this.#tables.length === 0) {
			const tables = await this.rows("select table_name from information_schema.tables where table_schema = 'keywright' order by table_name");
			this.#tables = tables.map(({ table_name }) => String(table_name)).filter((table) => !COUNTERS.has(table));
		}
		return this.#tables;
	}

	/** Makes `#stored` for the table what it holds now: the rows of `versions`, of which only those that it lacks are read. */
	async #readNew(table: string, versions: readonly string[]): Promise<void> {
		const old = this.#stored.get(table) ?? new Map<string, StoredRow>();
		const lacking = versions.filter((version) => !old.has(version));
		const fresh = new Map<string, StoredRow>();
		if (lacking.length > 0) {
			const sql = `select ${VERSION} as version, to_jsonb(t) - $1::text[] as row from ${pg.escapeIdentifier(table)} t where ctid = any($2::tid[])`;
			for (const { version, row } of await this.rows(sql, [BOOKKEEPING, lacking.map((one) => one.split(" ")[0])]))
				fresh.set(String(version), { table, text: JSON.stringify(row), tenant_id: getTenant(table, asRow(row)) });
		}
		const now = versions.flatMap((version): [string, StoredRow][] => {
			const row = old.get(version) ?? fresh.get(version);
			return row === undefined ? [] : [[version, row]];
		});
		equal(now.length, versions.length, `${table}: every row that was found can be read`);
		this.#stored.set(table, new Map(now));
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

/** The rows that are in only one of the two dumps, which may have been read in different versions with the same text. */
export function difference(before: readonly StoredRow[], after: readonly StoredRow[]): Difference {
	const [old, fresh] = [new Set(before), new Set(after)];
	const [left, came] = [before.filter((row) => !fresh.has(row)), after.filter((row) => !old.has(row))];
	const name = (row: StoredRow): string => `${row.table} ${row.text}`;
	const [left_names, came_names] = [new Set(left.map(name)), new Set(came.map(name))];
	return { added: came.filter((row) => !left_names.has(name(row))), removed: left.filter((row) => !came_names.has(name(row))) };
}
