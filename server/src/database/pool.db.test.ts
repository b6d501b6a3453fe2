import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, suite, test } from "node:test";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { answeringPool } from "./pool.ts";
import type { Tables } from "./tables.ts";
import { type BareTestDatabase, bareTestDatabase } from "./testing.ts";
import { inTransaction } from "./transaction.ts";

const BEGIN_MS = 150;
const STATEMENT_MS = 400;

suite("connections to a PostgreSQL that falls silent", () => {
	let bare: BareTestDatabase;
	let frozen: number[] = [];

	before(async () => {
		bare = await bareTestDatabase();
	});
	afterEach(() => {
		for (const pid of frozen) process.kill(pid, "SIGCONT");
		frozen = [];
	});
	after(() => bare.close());

	/** One connection, so that the next transaction would come upon the silent one. */
	function connect() {
		const pool = new pg.Pool({ connectionString: bare.appUrl, max: 1, connectionTimeoutMillis: 2_000 });
		pool.on("error", () => undefined);
		const queries = new Kysely<Tables>({
			dialect: new PostgresDialect({ pool: answeringPool(pool, { begin_ms: BEGIN_MS, statement_ms: STATEMENT_MS }) }),
		});
		return { queries, database: { ...bare.database, queries, close: () => queries.destroy() } };
	}

	async function pidOf(queries: Kysely<Tables>): Promise<number> {
		const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(queries);
		return rows[0]?.pid ?? 0;
	}

	function freeze(pid: number): void {
		if (process.platform === "linux") match(readFileSync(`/proc/${pid}/cmdline`, "utf8"), /^postgres/, "the test needs a PostgreSQL on this machine");
		process.kill(pid, "SIGSTOP");
		frozen.push(pid);
	}

	test("a transaction that does not begin is unavailable, and the next one has a new connection", async () => {
		const { queries, database } = connect();
		try {
			const silent = await pidOf(queries);
			freeze(silent);
			await rejects(
				inTransaction(database, "*", async () => "never"),
				/unavailable/,
			);
			notEqual(await pidOf(queries), silent);
		} finally {
			await database.close();
		}
	});

	test("a statement that is never answered ends its transaction, and the next one has a new connection", async () => {
		const { queries, database } = connect();
		try {
			const silent = await pidOf(queries);
			await rejects(
				inTransaction(database, "*", async (tx) => {
					freeze(silent);
					await sql`select 1`.execute(tx);
				}),
				/unavailable/,
			);
			notEqual(await pidOf(queries), silent);
		} finally {
			await database.close();
		}
	});

	test("a statement may take longer than a begin, and its connection is kept", async () => {
		const { queries, database } = connect();
		try {
			const pid = await pidOf(queries);
			const answer = await inTransaction(
				database,
				"*",
				async (tx) => (await sql<{ one: number }>`select 1 as one, pg_sleep(0.2)`.execute(tx)).rows[0]?.one,
			);
			deepEqual([answer, await pidOf(queries)], [1, pid]);
		} finally {
			await database.close();
		}
	});

	test("a statement that fails is told as it is, and its connection is kept", async () => {
		const { queries, database } = connect();
		try {
			const pid = await pidOf(queries);
			await rejects(
				inTransaction(database, "*", (tx) => sql`select 1 / 0`.execute(tx)),
				/division by zero/,
			);
			equal(await pidOf(queries), pid);
		} finally {
			await database.close();
		}
	});
});
