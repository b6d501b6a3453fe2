import type { PostgresPool, PostgresPoolClient } from "kysely";
import type pg from "pg";

/** How long PostgreSQL may take to begin a transaction, which costs it nothing. */
const BEGIN_MS = 2_000;

export interface Patience {
	readonly begin_ms?: number;
	/** Longer than the time after which PostgreSQL itself ends a statement. */
	readonly statement_ms: number;
}

/**
 * `pool`, whose connections are ended when PostgreSQL answers nothing on them: one that vanished without a word would else hold them for as
 * long as the system goes on sending, a quarter of an hour. Whoever waits gets `Connection terminated`, and the pool connects anew.
 */
export function answeringPool(pool: pg.Pool, patience: Patience): PostgresPool {
	const watched = new WeakMap<pg.PoolClient, PostgresPoolClient>();
	return {
		options: pool.options,
		end: () => pool.end(),
		async connect() {
			const client = await pool.connect();
			const known = watched.get(client) ?? watch(client, patience);
			watched.set(client, known);
			return known;
		},
	};
}

function watch(client: pg.PoolClient, { begin_ms = BEGIN_MS, statement_ms }: Patience): PostgresPoolClient {
	let givenUp = false;
	async function query(text: string, values: unknown[]): Promise<pg.QueryResult> {
		let answered = false;
		function giveUp(): void {
			if (answered) return;
			givenUp = true;
			void client.end();
		}
		// After a freeze of this process the timer is over at once: the answer may lie there and is read first.
		const timer = setTimeout(() => setImmediate(giveUp), text === "begin" ? begin_ms : statement_ms);
		try {
			return await client.query(text, values);
		} catch (error) {
			if (givenUp) throw new Error("Connection terminated: PostgreSQL does not answer on it", { cause: error });
			throw error;
		} finally {
			answered = true;
			clearTimeout(timer);
		}
	}
	return asPoolClient({ query, release: (destroy) => client.release(destroy) });
}

/** Guarantee: Kysely calls `query` with a text and its values, never with a cursor, because the dialect is given none. */
function asPoolClient(client: {
	query(text: string, values: unknown[]): Promise<pg.QueryResult>;
	release(destroy?: boolean): void;
}): PostgresPoolClient {
	return client as unknown as PostgresPoolClient;
}
