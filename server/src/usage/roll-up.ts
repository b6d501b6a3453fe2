import { record } from "../audit/record.ts";
import type { Context } from "../core/context.ts";
import { DAY_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import type { RecordTx } from "../database/transaction.ts";
import { deleteUsageBySource } from "./by-source/store.ts";
import { BY_SOURCE_DAYS, GRANULARITY_SECONDS, rollUpsAt } from "./period.ts";
import { deleteRefusalCounts, rollUpRefusals } from "./refusals/store.ts";
import { claimRollUp, deleteFlushes, rollUpKeys, rollUpOperations } from "./roll-up-store.ts";

const SLICE_ROWS_MAX = 10_000;
const SLICES_MAX = 200;
const FLUSHES_KEPT_MS = 7 * DAY_MS;
const REFUSALS_KEPT_MS = 30 * DAY_MS;
/** Margin for running reports and for nodes whose clock is behind. */
const GRACE_MS = 3_600_000;

export interface RollUpContext extends Pick<Context, "clock"> {
	readonly database: Database;
}

/**
 * Rolls up expired minutes into hours and hours into days, and deletes old flushes; in bounded slices, each its own transaction.
 * Safe to run on several nodes at once: an advisory lock admits one. Returns how many rows were moved and deleted.
 */
export async function rollUpUsage(context: RollUpContext): Promise<{ rows_rolled_up: number; flushes_forgotten: number }> {
	const now = context.clock.now();
	let rows_rolled_up = 0;
	for (const { granularity, coarser, before_ms } of rollUpsAt(now - GRACE_MS)) {
		const slice = {
			from_seconds: GRANULARITY_SECONDS[granularity],
			to_seconds: GRANULARITY_SECONDS[coarser],
			before: new Date(before_ms),
			rows_max: SLICE_ROWS_MAX,
		};
		rows_rolled_up += await inSlices(context, (tx) => rollUpKeys(tx, slice));
		rows_rolled_up += await inSlices(context, (tx) => rollUpOperations(tx, slice));
		// Hours of refusals are deleted before they would become days.
		if (granularity === "minute") rows_rolled_up += await inSlices(context, (tx) => rollUpRefusals(tx, slice));
	}
	await inSlices(context, (tx) => deleteRefusalCounts(tx, new Date(now - REFUSALS_KEPT_MS), SLICE_ROWS_MAX));
	await inSlices(context, (tx) => deleteUsageBySource(tx, new Date(now - BY_SOURCE_DAYS * DAY_MS), SLICE_ROWS_MAX));
	const flushes_forgotten = await inSlices(context, (tx) => deleteFlushes(tx, new Date(now - FLUSHES_KEPT_MS), SLICE_ROWS_MAX));
	return { rows_rolled_up, flushes_forgotten };
}

/** Runs `step` until a slice is not full, another node has the lock, or SLICES_MAX is reached. */
async function inSlices(context: RollUpContext, step: (tx: RecordTx) => Promise<number>): Promise<number> {
	let rows = 0;
	for (let slices = 0; slices < SLICES_MAX; slices += 1) {
		const done = await record(context, async (tx) => ((await claimRollUp(tx)) ? step(tx) : 0));
		rows += done;
		if (done < SLICE_ROWS_MAX) break;
	}
	return rows;
}
