import { newId } from "../core/id.ts";
import type { Tx } from "../database/transaction.ts";
import type { OutboxEvent } from "./event.ts";

export async function insertEvents(tx: Tx, events: readonly OutboxEvent[]): Promise<void> {
	if (events.length === 0) return;
	await tx
		.insertInto("outbox")
		.values(events.map((event) => ({ id: newId("evt"), tenant_id: event.tenant_id, type: event.type, data: JSON.stringify(event.data) })))
		.execute();
}
