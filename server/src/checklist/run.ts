import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import { evaluateAll } from "./evaluate.ts";
import { deleteOldTurns, isToEvaluate, readTenantsToEvaluate } from "./history-store.ts";
import type { KeyedOperations } from "./operations.ts";

/** An item that no one looks at turns in the history within this time. */
const EVERY_MS = HOUR_MS;
/** What one run may take, and the tenants that it looks for: with many tenants, some are evaluated later than after an hour. */
const RUN_MS = 20 * SECOND_MS;
const TENANTS_PER_RUN = 2_000;
/** As long as alerts, by default. */
const TURNS_KEPT_MS = 400 * DAY_MS;
const TURNS_PER_STEP = 1_000;

export interface ChecklistLoopContext extends Pick<MailContext, "mailer"> {
	readonly database: Database;
	readonly clock: Clock;
	readonly operations: KeyedOperations;
}

/** Evaluates the tenants whose checklist was not evaluated for an hour. One that fails delays no other, and is thrown at the end. Returns how many. */
export async function evaluateChecklists({ database, clock, operations, mailer }: ChecklistLoopContext): Promise<number> {
	const until = clock.monotonic() + RUN_MS;
	const since = new Date(clock.now() - EVERY_MS);
	const errors: unknown[] = [];
	let evaluated = 0;
	for (const tenant_id of await read({ database, scope: ALL_TENANTS }, (tx) => readTenantsToEvaluate(tx, since, TENANTS_PER_RUN))) {
		if (clock.monotonic() > until) break;
		// Other nodes go through the same tenants.
		if (!(await read({ database, scope: ALL_TENANTS }, (tx) => isToEvaluate(tx, tenant_id, since)))) continue;
		const evaluation = { database, operations, mails: mailer.enabled, now: new Date(clock.now()) };
		await evaluateAll(evaluation, tenant_id).catch((error: unknown) => errors.push(error));
		evaluated += 1;
	}
	if (errors.length > 0) throw new AggregateError(errors, `the checklists of ${errors.length} tenants could not be evaluated`);
	return evaluated;
}

/** Deletes turns after 400 days, in bounded steps. */
export async function sweepTurns(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const before = new Date(context.clock.now() - TURNS_KEPT_MS);
	while ((await record(context, (tx) => deleteOldTurns(tx, before, TURNS_PER_STEP))) === TURNS_PER_STEP);
}
