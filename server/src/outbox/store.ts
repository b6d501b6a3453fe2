import { newId } from "../core/id.ts";
import { DAY_MS } from "../core/time.ts";
import type { RecordTx, Tx } from "../database/transaction.ts";

/** Retention of events; an event that was not delivered by then is obsolete. */
export const EVENTS_KEPT_MS = 30 * DAY_MS;

/** A domain event for subscribers, written in the transaction of what it describes. `data` is snake_case and contains no secret. */
export interface OutboxEvent {
	readonly tenant_id: string;
	readonly type: string;
	readonly data: Record<string, unknown>;
}

export async function insertEvents(tx: Tx | RecordTx, events: readonly OutboxEvent[]): Promise<void> {
	if (events.length === 0) return;
	await tx
		.insertInto("outbox")
		.values(events.map((event) => ({ id: newId("evt"), tenant_id: event.tenant_id, type: event.type, data: JSON.stringify(event.data) })))
		.execute();
}
