import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import { type Clock, systemClock } from "../core/clock.ts";
import { SESSION_STATEMENT } from "./session.ts";
import { getMeaning } from "./sqlstate.ts";

/** Maximum time of BEGIN, which is cheap. */
const BEGIN_MS = 2_000;
const BEGIN_STATEMENT = /^(?:begin|start transaction)\b/;
/** Remaining time below which no other session is tried: that may take as long again, and timers may fire a millisecond early. */
const TRY_MS_MIN = 100;
/** How long a session is assumed writable after a successful check. */
const SESSION_CHECKED_EVERY_MS = 1_000;

export interface Patience {
	readonly begin_ms?: number;
	/** Longer than the statement timeout of PostgreSQL. */
	readonly statement_ms: number;
	readonly clock?: Clock;
}

/** No usable session: PostgreSQL is unreachable, rejects the login, or is read-only. */
export class NoSession extends Error {
	override readonly name = "NoSession";
}

/** PostgreSQL did not answer within the patience; the connection was closed. */
export class NoAnswer extends Error {
	override readonly name = "NoAnswer";
}

/**
 * Wraps `pool` and discards unusable connections: those on which PostgreSQL does not respond (a vanished host would otherwise block them for
 * as long as TCP retransmits, 15 minutes), and those that have become read-only (after a failover they lead to the former primary, which still
 * responds, with old data). Throws NoSession when there is no session.
 */
export function answeringPool(pool: pg.Pool, patience: Patience): PostgresPool {
	const { begin_ms = BEGIN_MS, clock = systemClock } = patience;
	const watched = new WeakMap<pg.PoolClient, WatchedClient>();

	async function take(): Promise<WatchedClient> {
		const client = await pool.connect().catch((error: unknown) => {
			throw new NoSession("PostgreSQL gives no session", { cause: error });
		});
		const known = watched.get(client) ?? new WatchedClient(client, { ...patience, begin_ms, clock });
		watched.set(client, known);
		return known;
	}

	return {
		options: pool.options,
		end: () => pool.end(),
		async connect() {
			const until = clock.monotonic() + begin_ms;
			for (;;) {
				const session = await take();
				const { is_new } = session;
				const fault = await session.check();
				if (fault === null) return asPoolClient(session);
				session.release(true);
				// All pooled connections may be dead; a new one shows whether PostgreSQL is reachable.
				if (is_new || until - clock.monotonic() < TRY_MS_MIN) throw fault;
			}
		},
	};
}

class WatchedClient {
	readonly #client: pg.PoolClient;
	readonly #patience: Required<Patience>;
	#givenUp = false;
	#isLost = false;
	#checkedAt = Number.NEGATIVE_INFINITY;

	constructor(client: pg.PoolClient, patience: Required<Patience>) {
		this.#client = client;
		this.#patience = patience;
	}

	get is_new(): boolean {
		return this.#checkedAt === Number.NEGATIVE_INFINITY;
	}

	/** Returns why the session is unusable, or null. Applies the session settings. */
	async check(): Promise<NoSession | null> {
		const now = this.#patience.clock.monotonic();
		if (now - this.#checkedAt < SESSION_CHECKED_EVERY_MS) return null;
		this.#checkedAt = now;
		try {
			const { rows } = await this.#ask(SESSION_STATEMENT, [], this.#patience.begin_ms);
			return rows[0]?.read_only === "off"
				? null
				: new NoSession("PostgreSQL is read-only on this session: connect to the primary, and check default_transaction_read_only");
		} catch (error) {
			return new NoSession("PostgreSQL does not answer on this session", { cause: error });
		}
	}

	query(text: string, values: unknown[]): Promise<pg.QueryResult> {
		const { begin_ms, statement_ms } = this.#patience;
		return this.#ask(text, values, BEGIN_STATEMENT.test(text) ? begin_ms : statement_ms);
	}

	release(destroy = false): void {
		this.#client.release(destroy || this.#isLost);
	}

	async #ask(text: string, values: unknown[], patience_ms: number): Promise<pg.QueryResult> {
		let answered = false;
		const giveUp = (): void => {
			if (answered) return;
			this.#givenUp = true;
			void this.#client.end();
		};
		// After a freeze of this process the timer fires at once, although the response may be in the socket: read it first.
		const timer = setTimeout(() => setImmediate(giveUp), patience_ms);
		try {
			return await this.#client.query(text, values);
		} catch (error) {
			if (this.#givenUp) throw new NoAnswer("Connection terminated: PostgreSQL does not answer on it", { cause: error });
			if (error instanceof pg.DatabaseError && getMeaning(error.code ?? "") === "session_lost") this.#isLost = true;
			throw error;
		} finally {
			answered = true;
			clearTimeout(timer);
		}
	}
}

/** Guarantee: Kysely calls `query` with a text and its values, never with a cursor, because the dialect is given none. */
function asPoolClient(client: WatchedClient): PostgresPoolClient {
	return client as unknown as PostgresPoolClient;
}
