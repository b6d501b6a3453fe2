import { sweepSessions } from "../access/sweep.ts";
import { sweepAlerts } from "../alerts/sweep.ts";
import { sweepExpired } from "../audit/idempotency.ts";
import { sweepTurns } from "../checklist/run.ts";
import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { sweepFailures } from "../failures/flush.ts";
import { rollUpUsage } from "../usage/roll-up.ts";
import { sweepEvidence } from "../usage/sources/evidence-sweep.ts";
import { sweepBudgets } from "../verification/limits/thresholds.ts";
import { sweepEvents } from "../webhooks/delivery/sweep.ts";

export interface CleanupOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly event_retention_days: number;
	readonly alert_retention_days: number;
}

/** What deletes rows by their age, by the name of its loop. */
export function getCleanups(options: CleanupOptions): Readonly<Record<string, () => Promise<void>>> {
	const { database, clock, event_retention_days, alert_retention_days } = options;
	const context = { database, clock };
	return {
		usage_roll_up: async () => void (await rollUpUsage(context)),
		expired_sweep: () => sweepExpired(context),
		event_sweep: () => sweepEvents(context, event_retention_days),
		session_sweep: () => sweepSessions(context),
		evidence_sweep: () => sweepEvidence(context),
		failure_sweep: () => sweepFailures(context),
		alert_sweep: () => sweepAlerts(context, alert_retention_days),
		checklist_sweep: () => sweepTurns(context),
		budget_sweep: () => sweepBudgets(context),
	};
}
