import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { DAY_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { aggregateUsage } from "../../usage/aggregate.ts";
import { lockKey } from "../store.ts";
import { type DueRotation, readUnreminded } from "./due-store.ts";
import { dueEvent } from "./end.ts";
import { sourceLabel } from "./evidence.ts";
import { isInProgress } from "./machine.ts";
import { observeRotation } from "./observe.ts";
import { readRotation, updateRotation } from "./store.ts";

const REMIND_EVERY_MS = DAY_MS;
const PAGE_ROWS_MAX = 200;

/**
 * Emits `rotation.reminder`, with an audit entry, once a day for each open rotation without a fixed overlap: the sources that have not moved and the hard
 * stop. Returns the number of reminders. Safe to run on several nodes at once.
 */
export async function remindOfRotations(context: ChangeContext): Promise<number> {
	await aggregateUsage(context);
	const before = new Date(context.clock.now() - REMIND_EVERY_MS);
	let reminded = 0;
	for (let after: DueRotation | null = null; ; ) {
		const last: DueRotation | null = after;
		const due: DueRotation[] = await read({ database: context.database, scope: ALL_TENANTS }, (tx) =>
			readUnreminded(tx, before, last, PAGE_ROWS_MAX),
		);
		for (const rotation of due) if (await remind(context, rotation, before)) reminded += 1;
		after = due.at(-1) ?? null;
		if (due.length < PAGE_ROWS_MAX) return reminded;
	}
}

/** False if the rotation has ended or is due to end, or another node has sent the reminder. */
async function remind(context: ChangeContext, due: DueRotation, before: Date): Promise<boolean> {
	const { tenant_id, key_id, id: rotation_id } = due;
	return change<boolean>({ ...context, scope: tenant_id }, async (tx): Promise<Change<boolean>> => {
		const now = context.clock.now();
		const key = await lockKey(tx, tenant_id, key_id);
		const rotation = key && (await readRotation(tx, tenant_id, { id: rotation_id, key_id }));
		if (!key || rotation?.state !== "open" || (rotation.reminded_at !== null && rotation.reminded_at > before)) return { unchanged: false };
		const seen = await observeRotation(tx, rotation, now);
		if (!isInProgress(seen.phase) || dueEvent(seen, now) !== null) return { unchanged: false };
		await updateRotation(tx, rotation, { reminded_at: new Date(now) });
		const { name, environment, owner } = key;
		const waiting = seen.evidence.sources.filter((source) => !source.moved);
		const details = { rotation_id, status: seen.phase, hard_stop_at: rotation.hard_stop_at?.toISOString() ?? null };
		const stragglers = waiting.map(({ source }) => sourceLabel(source));
		const source_ids = waiting.map(({ source }) => source.source_id);
		return {
			result: true,
			audit: [{ action: "rotation.reminded", target: { kind: "key", id: key_id, name }, details: { ...details, stragglers: source_ids }, tenant_id }],
			events: [{ tenant_id, type: "rotation.reminder", data: { key_id, name, environment, owner, ...details, stragglers } }],
		};
	});
}
