import { type Kysely, sql, type Transaction, type TransactionBuilder } from "kysely";
import pg from "pg";
import { ApiError } from "../core/error.ts";
import type { Database, DatabaseContext } from "./database.ts";
import { NoAnswer, NoSession } from "./pool.ts";
import { APP_ROLE } from "./roles.ts";
import { getMeaning } from "./sqlstate.ts";
import type { Tables } from "./tables.ts";

declare const changes: unique symbol;
declare const bookkeeping: unique symbol;

/** A transaction that may only read. */
export type ReadTx = Pick<Transaction<Tables>, "selectFrom" | "with" | "getExecutor" | "fn">;
/** A transaction of `change`: its writes are audited. Only `audit/change.ts` makes one. */
export type Tx = Transaction<Tables> & { readonly [changes]: true };
/** A transaction of `record`: it writes bookkeeping tables only. Only `audit/record.ts` and `nodes/` make one. */
export type RecordTx = Transaction<Tables> & { readonly [bookkeeping]: true };

/** Guarantee: called by `audit/change.ts` alone, which commits the audit entry in the same transaction. */
export function asChange(transaction: Transaction<Tables>): Tx {
	return transaction as Tx;
}

/** Guarantee: called by `audit/record.ts` and `nodes/` alone, whose callers write bookkeeping tables. */
export function asRecord(transaction: Transaction<Tables>): RecordTx {
	return transaction as RecordTx;
}

const QUERY_CANCELED = "57014";

/** Whether `error` means that PostgreSQL is unreachable or temporarily unable to work, rather than that the statement was wrong. */
export function isUnavailable(error: unknown): boolean {
	if (error instanceof pg.DatabaseError) return getMeaning(error.code ?? "") !== "defect";
	if (error instanceof NoSession) return true;
	if (!(error instanceof Error)) return false;
	const code = "code" in error && typeof error.code === "string" ? error.code : "";
	return (
		/^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/.test(code) ||
		/timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/.test(error.message)
	);
}

const UNAVAILABLE_RETRY_SECONDS = 2;

/** Whether PostgreSQL or the network ended the session, and said so at once. */
function wasEnded(error: unknown): boolean {
	if (error instanceof pg.DatabaseError) return getMeaning(error.code ?? "") === "session_lost";
	return isUnavailable(error) && !(error instanceof NoSession) && !(error instanceof NoAnswer);
}

/** The 503 of an unavailable database; authentication fails closed, and never with 401. */
export function unavailable(cause: unknown): ApiError {
	return new ApiError("unavailable", "The database is temporarily unavailable or busy. Try again shortly.", {
		retry_after_seconds: UNAVAILABLE_RETRY_SECONDS,
		cause,
	});
}

/** Whether `error` is the 503 of a statement timeout. */
export function wasTooSlow(error: unknown): boolean {
	return error instanceof ApiError && error.cause instanceof pg.DatabaseError && error.cause.code === QUERY_CANCELED;
}

/**
 * The idle timeout of a write transaction, in milliseconds. A node that is frozen or partitioned within one keeps its locks
 * that long: no longer than the wait for its lease delays the other nodes anyway.
 */
export const WRITES_IDLE_MS = 2_000;

/**
 * The idle timeout of transactions that lock rows of every node. Each connection of a silent node may block that long, one
 * after the other; the sum is less than the wait for its lease.
 */
export const LOCKED_IDLE_MS = 500;

/** Sets the idle-in-transaction timeout of this transaction; a fragment of a statement. */
export const idleFor = (milliseconds: number) => sql<string>`set_config('idle_in_transaction_session_timeout', ${String(milliseconds)}, true)`;

/** How a transaction begins, and its idle timeout in milliseconds (the connection's if absent, none for 0). */
interface Begun {
	readonly builder: TransactionBuilder<Tables>;
	readonly idle_ms?: number | undefined;
}

/** Other sessions tried for a transaction whose session ended before `run`: a restart of PostgreSQL ends all of a pool. */
const OTHER_SESSIONS_MAX = 2;

async function begun<T>(scope: string, { builder, idle_ms }: Begun, run: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
	const idle = idle_ms === undefined ? sql`` : sql`, ${idleFor(idle_ms)}`;
	for (let tried = 0; ; tried += 1) {
		let ran = false;
		try {
			return await builder.execute(async (transaction) => {
				await sql`select set_config('role', ${APP_ROLE}, true), set_config('keywright.scope', ${scope}, true)${idle}`.execute(transaction);
				ran = true;
				return await run(transaction);
			});
		} catch (error) {
			// An idle session may have ended without this process having read it; before `run` nothing has happened, so another one is as good.
			if (!ran && tried < OTHER_SESSIONS_MAX && wasEnded(error)) continue;
			if (isUnavailable(error)) throw unavailable(error);
			throw error;
		}
	}
}

/**
 * Runs `run` in one transaction as the serving role, in which row-level security shows the rows of `scope` only. With `idle_ms` PostgreSQL ends
 * it after that idle time between statements. Throws 503 `unavailable` when the database is unreachable.
 */
export function inTransaction<T>(
	database: Database,
	scope: string,
	run: (transaction: Transaction<Tables>) => Promise<T>,
	idle_ms?: number,
): Promise<T> {
	return begun(scope, { builder: database.queries.transaction(), idle_ms }, run);
}

/**
 * The same, read-only and on one snapshot: all statements of `run` see the database at the same instant, so that an answer made from several
 * of them is consistent. The snapshot is taken after this call. With `idle_ms` 0 it may stay idle.
 */
export function inSnapshot<T>(database: Database, scope: string, run: (transaction: ReadTx) => Promise<T>, idle_ms?: number): Promise<T> {
	const builder = database.queries.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
	return begun(scope, { builder, idle_ms }, run);
}

/** Guarantee: called by `inStatement` alone, whose callers write bookkeeping tables by one statement. */
function asOneStatement(queries: Kysely<Tables>): RecordTx {
	return queries as RecordTx;
}

/**
 * Runs one statement in one round trip, as the connected role and without a scope, so only on tables without a
 * tenant. A database that cannot be reached becomes a 503 `unavailable`.
 */
export async function inStatement<T>(database: Database, run: (queries: RecordTx) => Promise<T>): Promise<T> {
	try {
		return await database.queries.connection().execute((queries) => run(asOneStatement(queries)));
	} catch (error) {
		if (isUnavailable(error)) throw unavailable(error);
		throw error;
	}
}

/** Reads within the context's scope, on one snapshot. */
export function read<T>(context: Pick<DatabaseContext, "database" | "scope">, run: (tx: ReadTx) => Promise<T>): Promise<T> {
	return inSnapshot(context.database, context.scope, run);
}
