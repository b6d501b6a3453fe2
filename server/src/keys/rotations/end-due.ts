import { type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { type ReadTx, type RecordTx, read } from "../../database/transaction.ts";
import { aggregateUsage } from "../../usage/aggregate.ts";
import { lockKey } from "../store.ts";
import { claimRotations, type DueRotation, readDueRotations } from "./due-store.ts";
import { dueEvent, endRotation, getStepOfClock } from "./end.ts";
import { observeRotation } from "./observe.ts";
import { readRotation } from "./store.ts";

const PAGE_ROWS_MAX = 200;

/**
 * Ends rotations whose sources have all moved, whose overlap or hard stop is over, or whose handover has expired; returns how many. Runs on one node at
 * a time. Verification checks the end of an old secret itself and does not depend on this.
 */
export async function completeRotations(context: ChangeContext): Promise<number> {
	// A use of the old secret that is flushed but not aggregated must count before its rotation is completed.
	await aggregateUsage(context);
	return record(context, async (tx) => ((await claimRotations(tx)) ? completeClaimed(context, tx) : 0));
}

/** `claim` holds the lock while the changes run, each in a transaction of its own. */
async function completeClaimed(context: ChangeContext, _claim: RecordTx): Promise<number> {
	// Evidence is only as recent as the slowest node's counts, so a node that never returns would block every rotation.
	await context.node.fenceSilent();
	let ended = 0;
	let after: DueRotation | null = null;
	for (;;) {
		const now = new Date(context.clock.now());
		const due: DueRotation[] = await read({ database: context.database, scope: ALL_TENANTS }, readDueAfter(now, after));
		for (const rotation of due) if (await completeOne(context, rotation)) ended += 1;
		after = due.at(-1) ?? null;
		if (after === null || due.length < PAGE_ROWS_MAX) return ended;
	}
}

function readDueAfter(now: Date, after: DueRotation | null) {
	return (tx: ReadTx) => readDueRotations(tx, now, after, PAGE_ROWS_MAX);
}

/** Logs a rotation that cannot be ended and leaves it to the next run, so that it does not block the others. */
async function completeOne(context: ChangeContext, due: DueRotation): Promise<boolean> {
	const { tenant_id, key_id, id } = due;
	try {
		// Most open rotations do not end in a run, so this checks before it locks the key.
		const continues = await read({ database: context.database, scope: tenant_id }, async (tx) => {
			const rotation = await readRotation(tx, tenant_id, { id, key_id });
			const now = context.clock.now();
			return rotation === null || dueEvent(await observeRotation(tx, rotation, now), now) === null;
		});
		if (continues) return false;
		return await change<boolean>({ ...context, scope: tenant_id }, async (tx) => {
			const key = await lockKey(tx, tenant_id, key_id);
			const rotation = key && (await readRotation(tx, tenant_id, { id, key_id }));
			if (!key || !rotation) return { unchanged: false };
			const now = context.clock.now();
			const seen = await observeRotation(tx, rotation, now);
			const event = dueEvent(seen, now);
			const step = event && getStepOfClock(seen, event);
			if (!step) return { unchanged: false };
			const ended = await endRotation(tx, context, key, seen, step);
			return { result: true, audit: [ended.audit], invalidates: [{ kind: "key", id: key_id }], events: [ended.event] };
		});
	} catch (error) {
		context.log.error({ err: error, tenant_id, rotation_id: id }, "rotation_not_completed");
		return false;
	}
}
