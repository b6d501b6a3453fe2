import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { KEPT_MS } from "./idempotency.ts";
import { record } from "./record.ts";
import { deleteExpired } from "./store.ts";

const ROWS_PER_STEP = 5_000;
/** Undelivered events of this age are obsolete. */
const EVENTS_KEPT_MS = 30 * 24 * 3_600_000;

/** Forgets idempotency keys whose 24 hours are over and events of a month ago; in bounded steps. */
export async function sweepExpired(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const now = context.clock.now();
	const before = { idempotency: new Date(now - KEPT_MS), outbox: new Date(now - EVENTS_KEPT_MS) };
	while ((await record(context, (tx) => deleteExpired(tx, before, ROWS_PER_STEP))) > 0);
}
