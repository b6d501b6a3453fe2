import { record } from "../audit/record.ts";
import type { Context } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import type { RecordTx } from "../database/transaction.ts";
import { GRANULARITY_SECONDS, rollUpsAt } from "./period.ts";
import { claimRollUp, deleteFlushes, rollUpKeys, rollUpOperations } from "./roll-up-store.ts";

const SLICE_ROWS_MAX = 10_000;
const SLICES_MAX = 200;
const FLUSHES_KEPT_MS = 7 * 86_400_000;
/** So that a report under way, or on a node whose clock is behind, still finds what its clock says is kept. */
const GRACE_MS = 3_600_000;

export interface RollUpContext extends Pick<Context, "clock"> {
	readonly database: Database;
}

/**
 * Moves minutes past their time into hours and hours into days, and forgets old flushes; in bounded slices, each a transaction of its own.
 * May run on several nodes at once: one of them does the work. Returns how many rows were moved and forgotten.
 */
export async function rollUpUsage(context: RollUpContext): Promise<{ rows_folded: number; flushes_forgotten: number }> {
	const now = context.clock.now();
	let rows_folded = 0;
	for (const { granularity, coarser, before_ms } of rollUpsAt(now - GRACE_MS)) {
		const slice = {
			from_seconds: GRANULARITY_SECONDS[granularity],
			to_seconds: GRANULARITY_SECONDS[coarser],
			before: new Date(before_ms),
			rows_max: SLICE_ROWS_MAX,
		};
		rows_folded += await inSlices(context, (tx) => rollUpKeys(tx, slice));
		rows_folded += await inSlices(context, (tx) => rollUpOperations(tx, slice));
	}
	const flushes_forgotten = await inSlices(context, (tx) => deleteFlushes(tx, new Date(now - FLUSHES_KEPT_MS), SLICE_ROWS_MAX));
	return { rows_folded, flushes_forgotten };
}

/** Runs `step` until it finds less than a whole slice, another node is at it, or it has had its share of this run. */
async function inSlices(context: RollUpContext, step: (tx: RecordTx) => Promise<number>): Promise<number> {
	let rows = 0;
	for (let slices = 0; slices < SLICES_MAX; slices += 1) {
		const done = await record(context, async (tx) => ((await claimRollUp(tx)) ? step(tx) : 0));
		rows += done;
		if (done < SLICE_ROWS_MAX) break;
	}
	return rows;
}
