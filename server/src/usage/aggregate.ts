import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../database/database.ts";
import { read, wasTooSlow } from "../database/transaction.ts";
import { isRejection } from "./flush.ts";
import { aggregateFlushes, flushesWait, setAsideFlush } from "./store.ts";

/** About 100,000 facts, which take PostgreSQL a few seconds. */
const FLUSHES_PER_STEP = 16;

interface AggregateContext {
	readonly database: Database;
	readonly log: Log;
}

/**
 * Aggregates pending flushes into the tables that reports read. Every report calls it first; one cheap query when nothing is pending.
 * A flush that PostgreSQL rejects is set aside so that the others proceed. After a timeout it continues flush by flush.
 */
export async function aggregateUsage(context: AggregateContext): Promise<void> {
	if (!(await read({ database: context.database, scope: ALL_TENANTS }, flushesWait))) return;
	for (let flushes = FLUSHES_PER_STEP; ; ) {
		try {
			const aggregated = await record(context, (tx) => aggregateFlushes(tx, flushes));
			if (aggregated < flushes) return;
		} catch (error) {
			if (flushes > 1 && wasTooSlow(error)) {
				flushes = 1;
				continue;
			}
			if (!isRejection(error)) throw error;
			if (flushes === 1) context.log.error({ err: error, flush: await record(context, setAsideFlush) }, "usage_flush_set_aside");
			flushes = 1;
		}
	}
}
