import { emitCheckpoints } from "../audit/checkpoints/emit.ts";
import { startCheckpoints } from "../audit/checkpoints/loop.ts";
import { noteKeysFrom } from "../audit/checkpoints/note.ts";
import { evaluateChecklists } from "../checklist/run.ts";
import { startLoop } from "../core/loop.ts";
import type { Peppers } from "../core/pepper.ts";
import { startSweep } from "../documents/sweep.ts";
import { RefusalFlusher } from "../failures/flush.ts";
import type { RefusalRecorder } from "../failures/recorder.ts";
import { warnOfExpiry } from "../keys/expiry/warn.ts";
import { completeRotations } from "../keys/rotations/end-due.ts";
import { remindOfRotations } from "../keys/rotations/remind.ts";
import { RotationSchedule, type ScheduleContext } from "../keys/schedule/run.ts";
import { CHECKED_OPERATIONS } from "../routes.ts";
import { aggregateUsage } from "../usage/aggregate.ts";
import type { Grants } from "../verification/grants/grants.ts";
import type { Ledger } from "../verification/limits/ledger.ts";
import { announceThresholds } from "../verification/limits/thresholds.ts";
import { resealWebhooks } from "../webhooks/delivery/sweep.ts";
import { getCleanups } from "./cleanups.ts";
import { type NotificationOptions, startNotifications } from "./notifications.ts";

const CLEANUP_EVERY_MS = 600_000;
const AGGREGATE_EVERY_MS = 60_000;
const EXPIRY_EVERY_MS = 900_000;
const SWEEP_EVERY_MS = 300_000;
const ROTATIONS_EVERY_MS = 10_000;
const SCHEDULE_EVERY_MS = 10_000;
/** A refusal can be read within two seconds. */
const FAILURES_EVERY_MS = 1_000;
const CHECKLISTS_EVERY_MS = 60_000;
const BUDGETS_EVERY_MS = 5_000;
const QUOTA_RETURN_EVERY_MS = 15_000;

export interface LoopsOptions extends NotificationOptions {
	/** `AppOptions.without_notifications`. */
	readonly without_notifications?: boolean;
	readonly uploads_dir: string;
	readonly single_node: boolean;
	readonly peppers: Peppers;
	/** Null: no checkpoints are written. */
	readonly audit_checkpoint_file: string | null;
	readonly ledger: Ledger;
	readonly grants: Grants;
	readonly refusals: RefusalRecorder;
	readonly event_retention_days: number;
	readonly alert_retention_days: number;
	/** Creates a context of a system actor. */
	readonly systemContext: (name: string) => ScheduleContext;
}

/** Starts the server's background loops. `stop` waits for running ones. */
export async function startLoops(options: LoopsOptions): Promise<{ stop(): Promise<void> }> {
	const { database, clock, log, ledger, grants } = options;
	/** Aggregates usage before `run`, whose outcome depends on it. */
	const afterUsage = (run: () => Promise<unknown>) => async () => {
		await aggregateUsage({ database, log });
		await run();
	};
	const failures = new RefusalFlusher({ database, log, recorder: options.refusals });
	const note_keys = noteKeysFrom(options.peppers);
	const schedule = new RotationSchedule({ makeContext: () => options.systemContext("rotation schedule") });
	const loops = [
		...(options.without_notifications === true ? [] : startNotifications(options)),
		...Object.entries(getCleanups(options)).map(([name, run]) => startLoop({ name, every_ms: CLEANUP_EVERY_MS, log, run })),
		startLoop({
			name: "webhook_rekeying",
			every_ms: CLEANUP_EVERY_MS,
			log,
			run: async () => void (await resealWebhooks({ ...options.systemContext("pepper rotation"), webhook_keys: options.webhook_keys })),
		}),
		startLoop({
			name: "expiry_warnings",
			every_ms: EXPIRY_EVERY_MS,
			log,
			run: async () => void (await warnOfExpiry(options.systemContext("expiry warnings"))),
		}),
		startLoop({
			name: "rotations",
			every_ms: ROTATIONS_EVERY_MS,
			log,
			run: afterUsage(() => completeRotations(options.systemContext("rotation"))),
		}),
		startLoop({ name: "rotation_schedule", every_ms: SCHEDULE_EVERY_MS, log, run: async () => void (await schedule.run()) }),
		startLoop({
			name: "rotation_reminders",
			every_ms: EXPIRY_EVERY_MS,
			log,
			run: afterUsage(() => remindOfRotations(options.systemContext("rotation"))),
		}),
		startLoop({ name: "failure_flush", every_ms: FAILURES_EVERY_MS, log, run: () => failures.run() }),
		startLoop({ name: "usage_aggregation", every_ms: AGGREGATE_EVERY_MS, log, run: () => aggregateUsage({ database, log }) }),
		startLoop({
			name: "checklists",
			every_ms: CHECKLISTS_EVERY_MS,
			log,
			run: afterUsage(() => evaluateChecklists({ database, clock, mailer: options.mailer, operations: CHECKED_OPERATIONS })),
		}),
		startLoop({ name: "budget_thresholds", every_ms: BUDGETS_EVERY_MS, log, run: async () => void (await announceThresholds({ database, clock })) }),
		startLoop({ name: "quota_return", every_ms: QUOTA_RETURN_EVERY_MS, log, run: () => ledger.returnIdle() }),
		startLoop({ name: "memory_sweep", every_ms: SWEEP_EVERY_MS, log, run: async () => grants.sweep() }),
		startLoop({ name: "checkpoint_events", every_ms: SWEEP_EVERY_MS, log, run: () => emitCheckpoints({ database, clock, note_keys }) }),
		await startCheckpoints({ database, clock, log, peppers: options.peppers, path: options.audit_checkpoint_file }),
		await startSweep({ database, clock, log, uploads_dir: options.uploads_dir, single_node: options.single_node }),
	];
	return { stop: async () => void (await Promise.all(loops.map((loop) => loop.stop())).then(() => failures.stop())) };
}
