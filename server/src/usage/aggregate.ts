import { setTimeout as sleep } from "node:timers/promises";
import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/read.ts";
import { wasTooSlow } from "../database/transaction.ts";
import { isRefusal } from "./flush.ts";
import { aggregateFlushes, flushesWait, setAsideFlush } from "./store.ts";

/** Some hundred thousand facts: a few seconds of PostgreSQL's time. */
const FLUSHES_PER_STEP = 16;
/** How long a change waits at most for figures that only its answer tells. */
const FIGURES_MS = 250;

interface SettleContext {
	readonly database: Database;
	readonly log: Log;
}

/**
 * Brings what nodes have flushed into the tables that reports read. Whoever reports calls it first; it is quick when nothing waits.
 * A flush whose values the database refuses is set aside, so that it holds nothing up; more than it can take at once, it takes in smaller steps.
 */
export async function aggregateUsage(context: SettleContext): Promise<void> {
	if (!(await read({ database: context.database, scope: ALL_TENANTS }, flushesWait))) return;
	for (let flushes = FLUSHES_PER_STEP; ; ) {
		try {
			const settled = await record(context, (tx) => aggregateFlushes(tx, flushes));
			if (settled < flushes) return;
		} catch (error) {
			if (flushes > 1 && wasTooSlow(error)) {
				flushes = 1;
				continue;
			}
			if (!isRefusal(error)) throw error;
			if (flushes === 1) context.log.error({ err: error, flush: await record(context, setAsideFlush) }, "usage_flush_set_aside");
			flushes = 1;
		}
	}
}

/** The same before a change that must not wait for it, nor fail by it: the change's answer tells what is known a moment later. */
export async function aggregateIfQuick(context: SettleContext): Promise<void> {
	const settling = aggregateUsage(context).catch((error: unknown) => context.log.warn({ err: error }, "usage_not_settled"));
	await Promise.race([settling, sleep(FIGURES_MS, undefined, { ref: false })]);
}
