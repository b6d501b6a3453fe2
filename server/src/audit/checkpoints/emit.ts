import type { Clock } from "../../core/clock.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { insertEventsOnce } from "../../outbox/store.ts";
import { record } from "../record.ts";
import type { ChainHead } from "../store.ts";
import { makeCheckpoint, NO_CHECKPOINT } from "./checkpoint.ts";
import type { NoteKey } from "./note.ts";
import { readDueHeads } from "./store.ts";

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
			const heads = await readDueHeads(tx, { type: TYPE, hour, after: since, rows_max: TENANTS_PER_STEP });
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
