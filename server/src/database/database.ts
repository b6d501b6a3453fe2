import { CompiledQuery, Kysely, PostgresDialect, type PostgresDialectConfig } from "kysely";
import pg from "pg";
import type { Context } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import { answeringPool } from "./pool.ts";
import type { Tables } from "./tables.ts";

const POOL_CONNECTIONS_MAX = 12;
const CONNECT_TIMEOUT_MS = 2_500;
const STATEMENT_TIMEOUT_MS = 15_000;
/** Extra time after the statement timeout for PostgreSQL to report it. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;
const APART_CONNECTIONS_MAX = 2;
const APART_ANSWER_TIMEOUT_MS = 2_000;

/** Parses bigint as a number: every bigint here is a count or a size, far below 2^53. */
const types = {
	getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
		if (oid === pg.types.builtins.INT8) return Number;
		if (oid === pg.types.builtins.DATE) return (value) => value;
		return pg.types.getTypeParser(oid, format === "binary" ? "text" : format);
	},
};

export interface PoolConnections {
	readonly open: number;
	/** Of the open ones, those that no transaction uses. */
	readonly idle: number;
	/** Transactions that wait for a connection. */
	readonly waiting: number;
}

export interface Database {
	readonly queries: Kysely<Tables>;
	/** The connections of the pool, at the call. */
	connections(): PoolConnections;
	/** A direct connection, without a pooler, for LISTEN and session locks. */
	readonly directUrl: string;
	/** A dedicated direct pool with short timeouts, for lease renewals: requests cannot delay them. */
	apart(): Database;
	close(): Promise<void>;
}

/** The context of an action that reads the database. */
export interface DatabaseContext extends Context {
	readonly database: Database;
}

export interface ConnectOptions {
	readonly url: string;
	readonly direct_url?: string;
	readonly log: Log;
	readonly connections_max?: number;
	readonly answer_timeout_ms?: number;
	/** The statement timeout of PostgreSQL; shorter than `answer_timeout_ms`. */
	readonly statement_timeout_ms?: number;
	/** Sets this role on every connection, outside of transactions too; not possible through a transaction pooler. */
	readonly role?: string;
}

function actingAs(role: string | undefined): Pick<PostgresDialectConfig, "onCreateConnection"> {
	if (role === undefined) return {};
	return {
		onCreateConnection: async (connection) => void (await connection.executeQuery(CompiledQuery.raw("select set_config('role', $1, false)", [role]))),
	};
}

/**
 * Limits of look-ups by primary key for keyed requests. A slow one waits for a lock and delays many requests. Through a pooler
 * that drops the statement timeout, the client timeout applies.
 */
export const VERIFICATION_LIMITS = { connections_max: 6, statement_timeout_ms: 2_000, answer_timeout_ms: 2_500 } as const;

/** A bounded pool on `url`. It connects on the first query. */
export function connectDatabase(options: ConnectOptions): Database {
	const { url, direct_url = url, log } = options;
	const pool = new pg.Pool({
		connectionString: url,
		max: options.connections_max ?? POOL_CONNECTIONS_MAX,
		connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
		statement_timeout: options.statement_timeout_ms ?? STATEMENT_TIMEOUT_MS,
		idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
		keepAlive: true,
		types,
	});
	// The error contains the whole connection, which must not be logged.
	pool.on("error", (error) => log.warn({ reason: error.message }, "database_connection_lost"));
	// A connection lost within a transaction also emits an error on its client; without a listener it would end the process.
	pool.on("connect", (client) => client.on("error", () => undefined));
	const answering = answeringPool(pool, { statement_ms: options.answer_timeout_ms ?? ANSWER_TIMEOUT_MS });
	const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: answering, ...actingAs(options.role) }) }).withSchema("keywright");
	return {
		queries,
		connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
		directUrl: direct_url,
		apart: () => connectDatabase({ url: direct_url, log, connections_max: APART_CONNECTIONS_MAX, answer_timeout_ms: APART_ANSWER_TIMEOUT_MS }),
		close: () => queries.destroy(),
	};
}
