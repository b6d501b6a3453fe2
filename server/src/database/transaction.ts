import { type Kysely, sql, type Transaction } from "kysely";
import pg from "pg";
import { ApiError } from "../core/error.ts";
import type { Database } from "./database.ts";
import { NoSession } from "./pool.ts";
import { APP_ROLE } from "./roles.ts";
import { meaningOf } from "./sqlstate.ts";
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

/** Whether `error` means that PostgreSQL cannot be reached or does not do its work at present, rather than that the statement was wrong. */
export function isUnavailable(error: unknown): boolean {
	if (error instanceof pg.DatabaseError) return meaningOf(error.code ?? "") !== "defect";
	if (error instanceof NoSession) return true;
	if (!(error instanceof Error)) return false;
	const code = "code" in error && typeof error.code === "string" ? error.code : "";
	return (
		/^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/.test(code) ||
		/timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/.test(error.message)
	);
}

const UNAVAILABLE_RETRY_SECONDS = 2;

/** The failure a caller sees when the database is away; never 401, never open. */
export function unavailable(cause: unknown): ApiError {
	return new ApiError("unavailable", "The database is away or busy at the moment. Try again shortly.", {
		retry_after_seconds: UNAVAILABLE_RETRY_SECONDS,
		cause,
	});
}

/** Whether `error` is the 503 of a statement that took longer than statements may. */
export function wasTooSlow(error: unknown): boolean {
	return error instanceof ApiError && error.cause instanceof pg.DatabaseError && error.cause.code === QUERY_CANCELED;
}

/**
 * Between two statements of a transaction that writes. A node that is frozen or cut off in the midst of one keeps what it has locked from the
 * others for so long: no longer than it delays them anyway by its lease, whose end they await meanwhile.
 */
export const WRITES_IDLE_MS = 2_000;

/**
 * The same where statements follow each other at once and hold what every other node needs: so long for each connection of a silent node, one
 * after the other, which all together is less than it delays others anyway.
 */
export const LOCKED_IDLE_MS = 500;

/** For how long PostgreSQL lets this transaction wait for its next statement; a part of a statement of it. */
export const idleFor = (milliseconds: number) => sql<string>`set_config('idle_in_transaction_session_timeout', ${String(milliseconds)}, true)`;

/**
 * Runs `run` in one transaction as the serving role, in which row-level security shows the rows of `scope` only. With `idle_ms` PostgreSQL ends
 * it when it waits that long for a statement. A database that cannot be reached becomes a 503 `unavailable`.
 */
export async function inTransaction<T>(
	database: Database,
	scope: string,
	run: (transaction: Transaction<Tables>) => Promise<T>,
	idle_ms?: number,
): Promise<T> {
	const idle = idle_ms === undefined ? sql`` : sql`, ${idleFor(idle_ms)}`;
	try {
		return await database.queries.transaction().execute(async (transaction) => {
			await sql`select set_config('role', ${APP_ROLE}, true), set_config('keywright.scope', ${scope}, true)${idle}`.execute(transaction);
			return await run(transaction);
		});
	} catch (error) {
		if (isUnavailable(error)) throw unavailable(error);
		throw error;
	}
}

/**
 * Runs `run` in one transaction that only reads, and all of it as it was at one instant; it may take as long as it takes. As `inTransaction` otherwise.
 */
export async function inSnapshot<T>(database: Database, scope: string, run: (transaction: ReadTx) => Promise<T>): Promise<T> {
	try {
		const snapshot = database.queries.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
		return await snapshot.execute(async (transaction) => {
			await sql`select set_config('role', ${APP_ROLE}, true), set_config('keywright.scope', ${scope}, true),
				set_config('idle_in_transaction_session_timeout', '0', true)`.execute(transaction);
			return await run(transaction);
		});
	} catch (error) {
		if (isUnavailable(error)) throw unavailable(error);
		throw error;
	}
}

/** Guarantee: called by `inStatement` alone, whose callers write bookkeeping tables by one statement. */
function asOneStatement(queries: Kysely<Tables>): RecordTx {
	return queries as RecordTx;
}

/**
 * Runs one statement on its own, in one exchange with PostgreSQL: as the connected role and in no scope, so only on tables that belong to no
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
