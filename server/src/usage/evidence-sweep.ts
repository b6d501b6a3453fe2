import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { deleteEvidence } from "./evidence-store.ts";

const KEPT_MS = 90 * 86_400_000;
const ROWS_PER_STEP = 5_000;

/** Forgets from where secrets were used, and what for, 90 days after it was seen last; in bounded steps. When a secret was last used stays. */
export async function sweepEvidence(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const before = new Date(context.clock.now() - KEPT_MS);
	while ((await record(context, (tx) => deleteEvidence(tx, before, ROWS_PER_STEP))) > 0);
}
