import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { DAY_MS, MINUTE_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { BUDGET_PERIODS } from "../../keys/budgets/budget.ts";
import type { OutboxEvent } from "../../outbox/events.ts";
import { insertEvents } from "../../outbox/store.ts";
import { formatRefill, type Span, spanAt } from "./period.ts";
import { type Announced, deleteEnded, isAnyReached, lockReached, type ReachedBudget, setAnnounced } from "./threshold-store.ts";

/** In percent of a budget's amount, ascending. */
const THRESHOLDS = [80, 100] as const;
type Threshold = (typeof THRESHOLDS)[number];
/** Few: a node that leases from one of these budgets waits until the step has committed. */
const TOLD_PER_STEP = 20;
const DELETED_PER_STEP = 500;
/** For so long a period that has ended is looked at: what reached a threshold shortly before its end, or while no node looked. */
const GRACE_MS = 10 * MINUTE_MS;
/** Longer than the longest period that refills. */
const KEPT_MS = 40 * DAY_MS;

export interface ThresholdContext {
	readonly database: Database;
	readonly clock: Clock;
}

/** Whether `used` is at least `percent` of `amount`. Without products, which would not be exact for large amounts. */
function isReached({ used, amount }: ReachedBudget, percent: Threshold): boolean {
	return percent === 100 ? used >= amount : used >= amount - Math.floor(amount / 5);
}

function toEvent(budget: ReachedBudget, percent: Threshold, resets_at: string | null): OutboxEvent {
	const { tenant_id, key_id, key_name, environment, name, unit, amount, per, used } = budget;
	return {
		tenant_id,
		type: "budget.threshold",
		data: { key_id, name: key_name, environment, budget: name, unit, amount, per, used, percent, resets_at },
	};
}

/**
 * Emits `budget.threshold` once each when 80 and 100 percent of a budget are used in its period. What nodes have leased counts as used. One query while
 * there is nothing to send. Safe to run on several nodes at once. Returns the number of events.
 */
export async function announceThresholds(context: ThresholdContext): Promise<number> {
	const now = context.clock.now();
	const spans = BUDGET_PERIODS.flatMap((per) => [spanAt(per, now), spanAt(per, now - GRACE_MS)].map((span) => ({ per, span })));
	const spanOf = ({ per, start }: ReachedBudget): Span | undefined => spans.find((known) => known.per === per && known.span.start === start)?.span;
	const starts = [...new Set(spans.map(({ span }) => span.start))];
	let sent = 0;
	while (await read({ ...context, scope: ALL_TENANTS }, (tx) => isAnyReached(tx, starts))) {
		const events = await record(context, async (tx) => {
			const reached = await lockReached(tx, starts, TOLD_PER_STEP);
			const found: OutboxEvent[] = [];
			const announced: Announced[] = [];
			for (const budget of reached) {
				const span = spanOf(budget);
				const due = span === undefined ? [] : THRESHOLDS.filter((percent) => percent > budget.told_percent && isReached(budget, percent));
				for (const percent of due) found.push(toEvent(budget, percent, span === undefined ? null : formatRefill(span)));
				announced.push({ ...budget, told_percent: due.at(-1) ?? 100 });
			}
			await setAnnounced(tx, announced);
			await insertEvents(tx, found);
			return { found: found.length, reached: reached.length };
		});
		sent += events.found;
		// Another node has them.
		if (events.reached === 0) break;
	}
	return sent;
}

/** Deletes what was used of budgets in periods that ended long ago, in bounded steps. */
export async function sweepBudgets(context: ThresholdContext): Promise<void> {
	const before = new Date(context.clock.now() - KEPT_MS).toISOString().slice(0, 10);
	while ((await record(context, (tx) => deleteEnded(tx, before, DELETED_PER_STEP))) === DELETED_PER_STEP);
}
