import { sql } from "kysely";
import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import type { RecordTx } from "../../database/transaction.ts";
import { insertEventsOnce } from "../../outbox/store.ts";
import { record } from "../record.ts";
import type { ChainHead } from "../store.ts";
import { makeCheckpoint, NO_CHECKPOINT } from "./checkpoint.ts";
import type { NoteKey } from "./note.ts";

const TENANTS_PER_STEP = 500;
const TYPE = "audit.checkpoint";

export interface EmitContext {
	readonly database: Database;
	readonly clock: Clock;
	readonly note_keys: readonly [NoteKey, ...NoteKey[]];
}

/**
 * Emits `audit.checkpoint` once in each hour for each tenant whose log has grown and of whom a webhook receives it, so that the head of the log leaves
 * the database. Safe to run on several nodes.
 */
export async function emitCheckpoints(context: EmitContext): Promise<void> {
	const now = context.clock.now();
	const hour = new Date(Math.floor(now / HOUR_MS) * HOUR_MS);
	for (let after = ""; ; ) {
		const since = after;
		const found = await record(context, async (tx) => {
			const heads = await readDueHeads(tx, { hour, after: since, rows_max: TENANTS_PER_STEP });
			await insertEventsOnce(
				tx,
				heads.map(({ chain, ...head }) => ({
					tenant_id: chain,
					type: TYPE,
					data: toData(context.note_keys[0], chain, head, now),
					fact: [String(head.seq)],
				})),
			);
			return heads;
		});
		if (found.length < TENANTS_PER_STEP) return;
		after = found.at(-1)?.chain ?? "";
	}
}

/** The note is a file of checkpoints of its own, about one chain: `audit verify --checkpoint` reads it. */
function toData(key: NoteKey, chain: string, head: ChainHead, now: number) {
	const at = new Date(now).toISOString();
	const { note } = makeCheckpoint(key, { ...NO_CHECKPOINT, chain }, { at, heads: new Map([[chain, head]]) });
	return { entries: head.seq, head: head.mac.toString("base64"), at, note };
}

/** The heads of tenants without an event in this hour. Those that have not moved since are recognised when their event is inserted. */
async function readDueHeads(tx: RecordTx, page: { hour: Date; after: string; rows_max: number }): Promise<(ChainHead & { chain: string })[]> {
	const { rows } = await sql<ChainHead & { chain: string }>`
		with emitted as materialized (
			select tenant_id from keywright.outbox where type = ${TYPE} and created_at >= ${page.hour}
		), receivers as materialized (
			select distinct tenant_id from keywright.webhooks where status = 'active' and (events is null or ${TYPE} = any(events))
		)
		select chain, seq, mac from keywright.audit_heads
		where chain > ${page.after} and chain <> ${ALL_TENANTS} and seq > 0 and chain not in (select tenant_id from emitted)
			and (chain in (select tenant_id from receivers) or exists (select from receivers where tenant_id = ${ALL_TENANTS}))
		order by chain limit ${page.rows_max}`.execute(tx);
	return rows;
}
