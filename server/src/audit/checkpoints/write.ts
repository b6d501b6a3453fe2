import { stat } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import { HOUR_MS, MINUTE_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { record } from "../record.ts";
import { lockCheckpoints, readHeads } from "../store.ts";
import { type CheckpointState, combineHeads, makeCheckpoint, NO_CHECKPOINT } from "./checkpoint.ts";
import { appendNote, isMissing, readCheckpointFile } from "./file.ts";
import type { NoteKey } from "./note.ts";

/** Nodes that share a file look once an hour each; the first of them writes. */
const WRITTEN_AFTER_MS = HOUR_MS - MINUTE_MS;

export interface CheckpointContext {
	readonly database: Database;
	readonly clock: Clock;
	readonly note_keys: readonly [NoteKey, ...NoteKey[]];
}

/** What a checkpoint says in short, for channels that carry no file. */
export interface CheckpointSummary {
	readonly number: number;
	readonly at: string;
	readonly chains: number;
	/** SHA-256 over all heads, in base64. */
	readonly combined: string;
}

/** Appends checkpoints of all chains' heads to one file. */
export class CheckpointWriter {
	readonly #context: CheckpointContext;
	readonly #path: string;
	/** What the file said when it had this many bytes: others may have written since. */
	#known: { readonly bytes: number; readonly state: CheckpointState } = { bytes: 0, state: NO_CHECKPOINT };

	constructor(context: CheckpointContext, path: string) {
		this.#context = context;
		this.#path = path;
	}

	/**
	 * Writes the checkpoint that is due; null if the last one is younger than an hour, or another node writes. `now` writes one anyway if a
	 * head has moved. Throws when the file cannot be continued.
	 */
	async write(now = false): Promise<CheckpointSummary | null> {
		const { clock, note_keys } = this.#context;
		return record(this.#context, async (tx) => {
			if (!(await lockCheckpoints(tx))) return null;
			const state = await this.#readState();
			const at = clock.now();
			if (!now && state.at !== null && at - Date.parse(state.at) < WRITTEN_AFTER_MS) return null;
			const heads = await readHeads(tx);
			if (now && combineHeads(new Map([...state.heads, ...heads])) === combineHeads(state.heads)) return null;
			const made = makeCheckpoint(note_keys[0], state, { at: new Date(at).toISOString(), heads });
			await appendNote(this.#path, made.note);
			this.#known = { bytes: this.#known.bytes + Buffer.byteLength(made.note), state: made.state };
			return { number: made.state.count, at: new Date(at).toISOString(), chains: made.state.heads.size, combined: combineHeads(made.state.heads) };
		});
	}

	async #readState(): Promise<CheckpointState> {
		const bytes = await stat(this.#path).then(
			({ size }) => size,
			(error: unknown) => {
				if (isMissing(error)) return 0;
				throw error;
			},
		);
		if (bytes === this.#known.bytes) return this.#known.state;
		const read = await readCheckpointFile(this.#path, this.#context.note_keys);
		if (read.fault !== null) throw new Error(`checkpoint ${read.fault.number} of the file cannot be continued: ${read.fault.reason}`);
		if (read.state.chain !== null) throw new Error("the file is a checkpoint of one tenant, which cannot be continued");
		this.#known = { bytes: read.bytes, state: read.state };
		return read.state;
	}
}
