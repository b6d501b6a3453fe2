import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { DAY_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import type { RecordTx } from "../../database/transaction.ts";
import { SOURCES_PER_KEY_MAX } from "../store.ts";
import { deleteEvidence } from "./evidence-store.ts";
import { EVIDENCE_KEPT_MS } from "./source.ts";
import { claimSources, deleteIdleSources, deleteIdleSourcesOfFullKeys } from "./store.ts";

/** For keys at the limit of sources. Longer than the interval of a weekly job. */
const KEPT_AT_LIMIT_MS = 14 * DAY_MS;
const ROWS_PER_STEP = 5_000;

/**
 * Deletes sources and operations of keys and secrets 90 days after they were last seen, and sources of keys at the limit after 14 days, so
 * that a client that invents names does not exhaust its key's limit forever. Works in bounded steps. Retains the time of each secret's last use.
 */
export async function sweepEvidence(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const now = context.clock.now();
	const before = new Date(now - EVIDENCE_KEPT_MS);
	while ((await record(context, (tx) => deleteEvidence(tx, before, ROWS_PER_STEP))) > 0);
	while ((await record(context, (tx) => deleteSources(tx, now))) > 0);
}

/** Does nothing while another node aggregates; the next run retries. */
async function deleteSources(tx: RecordTx, now: number): Promise<number> {
	if (!(await claimSources(tx))) return 0;
	const full = { before: new Date(now - KEPT_AT_LIMIT_MS), full_from: SOURCES_PER_KEY_MAX, rows_max: ROWS_PER_STEP };
	return (await deleteIdleSources(tx, new Date(now - EVIDENCE_KEPT_MS), ROWS_PER_STEP)) + (await deleteIdleSourcesOfFullKeys(tx, full));
}
