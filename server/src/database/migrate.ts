import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import { LOCKS } from "./locks.ts";
import { ensureServingRoles } from "./roles.ts";

const MIGRATIONS = new URL("../../migrations/", import.meta.url);
const OLDEST_POSTGRES = 140_000;

interface Migration {
	number: number;
	name: string;
	sql: string;
	digest: string;
}

async function readMigrations(): Promise<Migration[]> {
	const names = (await readdir(MIGRATIONS)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort();
	return Promise.all(
		names.map(async (name) => {
			const sql = await readFile(new URL(name, MIGRATIONS), "utf8");
			return { number: Number(name.slice(0, 4)), name, sql, digest: createHash("sha256").update(sql).digest("hex") };
		}),
	);
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
	await client.query("begin");
	try {
		await client.query("set local search_path = keywright, pg_temp");
		// Row-level security also holds for the owner: without a scope, an update of rows that exist would change none of them.
		await client.query("set local keywright.scope = '*'");
		await client.query(migration.sql);
		await client.query("insert into keywright.migrations (number, name, digest) values ($1, $2, $3)", [
			migration.number,
			migration.name,
			migration.digest,
		]);
		await client.query("commit");
	} catch (error) {
		await client.query("rollback");
		throw new Error(`migration ${migration.name} failed`, { cause: error });
	}
}

function checkHistory(applied: { number: number; name: string; digest: string }[], known: Migration[]): void {
	for (const row of applied) {
		const migration = known.find((candidate) => candidate.number === row.number);
		if (!migration) throw new Error(`the database has migration ${row.name}, which this version does not know: start a newer Keywright on it`);
		if (migration.digest !== row.digest) throw new Error(`migration ${row.name} differs from the one that was applied: migrations are never edited`);
	}
}

/** Migrates the database at `url` to this version's schema under an advisory lock; returns the names of the applied migrations. */
export async function migrate(url: string): Promise<string[]> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		const version = await client.query<{ server_version_num: string }>("show server_version_num");
		if (Number(version.rows[0]?.server_version_num) < OLDEST_POSTGRES) throw new Error("PostgreSQL 14 or newer is needed");
		await client.query("set lock_timeout = 0");
		await client.query("select pg_advisory_lock($1)", [LOCKS.migration]);
		await ensureServingRoles(client);
		await client.query("create schema if not exists keywright");
		await client.query(
			"create table if not exists keywright.migrations (number integer primary key, name text not null, digest text not null, applied_at timestamptz not null default now())",
		);
		const applied = await client.query<{ number: number; name: string; digest: string }>("select number, name, digest from keywright.migrations");
		const known = await readMigrations();
		checkHistory(applied.rows, known);
		const pending = known.filter((migration) => !applied.rows.some((row) => row.number === migration.number));
		for (const migration of pending) await apply(client, migration);
		return pending.map((migration) => migration.name);
	} finally {
		await client.end();
	}
}
