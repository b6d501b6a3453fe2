import { hash } from "node:crypto";
import { sql } from "kysely";
import { newId } from "../core/id.ts";
import type { RecordTx, Tx } from "../database/transaction.ts";
import { type OutboxEvent, schemaFields } from "./events.ts";

export type { OutboxEvent } from "./events.ts";

/** Writes events; those of a change after its audit entries, because the lock on the tenant's chain makes their positions the order of commits. */
export async function insertEvents(tx: Tx | RecordTx, events: readonly OutboxEvent[]): Promise<void> {
	if (events.length === 0) return;
	await tx
		.insertInto("outbox")
		.values(events.map((event) => ({ id: newId("evt"), tenant_id: event.tenant_id, type: event.type, data: JSON.stringify(schemaFields(event)) })))
		.execute();
}

/**
 * Writes events of facts that several nodes may find, each once: `fact` identifies it within its type. A repeat is recognised for as long as the event
 * is kept.
 */
export async function insertEventsOnce(tx: RecordTx, events: readonly (OutboxEvent & { readonly fact: readonly string[] })[]): Promise<void> {
	if (events.length === 0) return;
	const rows = events.map((event) => {
		const id = `evt_${hash("sha256", JSON.stringify([event.type, event.tenant_id, ...event.fact]), "hex").slice(0, 20)}`;
		return { id, tenant_id: event.tenant_id, type: event.type, data: JSON.stringify(schemaFields(event)) };
	});
	await tx
		.insertInto("outbox")
		.values(rows)
		.onConflict((conflict) => conflict.column("id").doNothing())
		.execute();
}

/** Deletes up to `rows_max` events from before `before`, and their deliveries with them; returns the number of events. */
export async function deleteOldEvents(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const { numAffectedRows = 0n } = await sql`
		delete from keywright.outbox where ctid = any (array(select ctid from keywright.outbox where created_at < ${before} limit ${rows_max}))
	`.execute(tx);
	return Number(numAffectedRows);
}
