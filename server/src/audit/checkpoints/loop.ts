import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { startLoop } from "../../core/loop.ts";
import type { Peppers } from "../../core/pepper.ts";
import { MINUTE_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { noteKeysFrom } from "./note.ts";
import { CheckpointWriter } from "./write.ts";

const LOOK_EVERY_MS = 5 * MINUTE_MS;

/**
 * Writes a checkpoint at the start if one is due, then every hour, and a last one at the stop, so that a stopped instance has no entry
 * outside of them.
 */
export async function startCheckpoints(options: {
	readonly database: Database;
	readonly clock: Clock;
	readonly log: Log;
	readonly peppers: Peppers;
	/** Null: none are written. */
	readonly path: string | null;
}): Promise<{ stop(): Promise<void> }> {
	const { database, clock, log, path } = options;
	if (path === null) return { stop: async () => undefined };
	const writer = new CheckpointWriter({ database, clock, note_keys: noteKeysFrom(options.peppers) }, path);
	const write = async (now: boolean) => {
		try {
			const written = await writer.write(now);
			if (written !== null) log.info({ ...written }, "audit_checkpoint_written");
		} catch (error) {
			log.error({ err: error }, "audit_checkpoint_failed");
		}
	};
	await write(false);
	const loop = startLoop({ name: "audit_checkpoints", every_ms: LOOK_EVERY_MS, log, run: () => write(false) });
	return {
		async stop() {
			await loop.stop();
			await write(true);
		},
	};
}
