import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import type { RecordTx } from "../../database/transaction.ts";
import { claimSources, deleteIdleSources, deleteUnusedProgramNames } from "../source-sweep-store.ts";
import { deleteEvidence } from "./evidence-store.ts";

const KEPT_MS = 90 * 86_400_000;
const ROWS_PER_STEP = 5_000;

/**
 * Deletes from where keys and secrets were used, and what for, 90 days after it was seen last, and the names of programs that no source has any more:
 * what was invented once takes nobody's room for ever. In bounded steps. When a secret was last used stays.
 */
export async function sweepEvidence(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const before = new Date(context.clock.now() - KEPT_MS);
	while ((await record(context, (tx) => deleteEvidence(tx, before, ROWS_PER_STEP))) > 0);
	while ((await record(context, (tx) => deleteSources(tx, before))) > 0);
}

/** Nothing while another node aggregates: then it is for the next run. */
async function deleteSources(tx: RecordTx, before: Date): Promise<number> {
	if (!(await claimSources(tx))) return 0;
	return (await deleteIdleSources(tx, before, ROWS_PER_STEP)) + (await deleteUnusedProgramNames(tx, ROWS_PER_STEP));
}
