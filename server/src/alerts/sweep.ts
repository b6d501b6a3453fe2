import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { DAY_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import { deleteOldAlerts } from "./store.ts";
import { storeDeliveredTests } from "./tests-store.ts";

export const ALERT_RETENTION_DAYS_DEFAULT = 400;
const ALERTS_PER_STEP = 1_000;

/** Deletes alerts `days` after they were resolved, in bounded steps, and writes down which tests of rules were delivered. */
export async function sweepAlerts(context: { readonly database: Database; readonly clock: Clock }, days: number): Promise<void> {
	const before = new Date(context.clock.now() - days * DAY_MS);
	await record(context, storeDeliveredTests);
	while ((await record(context, (tx) => deleteOldAlerts(tx, before, ALERTS_PER_STEP))) === ALERTS_PER_STEP);
}
