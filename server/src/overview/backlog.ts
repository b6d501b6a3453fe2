import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Backlog, readBacklog, readOpenAlerts } from "./backlog-store.ts";

/** Two scrapes within this time read the database once. */
const FRESH_MS = 5_000;
/** A scrape waits no longer for the database: Prometheus gives up after ten seconds, and with them every other metric. */
const PATIENCE_MS = 2_000;

export interface Backlogs extends Backlog {
	readonly alerts: readonly { readonly rule: string; readonly status: string; readonly alerts: number }[];
}

/** What waits in the database, for metrics. Bounded in time, and read at most every five seconds. */
export class BacklogReader {
	readonly #options: { readonly database: Database; readonly clock: Clock };
	#reading: Promise<Backlogs | null> | null = null;
	#latest: { readonly at: number; readonly backlogs: Backlogs } | null = null;

	constructor(options: { readonly database: Database; readonly clock: Clock }) {
		this.#options = options;
	}

	/** Null when the database does not answer within two seconds. */
	async read(): Promise<Backlogs | null> {
		const { clock } = this.#options;
		if (this.#latest !== null && clock.monotonic() - this.#latest.at < FRESH_MS) return this.#latest.backlogs;
		this.#reading ??= this.#readOnce().finally(() => {
			this.#reading = null;
		});
		const { promise: over, resolve } = Promise.withResolvers<null>();
		const timer = setTimeout(resolve, PATIENCE_MS, null);
		const backlogs = await Promise.race([this.#reading, over]);
		clearTimeout(timer);
		return backlogs;
	}

	async #readOnce(): Promise<Backlogs | null> {
		const { database, clock } = this.#options;
		try {
			const backlogs = await read({ database, scope: ALL_TENANTS }, async (tx) => ({ ...(await readBacklog(tx)), alerts: await readOpenAlerts(tx) }));
			this.#latest = { at: clock.monotonic(), backlogs };
			return backlogs;
		} catch {
			// The metric `keywright_database_reachable` says so.
			return null;
		}
	}
}
