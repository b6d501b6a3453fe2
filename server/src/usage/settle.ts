import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/read.ts";
import { isRefusal } from "./flush.ts";
import { flushesWait, setAsideFlush, settleFlushes } from "./store.ts";

/** Some hundred thousand facts: a few seconds of PostgreSQL's time. */
const FLUSHES_PER_STEP = 16;

/**
 * Brings what nodes have flushed into the tables that reports read. Whoever reports calls it first; it is quick when nothing waits.
 * A flush whose values the database refuses is set aside, so that it holds nothing up.
 */
export async function settleUsage(context: { readonly database: Database; readonly log: Log }): Promise<void> {
	if (!(await read({ database: context.database, scope: ALL_TENANTS }, flushesWait))) return;
	for (let flushes = FLUSHES_PER_STEP; ; ) {
		try {
			const settled = await record(context, (tx) => settleFlushes(tx, flushes));
			if (settled < flushes) return;
		} catch (error) {
			if (!isRefusal(error)) throw error;
			if (flushes === 1) context.log.error({ err: error, flush: await record(context, setAsideFlush) }, "usage_flush_set_aside");
			flushes = 1;
		}
	}
}
