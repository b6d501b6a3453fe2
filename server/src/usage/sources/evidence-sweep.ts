import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import type { RecordTx } from "../../database/transaction.ts";
import { deleteEvidence } from "./evidence-store.ts";
import { claimSources, deleteIdleSources, deleteUnusedProgramNames } from "./store.ts";

const KEPT_MS = 90 * 86_400_000;
const ROWS_PER_STEP = 5_000;

/**
 * Deletes sources and operations of keys and secrets 90 days after they were last seen, and unused program names, so that made-up names do
 * not exhaust a tenant's limit. Works in bounded steps. Retains the time of each secret's last use.
 */
export async function sweepEvidence(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const before = new Date(context.clock.now() - KEPT_MS);
	while ((await record(context, (tx) => deleteEvidence(tx, before, ROWS_PER_STEP))) > 0);
	while ((await record(context, (tx) => deleteSources(tx, before))) > 0);
}

/** Does nothing while another node aggregates; the next run retries. */
async function deleteSources(tx: RecordTx, before: Date): Promise<number> {
	if (!(await claimSources(tx))) return 0;
	return (await deleteIdleSources(tx, before, ROWS_PER_STEP)) + (await deleteUnusedProgramNames(tx, ROWS_PER_STEP));
}
