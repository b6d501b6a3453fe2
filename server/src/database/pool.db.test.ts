import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, suite, test } from "node:test";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { type BareTestDatabase, bareTestDatabase, testLog } from "../../testing/database.ts";
import { type Clock, ManualClock, systemClock } from "../core/clock.ts";
import { connectDatabase } from "./database.ts";
import { answeringPool } from "./pool.ts";
import type { Tables } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

const BEGIN_MS = 600;
const STATEMENT_MS = 2_000;

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

	/** A pool of one connection, so that the next transaction uses the unresponsive one. */
	function connect(clock: Clock = systemClock) {
		const pool = new pg.Pool({ connectionString: bare.appUrl, max: 1, connectionTimeoutMillis: 2_000 });
		pool.on("error", () => undefined);
		pool.on("connect", (client) => client.on("error", () => undefined));
		const queries = new Kysely<Tables>({
			dialect: new PostgresDialect({ pool: answeringPool(pool, { begin_ms: BEGIN_MS, statement_ms: STATEMENT_MS, clock }) }),
		});
		return { queries, database: { ...bare.database, queries, close: () => queries.destroy() } };
	}

	async function getPid(queries: Kysely<Tables>): Promise<number> {
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
			const silent = await getPid(queries);
			freeze(silent);
			await rejects(
				inTransaction(database, "*", async () => "never"),
				/unavailable/,
			);
			notEqual(await getPid(queries), silent);
		} finally {
			await database.close();
		}
	});

	test("a session that does not answer until just before the time of a begin is over is not followed by another try", async () => {
		const clock = new ManualClock();
		const { queries, database } = connect(clock);
		try {
			const silent = await getPid(queries);
			freeze(silent);
			clock.advance(1_000);
			const refused = rejects(
				inTransaction(database, "*", async () => "never"),
				/unavailable/,
			);
			clock.advance(BEGIN_MS - 0.4);
			await refused;
		} finally {
			await database.close();
		}
	});

	/** Ends the session as an administrator or a restart does, before this process can read of it. */
	function end(pid: number): void {
		process.kill(pid, "SIGTERM");
		try {
			for (;;) process.kill(pid, 0);
		} catch {
			// It is gone.
		}
	}

	test("a transaction whose idle connection has ended unnoticed begins on another one; one that ends later fails once", async () => {
		const { queries, database } = connect(new ManualClock());
		const begin = (run: (pid: number) => void) =>
			inTransaction(database, "*", async (tx) => {
				const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
				run(rows[0]?.pid ?? 0);
				return (await sql<{ one: number }>`select 1 as one`.execute(tx)).rows[0]?.one;
			});
		try {
			for (let round = 0; round < 10; round += 1) {
				end(await getPid(queries));
				let runs = 0;
				equal(await begin(() => (runs += 1)), 1);
				equal(runs, 1);
			}
			let runs = 0;
			const killed = begin((pid) => {
				runs += 1;
				end(pid);
			});
			await rejects(killed, /unavailable/);
			deepEqual([runs, await begin(() => undefined)], [1, 1]);
		} finally {
			await database.close();
		}
	});

	test("a statement that is never answered ends its transaction, and the next one has a new connection", async () => {
		const { queries, database } = connect();
		try {
			const silent = await getPid(queries);
			await rejects(
				inTransaction(database, "*", async (tx) => {
					freeze(silent);
					await sql`select 1`.execute(tx);
				}),
				/unavailable/,
			);
			notEqual(await getPid(queries), silent);
		} finally {
			await database.close();
		}
	});

	test("a statement may take longer than a begin, and its connection is kept", async () => {
		const { queries, database } = connect();
		try {
			const pid = await getPid(queries);
			const answer = await inTransaction(
				database,
				"*",
				async (tx) => (await sql<{ one: number }>`select 1 as one, pg_sleep(0.8)`.execute(tx)).rows[0]?.one,
			);
			deepEqual([answer, await getPid(queries)], [1, pid]);
		} finally {
			await database.close();
		}
	});

	/** The effect of a failover on the sessions of the demoted server. */
	const becomeReadOnly = (queries: Kysely<Tables>) => sql`set default_transaction_read_only = on`.execute(queries);
	const write = (tx: Kysely<Tables>) => sql`update keywright.change_sequence set seq = seq`.execute(tx);

	test("a session that became read-only answers 503 once, and the next transaction has a session that can write", async () => {
		const { queries, database } = connect(new ManualClock());
		try {
			const demoted = await getPid(queries);
			await becomeReadOnly(queries);
			await rejects(inTransaction(database, "*", write), /unavailable/);
			await inTransaction(database, "*", write);
			notEqual(await getPid(queries), demoted);
		} finally {
			await database.close();
		}
	});

	test("a session that became read-only a second ago is replaced before anything is read on it", async () => {
		const clock = new ManualClock();
		const { queries, database } = connect(clock);
		try {
			const demoted = await getPid(queries);
			await becomeReadOnly(queries);
			clock.advance(1_000);
			const pid = await inTransaction(
				database,
				"*",
				async (tx) => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]?.pid,
			);
			notEqual(pid, demoted);
		} finally {
			await database.close();
		}
	});

	test("a server on which every session is read-only, or that refuses the login, is unavailable and no defect", async () => {
		const refusals = [`${bare.appUrl}&options=-c%20default_transaction_read_only%3Don`, bare.appUrl.replace(/\/\/[^@]*@/, "//nobody_at_all@")];
		for (const url of refusals) {
			const database = connectDatabase({ url, log: testLog, connections_max: 1 });
			await rejects(
				inTransaction(database, "*", async () => undefined),
				/unavailable/,
				url,
			);
			await database.close();
		}
	});

	test("the error of a failed statement is rethrown unchanged, and its connection is kept", async () => {
		const { queries, database } = connect();
		try {
			const pid = await getPid(queries);
			await rejects(
				inTransaction(database, "*", (tx) => sql`select 1 / 0`.execute(tx)),
				/division by zero/,
			);
			equal(await getPid(queries), pid);
		} finally {
			await database.close();
		}
	});
});
